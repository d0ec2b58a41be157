// SPDX-License-Identifier: MIT
#pragma once
#include "handler/command_line.hpp"
#include "installers/plan.hpp"

#include <iosfwd>
#include <string>

namespace aadssh {

/// `plan`: what `install` would do here, as text or JSON. Starts no package manager, asks IMDS and
/// (for one repository of several) the network once, writes nothing, needs neither root nor the
/// agent. The exit code is that of the failure that would stop `install`, else 0.
int plan_command(const CommandLine& line, World& world, std::ostream& out, std::ostream& err);

/// A plan as a JSON value: {"title":...,"steps":[{"kind":"run","argv":[...],...}],"notes":[...]}.
std::string plan_json(const Plan& plan);

}  // namespace aadssh
