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
#include "handler/sshd.hpp"
#include "handler/sshd_reload.hpp"
#include "handler/transaction.hpp"
#include "handler/uninstall.hpp"
#include "handler/update_marker.hpp"
#include "handler/verify.hpp"

#include <fmt/format.h>

#include <array>
#include <optional>

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

/// What a run that may install begins with.
struct Start {
    Facts facts;
    bool in_order = false;         ///< the machine passes the checks already
    std::optional<Facts> working;  ///< the machine when it last did
};

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

void look_for_newest(RunContext& run, const Start& start) {
    try {
        converge(run, start.facts);
    } catch (const Failure& failure) {
        if (!goes_on(start.facts, start.in_order, failure)) {
            const auto told =
                start.working ? with_working_version(run, *start.working, failure) : failure;
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

/// Mends and verifies. An upgrade after which the checks fail gives way to the version that worked.
Report mend_and_conclude(RunContext& run, const Start& start, const std::string& operation) {
    try {
        repair_if_damaged(run, start.facts, start.in_order);
        auto report = conclude(run, start.facts, operation);
        forget_upgrade(run);
        return report;
    } catch (const Failure& failure) {
        if (!start.working || !run.state.upgrade) {
            throw;  // what changed meanwhile was not changed by this extension
        }
        const auto now = ask_package(run.world, *start.facts.support.row->tool, login_package);
        throw now.version == start.working->login.version
            ? failure
            : with_working_version(run, *start.working, failure);
    }
}

/// The machine when it last worked: now, or before an upgrade that an earlier run could not see to
/// its end.
std::optional<Facts> last_working(RunContext& run, const Facts& facts, bool in_order) {
    if (in_order) {
        return facts;
    }
    const auto& upgrade = run.state.upgrade;
    const auto& login = facts.login;
    if (!upgrade || login.held) {
        return std::nullopt;
    }
    const bool is_ours = login.status == PackageState::Status::broken ||
                         (login.installed() && login.version == upgrade->to);
    if (!is_ours) {
        forget_upgrade(run);  // put back, or somebody's own choice since then
        return std::nullopt;
    }
    auto before = facts;
    before.login = {
        .name = login_package, .status = PackageState::Status::installed, .version = upgrade->from};
    return before;
}

Start look_at_machine(RunContext& run) {
    const bool settled = await_earlier_transaction(run);
    Start start{.facts = gather_facts(run.world, run.environment)};
    note_support(run, start.facts);
    // That run compares no answers of sshd any more.
    if (settled && ask_sshd(run.world).trouble.empty()) {
        reload_sshd(run);
    }
    start.in_order = healthy(run.world, start.facts);
    start.working = last_working(run, start.facts, start.in_order);
    if (start.in_order) {
        run.working_version = start.facts.login.version;
        forget_upgrade(run);
    }
    preflight(run, start.facts, start.working.has_value());
    return start;
}

Report install(RunContext& run) {
    const auto start = look_at_machine(run);
    if (!note_kept_package(run, start.facts) && has_room(run, start.facts, start.in_order)) {
        look_for_newest(run, start);
    }
    return mend_and_conclude(run, start, "install");
}

Report enable(RunContext& run) {
    const auto start = look_at_machine(run);
    const auto& facts = start.facts;
    if (facts.login.installed()) {
        note_repository(run, facts);
        restore_own_files(run, facts);
    } else {
        log_warning("the package is missing or broken and is installed again");
        has_room(run, facts, false);
        look_for_newest(run, start);
    }
    return mend_and_conclude(run, start, "enable");
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
