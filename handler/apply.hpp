// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "installers/package_tool.hpp"

#include <string>
#include <vector>

namespace aadssh {

/// How carrying out a plan went. `outcome` is not ok when a step failed for good; the later steps
/// were then not run.
struct Applied {
    Outcome outcome = Outcome::ok;
    std::string purpose;                ///< of the step that failed
    ToolRun kind = ToolRun::query;      ///< its kind
    std::string words;                  ///< what the tool said, on one line; or how it ended
    bool timed_out = false;             ///< it was stopped because the time was up
    std::vector<std::string> warnings;  ///< full sentences
    std::string hidden;   ///< not_published: the version that only this machine's own configuration
                          ///< keeps from being found; else empty
    std::string too_new;  ///< not_published: the newest version, where this release can use none
                          ///< that is there; else empty
};

/// Carries out a plan step by step: journals each change before it is made, waits for other package
/// managers, uses each step's remedies. Throws Failure where the reason is not the
/// repository's or the tool's: 61 and 20 while fetching a key, 56 when the lock stays held, 62 when
/// the deadline leaves too little time, 66 when a transaction outlives it.
///
/// The scratch folder is removed however it ends, unless a transaction still runs in it.
Applied apply(RunContext& run, const PackageTool& tool, const Plan& plan);

}  // namespace aadssh
