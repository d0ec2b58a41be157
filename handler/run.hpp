// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace aadssh {

/// The whole program: finds the command, runs it, reports. Holds the one catch that turns a Failure
/// into status file, verdict and exit code. stdout and stderr together stay below 3,000 bytes for
/// the agent's commands, because the agent reads only the first 3,200 (WALinuxAgent
/// ga/extensionprocessutil.py read_output); the verdict is one line, on stderr when it is a
/// failure.
int run(const std::vector<std::string>& words, World& world, std::ostream& out, std::ostream& err);

}  // namespace aadssh
