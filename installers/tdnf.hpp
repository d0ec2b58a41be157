// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

namespace aadssh {

/// tdnf, of CBL-Mariner and Azure Linux 3.
extern const PackageTool tdnf;

}  // namespace aadssh
