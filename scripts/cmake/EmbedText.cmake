# SPDX-License-Identifier: MIT
# cmake -D input=FILE -D output=HEADER -D name=NAME -P EmbedText.cmake : a text file as a constant.
file(READ ${input} text)
file(WRITE ${output} "// Made from a text file by the build; not to be edited.
#pragma once

#include <string_view>

namespace aadssh {
inline constexpr std::string_view ${name} = R\"embedded(${text})embedded\";
}  // namespace aadssh
")
