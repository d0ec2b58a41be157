# SPDX-License-Identifier: MIT
# The libraries: Debian's shared ones for development, our own static ones for release. Both come
# under the same target names. spdlog is header-only; so is fmt in the release, because Debian has no
# static library of it, but not in development, where that would double the time to compile.
find_package(Threads REQUIRED)

if(AADSSH_STATIC)
    include(StaticDependencies)
else()
    find_package(OpenSSL REQUIRED)
    find_package(CURL REQUIRED)
    find_package(LibArchive REQUIRED)
endif()

foreach(header fmt/format.h spdlog/spdlog.h rapidjson/document.h doctest/doctest.h)
    string(MAKE_C_IDENTIFIER "AADSSH_${header}" found)
    find_path(${found} ${header} REQUIRED)
endforeach()
add_library(headers_only INTERFACE)
target_compile_definitions(headers_only INTERFACE SPDLOG_FMT_EXTERNAL)
if(AADSSH_STATIC)
    target_compile_definitions(headers_only INTERFACE FMT_HEADER_ONLY)
else()
    find_package(fmt REQUIRED)
    target_link_libraries(headers_only INTERFACE fmt::fmt)
endif()
