// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

namespace aadssh {

/// yum 3, of RHEL and CentOS 7: only options that its manual page (yum(8)) and yum.conf(5) name.
extern const PackageTool yum;

}  // namespace aadssh
