// SPDX-License-Identifier: MIT
#pragma once
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "handler/run_context.hpp"

namespace aadssh {

/// An upgrade must never take away a sign-in that worked. After one that failed: sees that the
/// version which `before` names is there, or puts it back from the repository with the machine's
/// own package manager, unless the new one works; notes "rollback", and returns `failure` with what
/// became of it. A transaction that still runs is left alone.
///
/// Where neither is so, the upgrade stays on record, and the next run tries again.
Failure with_working_version(RunContext& run, const Facts& before, Failure failure);

/// Takes the upgrade off the record: there is nothing to put back.
void forget_upgrade(RunContext& run);

}  // namespace aadssh
