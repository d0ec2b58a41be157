// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <iosfwd>
#include <string>
#include <vector>

namespace aadssh {

/// What was asked for. `error` is a full sentence for stderr when the words make no sense (exit
/// code 2).
struct CommandLine {
    std::string command;
    bool json = false;
    std::string error;
};

/// One command word, then options. `--help`, `-h` and `help` give the command "help"; `--version`
/// gives "version".
CommandLine parse_command_line(const std::vector<std::string>& words);

/// Commands for people: help, version, plan. Returns the exit code.
int run_person_command(const CommandLine& line, World& world, std::ostream& out, std::ostream& err);

/// The text of --help, made from the tables of commands and exit codes.
std::string help_text();

}  // namespace aadssh
