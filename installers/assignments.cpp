// SPDX-License-Identifier: MIT
#include "installers/assignments.hpp"

#include "installers/text.hpp"

namespace aadssh {

namespace {

/// What stands between quotes, or before a comment.
std::string_view value_in(std::string_view text) {
    text = trim(text);
    if (text.starts_with('"') || text.starts_with('\'')) {
        return text.substr(1, text.find(text.front(), 1) - 1);  // npos: the rest of the line
    }
    return trim(text.substr(0, text.find('#')));
}

}  // namespace

std::map<std::string, std::string> assignments_in(std::string_view text) {
    constexpr std::string_view exported = "export ";
    std::map<std::string, std::string> found;
    for (std::string_view line : lines_of(text)) {
        line = trim(line);
        if (line.starts_with(exported)) {
            line = trim(line.substr(exported.size()));
        }
        const std::size_t equals = line.find('=');
        if (!line.starts_with('#') && equals != std::string_view::npos) {
            found[std::string(trim(line.substr(0, equals)))] = value_in(line.substr(equals + 1));
        }
    }
    return found;
}

}  // namespace aadssh
