// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

#include <vector>

namespace aadssh {

/// Adds the steps that remove these files, and a note for each one that has to stay and why: it
/// belongs to a package by now, was changed, or is needed by somebody else.
void add_file_removal(Plan& plan, std::vector<OwnedFile> files);

}  // namespace aadssh
