// SPDX-License-Identifier: MIT
#include "installers/package_tool.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aadssh {

std::string repair_hint(const PackageTool& tool, Outcome outcome) {
    const auto hint = std::ranges::find(tool.hints, outcome, &Hint::outcome);
    return hint == tool.hints.end() ? std::string()
                                    : fmt::format(fmt::runtime(hint->command), tool.name);
}

}  // namespace aadssh
