// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "installers/package_tool.hpp"

namespace aadssh {

/// Runs one package transaction in a session of its own, journalled before and after the start,
/// never signalled. Waits first, naming the holder, until nobody else holds the tool's locks.
/// `installed_before` goes into the journal, so that a later run can tell what a transaction that
/// outlived this one has brought.
/// Failures: 56 lock held, 62 too little time left to start, 66 still running at the deadline.
CommandResult run_transaction(RunContext& run,
                              const PackageTool& tool,
                              const RunTool& step,
                              const std::vector<std::string>& installed_before = {});

/// Puts on record what came with our packages: everything installed now that is neither ours nor
/// among `installed_before` (sorted). Does nothing when that is empty: then the database could not
/// be asked, and what is new cannot be told.
void note_dependencies(RunContext& run,
                       const PackageTool& tool,
                       const std::vector<std::string>& installed_before);

/// Waits for a transaction that an earlier run left running, and for its lock if that run did not
/// live to note its pid; then notes the dependencies that it brought. Says whether there was one.
/// Throws Failure(transaction_running), or (package_manager_locked), at the deadline.
bool await_earlier_transaction(RunContext& run);

/// Waits until the tool's locks are free. Throws Failure(package_manager_locked) once waiting
/// longer would leave less than `reserve`.
void await_locks(RunContext& run, const PackageTool& tool, Milliseconds reserve);

/// Less than this left, and no transaction is started: min(120 s, half of the command's limit).
Milliseconds transaction_reserve(const Deadline& deadline);

}  // namespace aadssh
