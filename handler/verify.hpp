// SPDX-License-Identifier: MIT
#pragma once
#include "handler/facts.hpp"
#include "handler/run_context.hpp"
#include "handler/sshd.hpp"
#include "handler/status.hpp"
#include "handler/sys/world.hpp"

#include <string>
#include <vector>

namespace aadssh {

/// Looks whether everything that a sign-in needs is in place: package, PAM, NSS, sshd, SELinux, one
/// substatus each. A check that could not be run is a warning with the tool's words. Only reads,
/// except for /run/sshd.
std::vector<Substatus> verify(World& world, const Facts& facts, RunSshd folder = RunSshd::make);

/// What a person does where parts of the set-up are missing: reinstall this version.
std::string reinstall_remedy(const PackageTool& tool, const std::string& version);

/// Whether the package is installed and nothing that a sign-in needs is missing: a machine that an
/// outage of others must not turn red.
bool healthy(World& world, const Facts& facts, RunSshd folder = RunSshd::make);

/// Notes every check; throws Failure(verification_failed) with what is missing.
void demand_verified(RunContext& run, const Facts& facts, RunSshd folder = RunSshd::make);

/// The findings that make the machine unfit, as "pam: ...; sshd: ..."; empty when it is good.
std::string failed_checks(const std::vector<Substatus>& found);

}  // namespace aadssh
