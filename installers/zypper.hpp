// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

#include <span>

namespace aadssh {

struct OutcomeRule;

/// SUSE's and openSUSE's package manager.
extern const PackageTool zypper;

/// What its words mean; in sight so that a test can ask each rule for its proof.
std::span<const OutcomeRule> zypper_rules();

}  // namespace aadssh
