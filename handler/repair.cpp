// SPDX-License-Identifier: MIT
#include "handler/repair.hpp"

#include "handler/apply.hpp"
#include "handler/converge.hpp"
#include "handler/log.hpp"
#include "handler/outcome_failure.hpp"
#include "handler/packages.hpp"
#include "handler/pam_stack.hpp"
#include "handler/resources.hpp"
#include "handler/sshd_reload.hpp"
#include "handler/verify.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aadssh {
namespace {

using Level = Substatus::Level;

/// VMAccess copies a stock file over sshd_config (Azure/azure-linux-extensions#623).
constexpr const char* likely_cause =
    "a reset of SSH (VMAccess) or configuration management does that";

InstallInputs adjusted(InstallInputs inputs, const Facts& facts) {
    inputs.packages = {login_package};
    inputs.optional_packages.clear();
    inputs.reinstall = {login_package};
    inputs.version = facts.login.version;
    return inputs;
}

Failure unmended(std::string problem, std::string cause, const Facts& facts) {
    return {ExitCode::verification_failed,
            Phase::verification,
            std::move(problem),
            std::move(cause),
            reinstall_remedy(*facts.support.row->tool, facts.login.version)};
}

/// Nothing could be fetched, or that version is no longer there.
bool not_to_be_had(Outcome outcome) {
    return outcome == Outcome::network || outcome == Outcome::not_published ||
           outcome == Outcome::unmet;
}

/// Runs the scripts that the package database keeps; whether that helped, the checks say.
Applied configure_again(RunContext& run, const PackageTool& tool) {
    const auto before = ask_sshd(run.world);
    auto applied = apply(run, tool, tool.configuration_plan(login_package));
    if (applied.outcome == Outcome::ok) {
        reload_sshd_if_changed(run, before);
    }
    return applied;
}

/// A phrase on what was done.
std::string mend(RunContext& run, const Facts& facts, const std::string& missing) {
    const auto& tool = *facts.support.row->tool;
    const auto attempt = try_rungs(
        run, facts, [&](InstallInputs& inputs) { inputs = adjusted(std::move(inputs), facts); });
    if (attempt.applied.outcome == Outcome::ok) {
        return fmt::format("was installed again by {}", tool.name);
    }
    const auto failure = outcome_failure(run, facts.support, attempt.rung, attempt.applied);
    auto why =
        fmt::format("{}{}{}", failure.problem, failure.cause.empty() ? "" : ": ", failure.cause);
    if (tool.configuration_plan != nullptr && not_to_be_had(attempt.applied.outcome)) {
        log_warning(fmt::format("the package cannot be installed again: {}", why));
        const auto applied = configure_again(run, tool);
        if (applied.outcome == Outcome::ok) {
            return "could not be fetched, so its configuration step was run again without it";
        }
        why += fmt::format("; {}: {}", applied.purpose, applied.words);
    }
    throw unmended("parts of the sign-in set-up are gone, and installing aadsshlogin again failed",
                   fmt::format("{}; {}", missing, why),
                   facts);
}

/// Without the room that an installation may need. The configuration step needs next to none.
std::string mend_in_place(RunContext& run,
                          const Facts& facts,
                          const std::string& missing,
                          const Failure& shortage) {
    const auto& tool = *facts.support.row->tool;
    auto failure = shortage;
    failure.problem =
        "parts of the sign-in set-up are gone, and there is not enough free disk space to install "
        "aadsshlogin again";
    failure.cause = fmt::format("{}; {}", missing, shortage.cause);
    if (tool.configuration_plan != nullptr) {
        const auto applied = configure_again(run, tool);
        if (applied.outcome == Outcome::ok) {
            return "could not be installed again for lack of free disk space, so its configuration "
                   "step was run again without that";
        }
        failure.cause += fmt::format("; {}: {}", applied.purpose, applied.words);
    }
    throw Failure(failure);
}

/// The package's script does not bring back a profile that was disabled (pam-auth-update(8),
/// --disable).
Failure not_mended(const World& world,
                   const std::string& done,
                   const std::string& left,
                   const Facts& facts) {
    auto failure = unmended(fmt::format("parts of the sign-in set-up are gone, and although "
                                        "aadsshlogin {} they did not come back",
                                        done),
                            left,
                            facts);
    const auto profile = pam_profile_with(world, "pam_aad.so");
    if (left.starts_with("pam: ") && !profile.empty()) {
        failure.remedy = fmt::format(
            "run pam-auth-update --enable {} as root (a profile that was disabled does not come "
            "back "
            "by itself), then run the extension again",
            profile);
    }
    return failure;
}

}  // namespace

std::string damage(World& world, const Facts& facts, RunSshd folder) {
    constexpr std::array<std::string_view, 3> mendable = {"pam", "nss", "sshd"};
    if (!facts.login.installed()) {
        return {};
    }
    auto found = verify(world, facts, folder);
    // No package mends what somebody has written into sshd's files.
    const bool refused = !sshd_complaint(world, folder).empty();
    std::erase_if(found, [&](const Substatus& one) {
        return std::ranges::find(mendable, one.name) == mendable.end() ||
               (refused && one.name == "sshd");
    });
    return failed_checks(found);
}

Plan repair_plan(RunContext& run, const Facts& facts, const Repository& repository) {
    return facts.support.row->tool->install_plan(adjusted(
        install_inputs(run.world, facts, repository, run.settings, run.proxies, run.state), facts));
}

void repair(RunContext& run, const Facts& facts) {
    const auto missing = damage(run.world, facts);
    if (missing.empty()) {
        return;
    }
    try {
        if (!run.settings.repair) {
            auto failure = unmended(
                "parts of the sign-in set-up are gone, and the setting repair forbids to mend them",
                fmt::format("{}; {}", missing, likely_cause),
                facts);
            failure.remedy += "; or set repair to true";
            throw Failure(failure);
        }
        log_warning("missing, and mended now: " + missing);
        const auto shortage = disk_shortage(run.world, *facts.support.row->tool);
        const auto done =
            shortage ? mend_in_place(run, facts, missing, *shortage) : mend(run, facts, missing);
        if (const auto left = damage(run.world, facts); !left.empty()) {
            throw not_mended(run.world, done, left, facts);
        }
        run.note(
            {"repair",
             Level::success,
             0,
             fmt::format("Parts of the set-up were gone ({}; {}). aadsshlogin {} {}; all is in "
                         "place now.",
                         missing,
                         likely_cause,
                         facts.login.version,
                         done)});
    } catch (const Failure& failure) {
        run.note({"repair", Level::error, static_cast<int>(failure.code), failure.message()});
        throw;
    }
}

}  // namespace aadssh
