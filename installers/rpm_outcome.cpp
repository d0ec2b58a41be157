// SPDX-License-Identifier: MIT
#include "installers/rpm_parts.hpp"
#include "installers/text.hpp"

namespace aadssh {

bool says_of_index(std::string_view text, std::string_view mark) {
    constexpr std::string_view index = "/repomd.xml";
    return std::ranges::any_of(lines_of(text), [&](std::string_view line) {
        const std::size_t at = line.find(index);
        const bool is_index = at != std::string_view::npos &&
                              !line.substr(at + index.size()).starts_with('.');  // not .asc, .key
        return is_index && contains(line, mark);
    });
}

}  // namespace aadssh
