// SPDX-License-Identifier: MIT
#pragma once
#include "handler/facts.hpp"
#include "handler/run_context.hpp"

namespace aadssh {

/// Brings the newest published aadsshlogin onto the machine: tries the rungs of the ladder, takes
/// back what a failed rung added, and throws the Failure of the last one. Notes "repository" and
/// the plan's warnings.
void converge(RunContext& run, const Facts& facts);

/// Notes, without asking the network, by which source the package is kept up to date.
void note_repository(RunContext& run, const Facts& facts);

/// Writes again those files of ours that vanished (a removed packages-microsoft-prod takes the
/// keyring with it), and our keyring if it holds a key that was withdrawn from the settings. No
/// package manager is started.
void restore_own_files(RunContext& run, const Facts& facts);

/// The rungs worth trying, best first; asks the repositories only where there is more than one.
std::vector<Repository> choose_rungs(RunContext& run, const Facts& facts);

}  // namespace aadssh
