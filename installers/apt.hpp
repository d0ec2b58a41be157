// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

namespace aadssh {

/// Debian's and Ubuntu's package manager, from apt 1.2 (Ubuntu 16.04) on.
extern const PackageTool apt;

}  // namespace aadssh
