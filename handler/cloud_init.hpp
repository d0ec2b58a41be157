// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"

#include <string>

namespace aadssh {

/// The stage in which cloud-init installs packages, while it runs: "modules-config" or
/// "modules-final". Read from cloud-init's own status files, as its documentation has them ("Status
/// Reporting"; cloudinit/cmd/main.py, status_wrapper); no program is started.
std::string running_package_stage(const Files& files);

/// Lets a running package stage end before this run's first download or transaction, once a run.
/// Never for longer than a third of the command's time, holding no lock: cloud-init's own scripts
/// may be waiting for this extension, and only one of the two can give in.
/// Throws Failure(deadline_reached) when this run is asked to end meanwhile.
void await_cloud_init(RunContext& run);

/// "; cloud-init's stage modules-final still runs ..." for the cause of a failure; empty when none
/// runs.
std::string cloud_init_clause(const Files& files);

}  // namespace aadssh
