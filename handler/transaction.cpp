// SPDX-License-Identifier: MIT
#include "handler/transaction.hpp"

#include "handler/cloud_init.hpp"
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace aadssh {
namespace {

constexpr Milliseconds lock_poll{500};
constexpr std::size_t output_limit = 4UL * 1024 * 1024;

std::string output_path() {
    return std::string(state_folder) + "/transaction.log";
}

/// The process whose pid the file holds, if it lives. One that was killed leaves its file behind.
std::optional<pid_t> pid_in_file(const RunContext& run, const std::string& path) {
    const auto text = run.world.files.read(path, 64).text;
    pid_t pid = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), pid);
    const bool lives = error == std::errc() && pid > 0 &&
                       run.world.files.info(fmt::format("/proc/{}/stat", pid)).has_value();
    return lives ? std::optional(pid) : std::nullopt;
}

/// Who holds one of the locks, for people; empty when all are free.
std::string lock_holder(const RunContext& run, const PackageTool& tool) {
    for (const auto& lock : tool.locks) {
        const std::string path(lock.path);
        const auto pid = lock.kind == ToolLock::Kind::pid_file ? pid_in_file(run, path)
                                                               : run.world.files.lock_holder(path);
        if (pid) {
            return fmt::format(
                "{} is held by {}",
                path,
                *pid == 0 ? "a process outside our view" : run.world.processes.describe(*pid));
        }
    }
    return {};
}

[[noreturn]] void still_running(const RunContext& run, const std::string& purpose, pid_t pid) {
    throw Failure(
        ExitCode::transaction_running,
        Phase::package,
        fmt::format(
            "the step \"{}\" was still running when this run had to end, and was left to finish",
            purpose),
        fmt::format(
            "pid {}, limit of this run {} s; stopping it would leave the package half installed",
            pid,
            run.deadline.total().count()),
        fmt::format(
            "wait a few minutes, then run the extension again: it waits for that step first, whose "
            "output is in {}",
            output_path()));
}

void journal(RunContext& run,
             const std::string& purpose,
             const ProcessId& process,
             const std::vector<std::string>& installed_before) {
    run.state.transaction =
        TransactionRecord{purpose, process, run.world.clock.boot_id(), installed_before};
    run.store.save(run.state);
}

/// What the tool has printed; what goes wrong stands at the end. The file goes: it is as the tool
/// wrote it, with secrets perhaps, and the log gets it scrubbed.
std::string take_output(RunContext& run) {
    auto text = run.world.files.read_end(output_path(), output_limit).text;
    run.world.files.remove(output_path());
    return text;
}

void clear_journal(RunContext& run) {
    run.state.transaction.reset();
    run.store.save(run.state);
}

/// Of a package manager that was killed: dpkg, for one, goes on, in the scratch folder, too.
void await_children(RunContext& run,
                    const PackageTool& tool,
                    const std::string& purpose,
                    const std::string& end) {
    try {
        await_locks(run, tool, Milliseconds(0));
    } catch (const Failure& locked) {
        throw Failure(ExitCode::transaction_running,
                      Phase::package,
                      fmt::format("the package manager of the step \"{}\" was ended from outside, "
                                  "and what it had started was still running when this run had to "
                                  "end",
                                  purpose),
                      fmt::format("{}; {}", end, locked.cause));
    }
}

}  // namespace

Milliseconds transaction_reserve(const Deadline& deadline) {
    return std::min<Milliseconds>(Seconds(120), Milliseconds(deadline.total()) / 2);
}

void await_locks(RunContext& run, const PackageTool& tool, Milliseconds reserve) {
    std::string last;
    for (;;) {
        const auto holder = lock_holder(run, tool);
        if (holder.empty()) {
            return;
        }
        if (holder != last) {
            log_info("waiting: " + holder);
            last = holder;
        }
        if (run.deadline.left() < reserve + lock_poll || run.world.processes.interrupted()) {
            throw Failure(ExitCode::package_manager_locked,
                          Phase::package,
                          "another program is using the package manager and did not finish in time",
                          holder + cloud_init_clause(run.world.files),
                          fmt::format("nobody was stopped; wait until that program has ended (on "
                                      "the VM: {}), then run the extension again",
                                      repair_hint(tool, Outcome::locked)));
        }
        run.world.clock.sleep(lock_poll);
    }
}

bool await_earlier_transaction(RunContext& run) {
    if (!run.state.transaction) {
        return false;
    }
    const auto earlier = *run.state.transaction;
    const bool same_boot = earlier.boot_id == run.world.clock.boot_id();
    if (same_boot && earlier.process.pid != 0 && run.world.processes.alive(earlier.process)) {
        log_info(fmt::format("waiting for \"{}\" of an earlier run, {}",
                             earlier.purpose,
                             run.world.processes.describe(earlier.process.pid)));
        while (run.world.processes.alive(earlier.process)) {
            if (run.deadline.reached() || run.world.processes.interrupted()) {
                still_running(run, earlier.purpose, earlier.process.pid);
            }
            run.world.clock.sleep(lock_poll);
        }
    }
    const auto* tool = machine_tool(run.world);
    if (tool != nullptr) {
        if (same_boot && earlier.process.pid == 0) {
            await_locks(run, *tool, Milliseconds(0));
        }
        // Before the journal is cleared: a run that is killed here leaves this to the next one.
        // What others have installed meanwhile is noted, too; it is only named at removal, and
        // stays.
        note_dependencies(run, *tool, earlier.installed_before);
    }
    clear_journal(run);
    log_output(take_output(run));
    if (tool != nullptr && !tool->scratch.empty()) {
        run.world.files.remove_tree(std::string(tool->scratch));  // it was worked in until now
    }
    return true;
}

void note_dependencies(RunContext& run,
                       const PackageTool& tool,
                       const std::vector<std::string>& installed_before) {
    if (installed_before.empty()) {
        return;
    }
    auto& noted = run.state.dependencies;
    for (const auto& name : installed_packages(run.world, tool)) {
        const bool is_new =
            !std::ranges::binary_search(installed_before, name) && !run.state.added(name);
        if (is_new && std::ranges::find(noted, name) == noted.end()) {
            noted.push_back(name);
        }
    }
    run.store.save(run.state);
}

CommandResult run_transaction(RunContext& run,
                              const PackageTool& tool,
                              const RunTool& step,
                              const std::vector<std::string>& installed_before) {
    const auto reserve = transaction_reserve(run.deadline);
    await_locks(run, tool, reserve);
    if (run.deadline.left() < reserve) {
        Failure failure(
            ExitCode::deadline_reached,
            Phase::package,
            fmt::format("no time was left to {}", step.purpose),
            fmt::format("{} s of {} s were left, and a package transaction must not be cut off",
                        run.deadline.left().count() / 1000,
                        run.deadline.total().count()));
        failure.untouched = true;
        throw Failure(failure);
    }
    try {
        journal(run, step.purpose, {}, installed_before);
    } catch (const Failure&) {
        run.state.transaction.reset();  // nothing was started
        throw;
    }
    log_info("run: " + shell_line(step.argv));
    std::string error;
    const auto started = run.world.clock.now();
    const auto process = run.world.processes.start_detached(
        {.argv = step.argv, .environment = step.environment}, output_path(), error);
    if (process.pid == 0) {
        clear_journal(run);
        return {.started = false, .error = error};
    }
    try {
        journal(run, step.purpose, process, installed_before);
    } catch (const Failure& failure) {
        // The intent is on record; an intent without a pid makes the next run wait on the tool's
        // lock.
        log_warning(failure.message());
    }
    auto result = run.world.processes.wait_detached(process, run.deadline.left());
    if (!result) {
        log_warning(fmt::format("left running: {} (pid {})", step.purpose, process.pid));
        still_running(run, step.purpose, process.pid);
    }
    if (result->signal != 0) {
        journal(run, step.purpose, {}, installed_before);
        await_children(run, tool, step.purpose, describe_end(*result));
    }
    clear_journal(run);
    result->duration = std::chrono::duration_cast<Milliseconds>(run.world.clock.now() - started);
    result->output = take_output(run);
    log_info(fmt::format("end: {}: {} after {} ms",
                         step.argv.front(),
                         describe_end(*result),
                         result->duration.count()));
    log_output(result->output);
    return *result;
}

}  // namespace aadssh
