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
    set(sanitizers -fsanitize=${AADSSH_SANITIZE} -fno-sanitize-recover=all)
    target_compile_options(compiler_options INTERFACE ${sanitizers} -fno-omit-frame-pointer)
    target_link_options(compiler_options INTERFACE ${sanitizers})
endif()

# Clang's own coverage, not gcov's: it goes together with the sanitizers and with ccache, so that the
# build that the tests run in anyway serves for it (clang.llvm.org/docs/SourceBasedCodeCoverage.html).
# Counts go only where LLVM_PROFILE_FILE says; no folder's name is in the objects, so that ccache finds
# them for every clone of the project.
if(AADSSH_COVERAGE)
    target_compile_options(compiler_options INTERFACE
        -fprofile-instr-generate=/dev/null -fcoverage-mapping -fcoverage-compilation-dir=.)
    target_link_options(compiler_options INTERFACE -fprofile-instr-generate=/dev/null)
endif()

# What libFuzzer steers by; and libstdc++'s own checks, which see an empty string_view's front() where
# the memory before or behind it is readable.
if(AADSSH_FUZZ)
    target_compile_options(compiler_options INTERFACE -fsanitize=fuzzer-no-link)
    target_compile_definitions(compiler_options INTERFACE _GLIBCXX_ASSERTIONS)
endif()

if(AADSSH_STATIC)
    include(Hardening)
endif()
