# SPDX-License-Identifier: MIT
# Compiles through ccache where it is installed; -DCMAKE_CXX_COMPILER_LAUNCHER= turns it off.
find_program(AADSSH_CCACHE ccache)
if(AADSSH_CCACHE AND NOT DEFINED CMAKE_CXX_COMPILER_LAUNCHER)
    set(CMAKE_CXX_COMPILER_LAUNCHER ${AADSSH_CCACHE})
endif()
