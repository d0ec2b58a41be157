// SPDX-License-Identifier: MIT
#pragma once
#include "handler/failure.hpp"
#include "handler/sys/world.hpp"
#include "installers/package_tool.hpp"

#include <string>
#include <vector>

namespace aadssh {

inline constexpr const char* login_package = "aadsshlogin";
/// Of a question to the package database or to a package manager's own cache.
inline constexpr Seconds query_limit{60};

/// Asks the package database (not the package manager: it takes no lock and a few milliseconds).
/// One state per name, in order. Throws Failure(missing_dependency) when the database cannot be
/// asked.
std::vector<PackageState> ask_packages(World& world,
                                       const PackageTool& tool,
                                       const std::vector<std::string>& names);
PackageState ask_package(World& world, const PackageTool& tool, const std::string& name);

/// Those of the names that are not installed.
std::vector<std::string> absent_packages(World& world,
                                         const PackageTool& tool,
                                         const std::vector<std::string>& names);

/// The newest version that only the step's hidden_question finds; empty when there is none.
std::string hidden_version(World& world, const PackageTool& tool, const RunTool& step);

/// Names of all installed packages, sorted; empty when the database cannot be asked.
std::vector<std::string> installed_packages(World& world, const PackageTool& tool);

/// Names of the keys in rpm's database, as key_package gives them; empty when it cannot be asked.
std::vector<std::string> imported_keys(World& world, const PackageTool& tool);

/// The package that owns a path; empty when none does.
std::string owning_package(World& world, const PackageTool& tool, const std::string& path);

/// Runs a program inside its own limit and the command's deadline (of which at least 5 s are taken
/// to be left), and logs its words, exit code, duration and, unless it is a long listing, its
/// output.
CommandResult run_logged(World& world, const Command& command, bool with_output = true);

/// For a wait that a signal ended.
Failure asked_to_end(const std::string& doing);

/// "exit code 100", "ended by signal 9", "no answer in 60 s", "could not be started: ..."
std::string describe_end(const CommandResult& result);

}  // namespace aadssh
