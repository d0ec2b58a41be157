# SPDX-License-Identifier: MIT
# target compiler_options: what every file of ours is compiled and linked with. The warnings become
# errors where CMAKE_COMPILE_WARNING_AS_ERROR is on, as it is in the dev presets.
add_library(compiler_options INTERFACE)
target_compile_options(compiler_options INTERFACE
    -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual
    -Wno-missing-field-initializers # designated initializers leave out what keeps its default
    $<$<CXX_COMPILER_ID:GNU>:-Wduplicated-cond;-Wlogical-op>)

if(AADSSH_SANITIZE)
    set(sanitizers -fsanitize=address,undefined -fno-sanitize-recover=all)
    target_compile_options(compiler_options INTERFACE ${sanitizers} -fno-omit-frame-pointer)
    target_link_options(compiler_options INTERFACE ${sanitizers})
endif()

if(AADSSH_STATIC)
    include(Hardening)
endif()
