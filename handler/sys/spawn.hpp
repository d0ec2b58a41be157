// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/processes.hpp"

#include <sys/types.h>

#include <string>

namespace aadssh {

enum class Leads { group, session };

struct Spawned {
    pid_t pid = 0;      ///< 0: not started
    std::string error;  ///< then: why
};

/// Starts `command` with stdin from /dev/null, stdout and stderr to the descriptor `output`,
/// leading a process group or session of its own, and otherwise as `Processes` promises. Returns
/// when the program runs or cannot.
Spawned spawn(const Command& command, int output, Leads leads);

}  // namespace aadssh
