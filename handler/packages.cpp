// SPDX-License-Identifier: MIT
#include "handler/packages.hpp"

#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>

namespace aadssh {
namespace {

/// A database answers in milliseconds. Undo and removal ask it even when the command's time is up.
constexpr std::chrono::seconds least_limit{5};

Command within_deadline(const World& world, Command command) {
    if (world.deadline) {
        const auto left = std::max<Milliseconds>(world.deadline->left(), least_limit);
        command.limit = std::min(command.limit, left);
    }
    return command;
}

/// One that is slow is not broken, and not to be rebuilt while somebody uses it.
Failure no_answer(const PackageTool& tool,
                  const std::string& problem,
                  const std::string& program,
                  const CommandResult& end) {
    const auto cause =
        fmt::format("{}: {} {}", program, describe_end(end), one_line(scrub(end.output), 200));
    if (end.timed_out) {
        return {ExitCode::missing_dependency,
                Phase::package,
                problem + " in time",
                cause,
                fmt::format("on the VM, as root, see what uses it: {}; wait until that has ended, "
                            "then run the extension again",
                            repair_hint(tool, Outcome::locked))};
    }
    return {ExitCode::missing_dependency,
            Phase::package,
            problem,
            cause,
            fmt::format("on the VM, as root, run: {}; then run the extension again",
                        repair_hint(tool, Outcome::interrupted))};
}

}  // namespace

Failure asked_to_end(const std::string& doing) {
    return {ExitCode::deadline_reached,
            Phase::package,
            "this run was asked to end before it was done",
            "SIGTERM or SIGINT came while " + doing,
            "run the extension again"};
}

std::string describe_end(const CommandResult& result) {
    if (!result.started) {
        return "could not be started: " + result.error;
    }
    if (result.timed_out) {
        return fmt::format("no end after {} s",
                           std::chrono::duration_cast<Seconds>(result.duration).count());
    }
    if (result.interrupted) {
        return "stopped because this program was asked to end";
    }
    return result.signal != 0 ? fmt::format("ended by signal {}{}",
                                            result.signal,
                                            result.signal == SIGKILL ? " (SIGKILL)" : "")
                              : fmt::format("exit code {}", result.code);
}

CommandResult run_logged(World& world, const Command& command, bool with_output) {
    log_info("run: " + shell_line(command.argv));
    auto result = world.processes.run(within_deadline(world, command));
    log_info(fmt::format("end: {}: {} after {} ms",
                         command.argv.front(),
                         describe_end(result),
                         result.duration.count()));
    if (with_output) {
        log_output(result.output);
    }
    return result;
}

std::vector<PackageState> ask_packages(World& world,
                                       const PackageTool& tool,
                                       const std::vector<std::string>& names) {
    if (names.empty()) {
        return {};
    }
    const auto result = run_logged(world, {.argv = tool.state_query(names), .limit = query_limit});
    if (result.interrupted) {
        throw asked_to_end("asking the package database");
    }
    if (!result.started || result.timed_out || result.signal != 0 ||
        tool.query_failed(result.code, result.output)) {
        throw no_answer(
            tool, "the package database cannot be read", tool.state_query(names).front(), result);
    }
    const auto answer = tool.parse_states(result.output);
    std::vector<PackageState> states;
    for (const auto& name : names) {
        const auto found = std::ranges::find(answer, name, &PackageState::name);
        states.push_back(found == answer.end() ? PackageState{.name = name} : *found);
    }
    return states;
}

PackageState ask_package(World& world, const PackageTool& tool, const std::string& name) {
    return ask_packages(world, tool, {name}).front();
}

std::vector<std::string> absent_packages(World& world,
                                         const PackageTool& tool,
                                         const std::vector<std::string>& names) {
    std::vector<std::string> absent;
    for (const auto& state : ask_packages(world, tool, names)) {
        if (!state.installed()) {
            absent.push_back(state.name);
        }
    }
    return absent;
}

std::string hidden_version(World& world, const PackageTool& tool, const RunTool& step) {
    if (step.hidden_question.empty()) {
        return {};
    }
    const auto end = run_logged(world, {.argv = step.hidden_question, .limit = query_limit});
    return end.ok() ? tool.newest_version(end.output) : std::string();
}

std::vector<std::string> installed_packages(World& world, const PackageTool& tool) {
    const Command question{
        .argv = tool.state_query({}), .limit = query_limit, .output_cap = 16UL * 1024 * 1024};
    const auto result = run_logged(world, question, false);
    std::vector<std::string> names;
    for (const auto& state : tool.parse_states(result.output)) {
        if (state.installed()) {
            names.push_back(state.name);
        }
    }
    std::ranges::sort(names);
    return names;
}

std::vector<std::string> imported_keys(World& world, const PackageTool& tool) {
    const auto result =
        run_logged(world, {.argv = tool.state_query({"gpg-pubkey"}), .limit = query_limit});
    std::vector<std::string> names;
    for (const auto& state : tool.parse_states(result.output)) {
        names.push_back(state.name);
    }
    return names;
}

std::string owning_package(World& world, const PackageTool& tool, const std::string& path) {
    const auto result = run_logged(world, {.argv = tool.owner_query(path), .limit = query_limit});
    if (!result.started || result.timed_out || result.interrupted || result.signal != 0 ||
        tool.query_failed(result.code, result.output)) {
        throw no_answer(tool,
                        "the package database cannot be asked who owns " + path,
                        tool.owner_query(path).front(),
                        result);
    }
    return result.code == 0 ? tool.parse_owner(result.output) : std::string();
}

}  // namespace aadssh
