// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

namespace aadssh {

/// Fedora's package manager: RHEL 8 and later and what is built from it (dnf 4), Azure Linux 4
/// (dnf5).
extern const PackageTool dnf;

}  // namespace aadssh
