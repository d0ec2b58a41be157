// SPDX-License-Identifier: MIT
#pragma once
#include "handler/facts.hpp"
#include "handler/run_context.hpp"
#include "handler/sshd.hpp"

#include <string>

namespace aadssh {

/// What is missing of that which the package's own configuration step sets up (PAM, NSS, sshd) on a
/// machine that has the package: others have taken it away. As failed_checks() says it; empty:
/// nothing.
std::string damage(World& world, const Facts& facts, RunSshd folder = RunSshd::make);

/// The plan of a repair from this repository: the version that is there, installed again.
Plan repair_plan(RunContext& run, const Facts& facts, const Repository& repository);

/// Mends such damage by repair_plan, or, where the package cannot be had, by the tool's
/// configuration_plan; never edits a file of the package itself. Notes "repair". Throws
/// Failure(verification_failed) when the settings forbid it or it did not help.
void repair(RunContext& run, const Facts& facts);

}  // namespace aadssh
