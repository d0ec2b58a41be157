// SPDX-License-Identifier: MIT
#include "handler/put_back.hpp"

#include "handler/apply.hpp"
#include "handler/converge.hpp"
#include "handler/exposed_file.hpp"
#include "handler/find_proxy.hpp"
#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/removal.hpp"
#include "handler/repair.hpp"
#include "handler/sshd_reload.hpp"
#include "handler/undo.hpp"
#include "handler/verify.hpp"

#include <fmt/format.h>

namespace aadssh {
namespace {

using Level = Substatus::Level;

/// Installs the version that `before` names, and takes back what had to be added for that. Returns
/// why it did not succeed.
std::string put_back(RunContext& run, const Facts& before) {
    const auto& tool = *before.support.row->tool;
    const State recorded = run.state;
    std::string why;
    try {
        find_proxy(run, tool);
        auto inputs = install_inputs(run.world,
                                     before,
                                     choose_rungs(run, before).front(),
                                     run.settings,
                                     run.proxies,
                                     run.state);
        inputs.packages = {login_package};
        inputs.optional_packages.clear();
        inputs.reinstall.clear();
        inputs.version = before.login.version;
        if (const auto exposed = exposed_file(run.world, tool, inputs)) {
            throw Failure(*exposed);
        }
        const auto answer = ask_sshd(run.world);
        const auto applied = apply(run, tool, tool.install_plan(inputs));
        reload_sshd_if_changed(run, answer);
        why = applied.outcome == Outcome::ok
                  ? std::string()
                  : fmt::format("{}: {}", applied.purpose, applied.words);
        if (!run.state.transaction) {
            remove_added(run, tool, added_since(recorded, run.state));
            // Half installed meanwhile, it looked new; somebody else's is no dependency of ours.
            std::erase(run.state.dependencies, login_package);
            run.store.save(run.state);
            run.store.remove_if_empty(run.state);
        }
    } catch (const Failure& failure) {
        why = failure.problem + (failure.cause.empty() ? "" : ": " + failure.cause);
    }
    return why;
}

/// What became of the version that worked.
struct Rescue {
    Level level = Level::warning;
    std::string outcome;  ///< a phrase
};

/// The version is there; the scripts of the one that failed may have taken its set-up away.
Rescue kept(RunContext& run, const Facts& before) {
    const auto there = fmt::format(
        "{} {}, which was there before, is still installed", login_package, before.login.version);
    const auto missing = damage(run.world, before);
    if (missing.empty()) {
        return {Level::warning, there};
    }
    try {
        repair(run, before);
        return {Level::warning, there + " and was set up again"};
    } catch (const Failure& failure) {
        return {Level::error,
                fmt::format("{}, but does not work: {}; {}", there, missing, failure.remedy)};
    }
}

Rescue rescue(RunContext& run, const Facts& before) {
    const auto& tool = *before.support.row->tool;
    const auto& version = before.login.version;
    const auto in_place = [&] {
        const auto state = ask_package(run.world, tool, login_package);
        return state.installed() && state.version == version;
    };
    if (in_place()) {
        return kept(run, before);
    }
    // Asked to end after the transaction, for example.
    if (const auto now = ask_package(run.world, tool, login_package);
        now.installed() && failed_checks(verify(run.world, before)).empty()) {
        return {Level::warning,
                fmt::format("{} {} is installed and passes the checks", now.name, now.version)};
    }
    log_warning(fmt::format("the upgrade failed: putting {} {} back", login_package, version));
    const auto why = put_back(run, before);
    if (in_place()) {
        const auto missing = failed_checks(verify(run.world, before));
        return {missing.empty() ? Level::warning : Level::error,
                fmt::format("{} {}, which worked before, was put back{}",
                            login_package,
                            version,
                            missing.empty() ? " and works" : ", but does not work: " + missing)};
    }
    return {Level::error,
            fmt::format("{0} {1}, which worked before, could not be put back{2}; on the VM, as "
                        "root: {3}",
                        login_package,
                        version,
                        why.empty() ? "" : " (" + why + ")",
                        tool.downgrade_hint(login_package, version))};
}

}  // namespace

void forget_upgrade(RunContext& run) {
    if (!run.state.upgrade) {
        return;
    }
    run.state.upgrade.reset();
    try {
        run.store.save(run.state);
        run.store.remove_if_empty(run.state);
    } catch (const Failure& failure) {
        log_warning(failure.message());  // it works all the same; the next run finds that, too
    }
}

Failure with_working_version(RunContext& run, const Facts& before, Failure failure) {
    if (run.state.transaction) {
        return failure;
    }
    Rescue rescued;
    // What is left may be less than a transaction wants of the whole; then sign-in would be gone.
    const OwnTime time(run);
    try {
        rescued = rescue(run, before);
    } catch (const Failure& unknown) {
        rescued = {Level::error,
                   fmt::format("whether {} {} still works is unknown: {}",
                               login_package,
                               before.login.version,
                               unknown.problem)};
    }
    run.note({"rollback",
              rescued.level,
              rescued.level == Level::error ? static_cast<int>(failure.code) : 0,
              fmt::format("The upgrade did not end well; {}.", rescued.outcome)});
    if (rescued.level == Level::warning) {
        forget_upgrade(run);
    }
    // First: of a cause that is too long, the end is cut off.
    failure.cause =
        rescued.outcome + (failure.cause.empty() ? std::string() : "; " + failure.cause);
    return failure;
}

}  // namespace aadssh
