// SPDX-License-Identifier: MIT
#pragma once
#include "handler/failure.hpp"
#include "handler/run_context.hpp"
#include "installers/package_tool.hpp"

#include <string>
#include <vector>

namespace aadssh {

/// Takes back what `added` records: the packages that are there now, then the files that nobody
/// changed or needs. Serves `uninstall` (everything on record) and undo (what this run added). What
/// was taken back leaves run.state.
struct Removed {
    std::vector<std::string> packages;  ///< purged
    std::vector<std::string> kept;      ///< what stays on purpose, full sentences
    std::vector<std::string> left;      ///< what should have gone and is still there, phrases
    std::vector<std::string> commands;  ///< with which a person removes that
    ExitCode code = ExitCode::ok;       ///< why, when `left` is not empty
};

Removed remove_added(RunContext& run, const PackageTool& tool, const State& added);

/// Takes out of rpm's database what this extension imported there for repository.signingKeys and
/// the settings no longer name. (apt has no such database: its keyring is written anew.)
Removed remove_withdrawn_keys(RunContext& run, const PackageTool& tool);

/// The part of `now` that is not in `before`: what a run has added.
State added_since(const State& before, const State& now);

}  // namespace aadssh
