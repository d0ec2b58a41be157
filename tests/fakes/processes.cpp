// SPDX-License-Identifier: MIT
#include "tests/fakes/processes.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <memory>
#include <ranges>
#include <utility>

namespace aadssh {
namespace {

bool begins_with(const Words& argv, const Words& prefix) {
    return argv.size() >= prefix.size() && std::equal(prefix.begin(), prefix.end(), argv.begin());
}

}  // namespace

void FakeProcesses::on(Words prefix, CommandResult result) {
    on_call(std::move(prefix), [result = std::move(result)](const Command&) { return result; });
}

void FakeProcesses::on_each(Words prefix, std::vector<CommandResult> results) {
    auto next = std::make_shared<std::size_t>(0);
    on_call(std::move(prefix), [next, results = std::move(results)](const Command&) {
        const std::size_t turn = *next;
        *next = std::min(turn + 1, results.size() - 1);
        return results.at(turn);
    });
}

void FakeProcesses::on_call(Words prefix, Call call) {
    on_match([prefix = std::move(prefix)](const Command& c) { return begins_with(c.argv, prefix); },
             std::move(call));
}

void FakeProcesses::on_match(std::function<bool(const Command&)> matches, Call call) {
    rules_.push_back({std::move(matches), std::move(call)});
}

std::size_t FakeProcesses::ran(const Words& prefix) const {
    return static_cast<std::size_t>(std::ranges::count_if(
        commands, [&](const Command& c) { return begins_with(c.argv, prefix); }));
}

std::vector<std::string> FakeProcesses::lines() const {
    std::vector<std::string> lines;
    for (const Command& command : commands) {
        lines.push_back(fmt::format("{}", fmt::join(command.argv, " ")));
    }
    return lines;
}

CommandResult FakeProcesses::ask(const Command& command) {
    commands.push_back(command);
    // By index from the end: a call may add rules of its own.
    for (std::size_t i = rules_.size(); i-- > 0;) {
        if (rules_[i].matches(command)) {
            const Call call = rules_[i].call;
            return call(command);
        }
    }
    CommandResult unknown;
    unknown.started = false;
    unknown.error = fmt::format("not scripted: {}", fmt::join(command.argv, " "));
    return unknown;
}

bool FakeProcesses::stop_now() {
    if (!stop_requested && stop_in_ > 0 && --stop_in_ == 0) {
        stop_requested = true;
    }
    return stop_requested;
}

CommandResult FakeProcesses::run(const Command& command) {
    if (stop_now()) {
        CommandResult result;
        result.interrupted = true;
        return result;
    }
    CommandResult result = ask(command);
    if (result.timed_out && result.duration < command.limit) {
        result.duration = command.limit;
    }
    if (clock != nullptr) {
        clock->advance(result.duration);
    }
    return result;
}

ProcessId FakeProcesses::start_detached(const Command& command,
                                        const std::string& output_path,
                                        std::string& error) {
    stop_now();
    CommandResult result = ask(command);
    if (!result.started) {
        error = result.error;
        return {};
    }
    const ProcessId id{next_pid_++, 777};
    living[id.pid] = id.start_time;
    detached.push_back({command, output_path, id, result, result.duration});
    if (files != nullptr) {
        files->add(output_path, "", 0600);
    }
    return id;
}

void FakeProcesses::finish(Detached& child) {
    living.erase(child.id.pid);
    if (files != nullptr) {
        files->add(child.output_path, child.result.output, 0600);
    }
}

std::optional<CommandResult> FakeProcesses::wait_detached(const ProcessId& id,
                                                          std::chrono::milliseconds limit) {
    const auto child =
        std::ranges::find(detached, id.pid, [](const Detached& d) { return d.id.pid; });
    if (child == detached.end() || stop_requested) {
        return std::nullopt;
    }
    const bool ends = !child->result.timed_out && child->left <= limit;
    const auto takes = ends ? child->left : limit;
    child->left -= std::min(takes, child->left);
    if (clock != nullptr) {
        clock->advance(takes);
    }
    if (!ends) {
        return std::nullopt;
    }
    finish(*child);
    CommandResult result = child->result;
    result.output.clear();
    return result;
}

bool FakeProcesses::alive(const ProcessId& id) const {
    const auto found = living.find(id.pid);
    return found != living.end() && found->second == id.start_time;
}

std::string FakeProcesses::describe(pid_t pid) const {
    const auto name = names.find(pid);
    return name == names.end() ? fmt::format("pid {}", pid)
                               : fmt::format("pid {} ({})", pid, name->second);
}

CommandResult exits(int code, std::string output) {
    CommandResult result;
    result.code = code;
    result.output = std::move(output);
    return result;
}

}  // namespace aadssh
