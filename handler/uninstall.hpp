// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"

#include <string>

namespace aadssh {

/// The command `uninstall`. Removes what is on record as ours, but nothing when the removal is part
/// of an update (the agent runs `uninstall` of the old version then, ga/exthandlers.py) or when
/// another extension uses the same package. Returns full sentences on what was removed and what
/// stays. Failures: those of the removal, 52 without a package manager; each names what is left,
/// because the agent then deletes our folder all the same.
std::string leave(RunContext& run);

}  // namespace aadssh
