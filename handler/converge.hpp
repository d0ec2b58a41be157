// SPDX-License-Identifier: MIT
#pragma once
#include "handler/apply.hpp"
#include "handler/facts.hpp"
#include "handler/run_context.hpp"

#include <functional>
#include <string>
#include <vector>

namespace aadssh {

/// Brings the newest published aadsshlogin onto the machine: tries the rungs of the ladder, takes
/// back what a failed rung added, and throws the Failure of the last one, or of one that did not
/// answer where the last one lacks the package. Notes "repository" and the plan's warnings.
void converge(RunContext& run, const Facts& facts);

/// A rung that was tried, and how that went.
struct Tried {
    Repository rung;
    Applied applied;
};

/// How the last rung that was tried went.
struct Attempt {
    Repository rung;
    InstallInputs inputs;
    Applied applied;
    std::string left;           ///< what could not be taken back
    std::vector<Tried> before;  ///< the rungs that were tried before, in vain
};

/// Carries out the tool's plan on one rung of the ladder after another until one has what it needs;
/// takes back what a failed one added. `adjust` is given the inputs of each. Where sshd would do
/// something else with Entra users afterwards, sshd is told to read its files again.
Attempt try_rungs(RunContext& run,
                  const Facts& facts,
                  const std::function<void(InstallInputs&)>& adjust = {});

/// Notes, without asking the network, by which source the package is kept up to date.
void note_repository(RunContext& run, const Facts& facts);

/// Writes again those files of ours that vanished (a removed packages-microsoft-prod takes the
/// keyring with it), and our keyring if it holds a key that was withdrawn from the settings. No
/// package manager is started.
void restore_own_files(RunContext& run, const Facts& facts);

/// The rungs worth trying, best first; asks the repositories only where there is more than one.
std::vector<Repository> choose_rungs(RunContext& run, const Facts& facts);

}  // namespace aadssh
