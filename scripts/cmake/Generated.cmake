# SPDX-License-Identifier: MIT
# Headers made from other files. `#include "version.hpp"` gives aadssh::handler_version,
# `#include "settings_schema.hpp"` gives aadssh::settings_schema_text.
set(generated_dir ${CMAKE_BINARY_DIR}/generated)
set(schema ${CMAKE_SOURCE_DIR}/manifest/settings.schema.json)
set(embed ${CMAKE_SOURCE_DIR}/scripts/cmake/EmbedText.cmake)

configure_file(${CMAKE_SOURCE_DIR}/scripts/cmake/version.hpp.in ${generated_dir}/version.hpp @ONLY)

add_custom_command(
    OUTPUT ${generated_dir}/settings_schema.hpp
    COMMAND ${CMAKE_COMMAND} -D input=${schema} -D output=${generated_dir}/settings_schema.hpp
            -D name=settings_schema_text -P ${embed}
    DEPENDS ${schema} ${embed})
add_custom_target(generate_headers DEPENDS ${generated_dir}/settings_schema.hpp)

add_library(generated INTERFACE)
target_include_directories(generated INTERFACE ${generated_dir})
add_dependencies(generated generate_headers)
