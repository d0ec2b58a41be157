// SPDX-License-Identifier: MIT
#include "handler/commands.hpp"

#include "handler/advice.hpp"
#include "handler/converge.hpp"
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/preflight.hpp"
#include "handler/put_back.hpp"
#include "handler/repair.hpp"
#include "handler/resources.hpp"
#include "handler/transaction.hpp"
#include "handler/uninstall.hpp"
#include "handler/update_marker.hpp"
#include "handler/verify.hpp"

#include <fmt/format.h>

#include <array>

namespace aadssh {
namespace {

using Level = Substatus::Level;

Report success(std::string operation, std::string message) {
    return {.success = true,
            .code = 0,
            .operation = std::move(operation),
            .message = std::move(message),
            .substatus = {}};
}

/// The verdict over a machine that should be good by now: 21 with what is missing, or the success
/// message.
Report conclude(RunContext& run, const Facts& facts, const std::string& operation) {
    note_advice(run, RunSshd::make);
    demand_verified(run, facts);
    const auto state = ask_package(run.world, *facts.support.row->tool, login_package);
    return success(operation,
                   fmt::format("Microsoft Entra ID sign-in over SSH is set up: aadsshlogin {} is "
                               "installed and verified on {}.",
                               state.version,
                               facts.support.distribution));
}

/// Reasons for which a machine that already works is not turned red: the outside could not be
/// asked.
bool outage(ExitCode code) {
    return code == ExitCode::repository_unreachable || code == ExitCode::package_manager_locked ||
           code == ExitCode::unsupported;
}

/// Whether `install` goes on although no newer version could be looked for.
bool goes_on(const Facts& facts, bool in_order, const Failure& failure) {
    return in_order ? outage(failure.code) || failure.untouched
                    : facts.login.installed() && failure.code == ExitCode::repository_unreachable;
}

/// On a machine whose package stayed as it was.
void repair_if_damaged(RunContext& run, const Facts& facts, bool in_order) {
    if (!in_order && facts.login.installed() &&
        ask_package(run.world, *facts.support.row->tool, login_package).version ==
            facts.login.version) {
        repair(run, facts);
    }
}

/// Whether there is room for an installation; a machine that works goes on without one.
bool has_room(RunContext& run, const Facts& facts, bool in_order) {
    note_memory(run);
    const auto shortage = disk_shortage(run.world, *facts.support.row->tool);
    if (shortage && !in_order) {
        throw Failure(*shortage);
    }
    if (shortage) {
        run.note(kept_for_lack_of_room(*shortage));
    }
    return !shortage;
}

void look_for_newest(RunContext& run, const Facts& facts, bool in_order) {
    try {
        converge(run, facts);
    } catch (const Failure& failure) {
        if (!goes_on(facts, in_order, failure)) {
            const auto told = in_order ? with_working_version(run, facts, failure) : failure;
            run.note({"repository", Level::error, static_cast<int>(told.code), told.message()});
            throw Failure(told);
        }
        run.note({"repository",
                  Level::warning,
                  static_cast<int>(failure.code),
                  "aadsshlogin stays as it is, because a newer version could not be looked for: " +
                      failure.message()});
    }
}

/// An upgrade after which the checks fail gives way to the version that worked.
Report conclude_upgrade(RunContext& run, const Facts& before, bool in_order) {
    try {
        return conclude(run, before, "install");
    } catch (const Failure& failure) {
        const auto now = ask_package(run.world, *before.support.row->tool, login_package);
        const bool upgraded = in_order && now.version != before.login.version;
        throw upgraded ? with_working_version(run, before, failure) : failure;
    }
}

/// What a run that may install begins with.
struct Start {
    Facts facts;
    bool in_order = false;  ///< the machine passes the checks already
};

Start look_at_machine(RunContext& run) {
    await_earlier_transaction(run);
    Start start{.facts = gather_facts(run.world, run.environment)};
    note_support(run, start.facts);
    start.in_order = healthy(run.world, start.facts);
    preflight(run, start.facts, start.in_order);
    return start;
}

Report install(RunContext& run) {
    const auto [facts, in_order] = look_at_machine(run);
    if (!note_kept_package(run, facts) && has_room(run, facts, in_order)) {
        look_for_newest(run, facts, in_order);
    }
    repair_if_damaged(run, facts, in_order);
    return conclude_upgrade(run, facts, in_order);
}

Report enable(RunContext& run) {
    const auto [facts, in_order] = look_at_machine(run);
    if (facts.login.installed()) {
        note_repository(run, facts);
        restore_own_files(run, facts);
        repair_if_damaged(run, facts, in_order);
    } else {
        log_warning("the package is missing or broken and is installed again");
        has_room(run, facts, false);
        converge(run, facts);
    }
    return conclude(run, facts, "enable");
}

Report disable(RunContext& /*run*/) {
    // The agent disables before every update and removal, and after a failed update the old version
    // stays disabled: whoever could sign in must still be able to.
    return success(
        "disable",
        "Nothing was changed: sign-in keeps working until the extension is uninstalled.");
}

Report update(RunContext& run) {
    const auto leaving = leaving_version(run.world, run.environment.extension_version);
    if (leaving.empty()) {
        return success("update",
                       "No version is being left (the agent's variables are not set), so there is "
                       "nothing to prepare.");
    }
    if (const auto error = write_update_marker(run.world, leaving); !error.empty()) {
        throw Failure(
            ExitCode::missing_dependency,
            Phase::start,
            fmt::format("the update cannot be prepared: {} cannot be written", update_marker_path),
            error,
            "see that /var/lib is writable and not full (df -h /var/lib), then run the update "
            "again");
    }
    return success(
        "update",
        fmt::format("Prepared: version {} will leave packages and settings in place.", leaving));
}

Report uninstall(RunContext& run) {
    return success("uninstall", leave(run));
}

constexpr Seconds long_limit{840};
constexpr Seconds short_limit{240};

constexpr std::array commands{
    AgentCommand{"install",
                 "Installs the newest aadsshlogin and verifies sign-in.",
                 long_limit,
                 true,
                 true,
                 true,
                 false,
                 true,
                 install},
    AgentCommand{"enable",
                 "Verifies sign-in; puts back what is gone of package, set-up, source or keyring; "
                 "never upgrades.",
                 short_limit,
                 true,
                 true,
                 true,
                 true,
                 true,
                 enable},
    AgentCommand{"disable",
                 "Changes nothing: sign-in keeps working.",
                 long_limit,
                 false,
                 false,
                 true,
                 false,
                 false,
                 disable},
    AgentCommand{"update",
                 "Prepares the change to another version of this extension.",
                 long_limit,
                 false,
                 true,
                 true,
                 false,
                 false,
                 update},
    AgentCommand{"uninstall",
                 "Removes what this extension added.",
                 short_limit,
                 false,
                 true,
                 false,
                 false,
                 false,
                 uninstall},
};

}  // namespace

std::span<const AgentCommand> agent_commands() {
    return commands;
}

}  // namespace aadssh
