// SPDX-License-Identifier: MIT
#pragma once
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "handler/run_context.hpp"

#include <optional>
#include <string>

namespace aadssh {

/// Why there is not enough free disk space for an installation: 52 with each file system that lacks
/// some, how much is free and how much is needed. Nothing: there is enough, or it cannot be told.
std::optional<Failure> disk_shortage(const World& world, const PackageTool& tool);

/// How to make room, given the command that shows what is free: a remedy for a message.
std::string room_remedy(const std::string& shows_free);

/// Of a machine that works, which a shortage must not turn red: a warning.
Substatus kept_for_lack_of_room(const Failure& shortage);

/// Notes a warning where so little memory is free that the kernel may kill the package manager.
void note_memory(RunContext& run);

/// "120 MiB of memory and 0 MiB of swap are free"; empty where the kernel does not tell.
std::string memory_in_words(const World& world);

/// Whether a program ended as one does that the kernel killed for lack of memory. Nobody else sends
/// SIGKILL to a package manager; our own at a limit is `timed_out`.
bool killed_for_memory(const CommandResult& end);

/// How it ended, and what it said of that; on one line.
std::string killing_words(const CommandResult& end);

}  // namespace aadssh
