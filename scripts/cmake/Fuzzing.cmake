# SPDX-License-Identifier: MIT
# target fuzzers: one program for each tests/fuzz/fuzz_*.cpp. scripts/fuzz runs them.
file(GLOB fake_sources CONFIGURE_DEPENDS tests/fakes/*.cpp)
list(FILTER fake_sources EXCLUDE REGEX _server)
add_library(fuzz_engine OBJECT EXCLUDE_FROM_ALL tests/fuzz/engine.cpp ${fake_sources})
target_link_libraries(fuzz_engine PUBLIC handler_core compiler_options)

add_custom_target(fuzzers)
file(GLOB fuzz_sources CONFIGURE_DEPENDS tests/fuzz/fuzz_*.cpp)
foreach(source ${fuzz_sources})
    get_filename_component(name ${source} NAME_WE)
    add_executable(${name} EXCLUDE_FROM_ALL ${source})
    target_link_libraries(${name} PRIVATE fuzz_engine)
    target_link_options(${name} PRIVATE -fsanitize=fuzzer)
    add_dependencies(fuzzers ${name})
endforeach()
