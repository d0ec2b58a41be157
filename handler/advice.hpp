// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "handler/sshd.hpp"

namespace aadssh {

/// Notes, as warnings, what may keep Entra users out although everything is set up: limits in
/// sshd's configuration, an old sshd, other identity systems, an AKS node. Says nothing of what is
/// not there. Only reads; sshd is asked, the package manager is not.
void note_advice(RunContext& run, RunSshd folder);

}  // namespace aadssh
