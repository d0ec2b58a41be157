# SPDX-License-Identifier: MIT
# Adds to compiler_options what the shipped program is hardened with: position independent although
# static, read-only relocations, checked library calls, no machine paths left inside.
target_compile_definitions(compiler_options INTERFACE AADSSH_STATIC_LIBC _GLIBCXX_ASSERTIONS)
target_compile_options(compiler_options INTERFACE
    -fPIE -fstack-protector-strong -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=3
    -ffunction-sections -fdata-sections
    -ffile-prefix-map=${CMAKE_BINARY_DIR}=build -ffile-prefix-map=${CMAKE_SOURCE_DIR}=.)
target_link_options(compiler_options INTERFACE
    -static-pie -s -Wl,-z,relro,-z,now,-z,noexecstack -Wl,--gc-sections)

# The spelling depends on the compiler and the processor.
include(CheckCXXCompilerFlag)
foreach(flag -fstack-clash-protection -ftrivial-auto-var-init=zero -fcf-protection=full
        -mbranch-protection=standard)
    string(MAKE_C_IDENTIFIER "AADSSH_HAVE${flag}" supported)
    check_cxx_compiler_flag("-Werror ${flag}" ${supported})
    if(${supported})
        target_compile_options(compiler_options INTERFACE ${flag})
    endif()
endforeach()
