// SPDX-License-Identifier: MIT
#pragma once
#include "handler/apply.hpp"
#include "handler/run_context.hpp"
#include "installers/package_tool.hpp"

#include <functional>
#include <map>
#include <set>
#include <string>

namespace aadssh {

/// What a plan's steps found out about packages whose newest version is refused for its signature
/// or its checksum.
struct OlderVersions {
    std::map<std::string, RunTool> downloads;   ///< by package, as planned
    std::map<std::string, std::string> chosen;  ///< package -> the version in place of the newest
    std::set<std::string> kept;                 ///< packages that stay as they are
};

/// The step as planned, or for the version that was chosen before.
RunTool in_chosen_version(OlderVersions& older, const RunTool& planned);

/// Called with an outcome other than ok; returns it unless it is a refusal and the version before
/// the newest passes the same checks, or is installed already. Never takes an older one than what
/// is installed: dnf and tdnf would downgrade without a word. Adds a warning to `result`.
Outcome try_older(RunContext& run,
                  const PackageTool& tool,
                  OlderVersions& older,
                  const RunTool& step,
                  Outcome refused,
                  Applied& result,
                  const std::function<Outcome(const RunTool&)>& carry_out);

}  // namespace aadssh
