// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "installers/package_tool.hpp"

#include <string>

namespace aadssh {

/// While it lives, there is time to put things in order, whatever the work has used up: the
/// command's deadline is 45 s away, or as far as it was if that is more. All that a command puts in
/// order has these 45 s beyond its limit together, because the agent waits no longer.
class OwnTime {
  public:
    explicit OwnTime(RunContext& run);
    ~OwnTime();
    OwnTime(const OwnTime&) = delete;
    OwnTime& operator=(const OwnTime&) = delete;

  private:
    RunContext& run_;
    Deadline whole_;
};

/// How the machine was before a plan was carried out.
struct Before {
    State state;
    Plan files;  ///< writes again what files of ours said that the plan changes
};

Before before_plan(const RunContext& run, const Plan& plan);

/// Takes back what this run has added, and then what it has changed; returns what could not be
/// taken back. In a time of its own, because half of a limit may be kept for a transaction.
std::string undo(RunContext& run, const PackageTool& tool, const Before& before);

}  // namespace aadssh
