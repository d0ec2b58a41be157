// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

namespace aadssh {

/// SUSE's and openSUSE's package manager.
extern const PackageTool zypper;

}  // namespace aadssh
