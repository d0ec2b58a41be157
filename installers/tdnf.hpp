// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

#include <span>

namespace aadssh {

struct OutcomeRule;

/// tdnf, of CBL-Mariner and Azure Linux 3.
extern const PackageTool tdnf;

/// What its words mean; in sight so that a test can ask each rule for its proof.
std::span<const OutcomeRule> tdnf_rules();

}  // namespace aadssh
