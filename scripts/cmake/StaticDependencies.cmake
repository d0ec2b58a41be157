# SPDX-License-Identifier: MIT
# Static libraries for AADSSH_TRIPLE, built once per recipe in a cache outside the tree. It is done
# while configuring because find_package and compile checks would need them then; the folder is
# named by the recipe's hash, so changing the recipe builds anew and nothing else does.
set(AADSSH_TRIPLE "" CACHE STRING "What the static libraries are built for, as in x86_64-linux-gnu")

set(recipe ${CMAKE_SOURCE_DIR}/scripts/deps)
file(SHA256 ${recipe}/fetch-sources fetch_hash)
file(SHA256 ${recipe}/build-static build_hash)
string(SHA256 hash "${fetch_hash}${build_hash}")
string(SUBSTRING ${hash} 0 12 hash)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
    ${recipe}/fetch-sources ${recipe}/build-static)

if(DEFINED ENV{AADSSH_CACHE})
    set(cache $ENV{AADSSH_CACHE})
else()
    set(cache $ENV{HOME}/.cache/aadssh-handler)
endif()
set(prefix ${cache}/deps/${AADSSH_TRIPLE}-${hash})
if(NOT EXISTS ${prefix}/complete)
    execute_process(COMMAND ${recipe}/build-static ${AADSSH_TRIPLE} ${prefix}
        COMMAND_ERROR_IS_FATAL ANY)
endif()

function(add_static_library name archive)
    add_library(${name} STATIC IMPORTED GLOBAL)
    set_target_properties(${name} PROPERTIES
        IMPORTED_LOCATION ${prefix}/lib/${archive}
        INTERFACE_INCLUDE_DIRECTORIES ${prefix}/include
        INTERFACE_LINK_LIBRARIES "${ARGN}")
endfunction()
add_static_library(ZLIB::ZLIB libz.a)
add_static_library(OpenSSL::Crypto libcrypto.a Threads::Threads ${CMAKE_DL_LIBS})
add_static_library(OpenSSL::SSL libssl.a OpenSSL::Crypto)
add_static_library(CURL::libcurl libcurl.a OpenSSL::SSL ZLIB::ZLIB)
add_static_library(LibArchive::LibArchive libarchive.a ZLIB::ZLIB)
target_compile_definitions(CURL::libcurl INTERFACE CURL_STATICLIB)
target_compile_definitions(LibArchive::LibArchive INTERFACE LIBARCHIVE_STATIC)
