// SPDX-License-Identifier: MIT
#include "handler/run.hpp"

#include "handler/command_line.hpp"
#include "handler/commands.hpp"
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/scrub.hpp"
#include "handler/update_marker.hpp"
#include "installers/catalogue.hpp"
#include "version.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>
#include <set>

namespace aadssh {
namespace {

constexpr const char* lock_folder = "/run/aadsshlogin-handler";
constexpr Milliseconds lock_poll{250};
constexpr std::size_t verdict_limit = 1400;
constexpr std::size_t unseen_limit = 500;

std::string lock_path() {
    return std::string(lock_folder) + "/lock";
}

/// Waits for another command of this extension; 63 at the deadline.
std::unique_ptr<FileLock> take_lock(RunContext& run, const AgentCommand& command) {
    if (const auto error = run.world.files.make_folder(lock_folder, 0700); !error.empty()) {
        throw Failure(ExitCode::missing_dependency,
                      Phase::start,
                      fmt::format("{} cannot be made", lock_folder),
                      error,
                      "run as root, on a machine whose /run is writable");
    }
    const auto text = fmt::format("{} since {}", command.name, run.world.clock.utc());
    bool said = false;
    for (;;) {
        if (auto lock = run.world.files.try_lock(lock_path(), text)) {
            return lock;
        }
        const auto holder = one_line(run.world.files.read(lock_path(), 256).text, 100);
        if (!said) {
            log_info("waiting for another run of this extension: " + holder);
            said = true;
        }
        if (run.deadline.reached() || run.world.processes.interrupted()) {
            throw Failure(ExitCode::another_run,
                          Phase::start,
                          "another run of this extension did not end in time",
                          holder);
        }
        run.world.clock.sleep(run.deadline.at_most(lock_poll));
    }
}

Report failure_report(const AgentCommand& command, const Failure& failure) {
    return {.success = false,
            .code = static_cast<int>(failure.code),
            .operation = std::string(command.name),
            .message = failure.message(),
            .substatus = {}};
}

/// A full sentence when the agent will not see the report; else empty.
std::string save_status(RunContext& run, const Report& report) {
    if (!run.sequence || run.environment.status_folder.empty()) {
        log_warning("no status file: the agent told neither a folder nor a sequence number");
        return {};
    }
    const auto error =
        write_status(run.world, run.environment.status_folder, *run.sequence, report);
    if (error.empty()) {
        return {};
    }
    auto sentence = fmt::format(
        "The agent does not see this result, because its status file could not be "
        "written: {}. Fix: see that the disk of {} is neither full nor read-only (df "
        "-h, mount), then run the extension again.",
        error,
        run.environment.status_folder);
    log_warning(sentence);
    return sentence;
}

void save_cut_off_status(RunContext& run, const AgentCommand& command) {
    save_status(run,
                {.success = false,
                 .code = static_cast<int>(ExitCode::deadline_reached),
                 .operation = std::string(command.name),
                 .message = fmt::format(
                     "AADSSH-{} {}: the run that began at {} has not reported its end: it "
                     "still runs, or was cut off. Fix: wait five minutes; if "
                     "this stays, run the extension again (the agent also does "
                     "after a reboot or a change of the VM's extensions).",
                     static_cast<int>(ExitCode::deadline_reached),
                     command.name,
                     run.world.clock.utc()),
                 .substatus = {}});
}

void load_settings(RunContext& run) {
    if (!run.environment.usable()) {
        throw Failure(ExitCode::bad_settings,
                      Phase::start,
                      "HandlerEnvironment.json cannot be used",
                      run.environment.problem,
                      "the Azure Linux agent writes this file; restart the agent (systemctl "
                      "restart walinuxagent or "
                      "waagent), or delete the extension and install it again");
    }
    run.settings = read_settings(run.world, run.environment, run.sequence);
    for (const auto& note : run.settings.notes) {
        log_info(note);
    }
    if (run.settings.deadline) {
        run.deadline.lower_to(*run.settings.deadline);
    }
}

void load_record(RunContext& run) {
    std::string warning;
    run.state = run.store.load(warning);
    if (!warning.empty()) {
        run.note({"record", Substatus::Level::warning, 0, warning});
    }
}

/// Where sources and keyrings go, with any tool.
std::set<std::string> folders_of_ours() {
    std::set<std::string> folders;
    for (const auto& row : catalogue()) {
        for (const auto file : {row.tool->source_file, row.keyring}) {
            if (!file.empty()) {
                folders.emplace(file.substr(0, file.rfind('/')));
            }
        }
    }
    return folders;
}

/// A run that was killed while it wrote a file has left its temporary file beside it.
void clear_leftovers(RunContext& run) {
    std::set<std::string> folders{state_folder, run.environment.status_folder};
    folders.merge(folders_of_ours());
    for (const auto& row : catalogue()) {
        if (!row.tool->scratch.empty() && !run.state.transaction) {  // else it is worked in
            run.world.files.remove_tree(std::string(row.tool->scratch));
        }
    }
    for (const auto& folder : folders) {
        for (const auto& name : run.world.files.list(folder)) {
            if (name.starts_with(temporary_prefix)) {
                run.world.files.remove(fmt::format("{}/{}", folder, name));
            }
        }
    }
}

/// THE catch. Everything a command throws ends here.
Report perform(RunContext& run, const AgentCommand& command) {
    try {
        if (command.starts_with_error_status) {
            save_cut_off_status(run, command);
        }
        if (command.ends_update) {
            remove_update_marker(run.world);
        }
        if (command.reads_settings) {
            load_settings(run);
        }
        const auto lock = command.takes_lock ? take_lock(run, command) : nullptr;
        load_record(run);
        if (lock) {
            clear_leftovers(run);
        }
        return command.function(run);
    } catch (const Failure& failure) {
        return failure_report(command, failure);
    } catch (const std::exception& error) {
        return failure_report(
            command,
            Failure(
                ExitCode::internal_error, Phase::start, "the handler itself failed", error.what()));
    }
}

int run_agent_command(const AgentCommand& command,
                      World& world,
                      std::ostream& out,
                      std::ostream& err) {
    RunContext run(world, command.limit);
    run.environment = read_handler_environment(world);
    if (run.environment.status_folder.empty() &&
        world.files.info(run.environment.handler_folder + "/status")) {
        run.environment.status_folder =
            run.environment.handler_folder + "/status";  // where the agent looks anyway
    }
    const auto log_problem = run.environment.log_folder.empty()
                                 ? std::string("the agent named no log folder")
                                 : open_log(run.environment.log_folder);
    run.sequence = sequence_number(world, run.environment);
    log_info(fmt::format(
        "{} {} (extension version {}, sequence number {})",
        command.name,
        handler_version,
        run.environment.extension_version.empty() ? "unknown" : run.environment.extension_version,
        run.sequence.value_or("none")));
    if (!log_problem.empty()) {
        log_warning("no log file: " + log_problem);
    }
    auto report = perform(run, command);
    report.substatus = run.checks;
    std::string unseen;
    if (!report.success || command.reports_success) {
        unseen = one_line(scrub(save_status(run, report)), unseen_limit);
    }
    const auto verdict = one_line(scrub(report.message), verdict_limit);
    report.success ? log_info("done: " + verdict) : log_error("failed: " + verdict);
    (report.success ? out : err) << verdict << (report.success || unseen.empty() ? "\n" : " ");
    if (!unseen.empty()) {
        err << unseen << '\n';
    }
    close_log();
    return report.code;
}

}  // namespace

void RunContext::note(Substatus found) {
    found.message = scrub(found.message);
    if (found.level != Substatus::Level::success) {
        log_warning(fmt::format("{}: {}", found.name, found.message));
    }
    const auto same = std::ranges::find(checks, found.name, &Substatus::name);
    if (same == checks.end()) {
        checks.push_back(std::move(found));
    } else {
        *same = std::move(found);
    }
}

int run(const std::vector<std::string>& words, World& world, std::ostream& out, std::ostream& err) {
    const auto line = parse_command_line(words);
    if (!line.error.empty()) {
        err << line.error << '\n';
        return static_cast<int>(ExitCode::usage);
    }
    for (const auto& command : agent_commands()) {
        if (command.name == line.command) {
            return run_agent_command(command, world, out, err);
        }
    }
    return run_person_command(line, world, out, err);
}

}  // namespace aadssh
