// SPDX-License-Identifier: MIT
#include "handler/converge.hpp"

#include "handler/digest.hpp"
#include "handler/exposed_file.hpp"
#include "handler/find_proxy.hpp"
#include "handler/keyring.hpp"
#include "handler/log.hpp"
#include "handler/outcome_failure.hpp"
#include "handler/packages.hpp"
#include "handler/removal.hpp"
#include "handler/repository_probe.hpp"
#include "handler/sshd.hpp"
#include "handler/sshd_reload.hpp"
#include "handler/transaction.hpp"
#include "handler/undo.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <utility>

namespace aadssh {
namespace {

using Level = Substatus::Level;

Failure with_cause(Failure failure, const std::string& more) {
    failure.cause += (failure.cause.empty() ? "" : "; ") + more;
    return failure;
}

Failure with_undo(const Failure& failure, const std::string& left) {
    if (left.empty()) {
        return failure;
    }
    // First, because a message that is too long loses the end of its cause.
    auto told = failure;
    told.cause = fmt::format(
        "could not be taken back: {}{}{}", left, failure.cause.empty() ? "" : "; ", failure.cause);
    return told;
}

/// Of the last repository that was asked; the others are named, too. Where the last one lacks the
/// package, one that did not answer may have it: that it is not published cannot be said then.
Failure final_failure(RunContext& run, const Facts& facts, const Attempt& attempt) {
    Tried decisive{attempt.rung, attempt.applied};
    auto others = attempt.before;
    const auto silent = std::ranges::find_if(
        others, [](const Tried& one) { return is_transient(one.applied.outcome); });
    const bool lacks_it =
        decisive.applied.outcome == Outcome::not_published && decisive.applied.hidden.empty();
    if (lacks_it && silent != others.end()) {
        std::swap(decisive, *silent);
    }
    auto failure = outcome_failure(run, facts.support, decisive.rung, decisive.applied);
    if (others.empty()) {
        return failure;
    }
    std::vector<std::string> names;
    std::ranges::transform(
        others, std::back_inserter(names), [](const Tried& one) { return name_of(one.rung); });
    return with_cause(failure, fmt::format("also asked, in vain: {}", fmt::join(names, ", ")));
}

/// Carries the plan out; takes everything back when that ends in a failure that leaves nothing
/// running.
Applied apply_or_undo(RunContext& run,
                      const PackageTool& tool,
                      const Plan& plan,
                      std::string& left) {
    const Before before = before_plan(run, plan);
    const bool accepted_before = sshd_opinion(run.world) == std::string();
    const auto answer_before = ask_sshd(run.world);
    try {
        auto applied = apply(run, tool, plan);
        if (applied.outcome != Outcome::ok) {
            if (run.world.processes.interrupted()) {
                throw asked_to_end("this step ran: " + applied.purpose);
            }
            left = undo(run, tool, before);
            return applied;
        }
        const auto complaint = accepted_before ? sshd_complaint(run.world) : std::string();
        if (!complaint.empty()) {
            throw Failure(
                ExitCode::verification_failed,
                Phase::verification,
                "sshd accepted its configuration before the installation and refuses it afterwards",
                complaint,
                "on the VM, as root, run sshd -t, correct what it names, then run the extension "
                "again");
        }
        reload_sshd_if_changed(run, answer_before);
        return applied;
    } catch (const Failure& failure) {
        if (run.state.transaction) {
            throw;
        }
        if (run.world.processes.interrupted()) {
            // Who asked us to end waits some seconds more, for a machine that is as before.
            run.world.processes.heed_interruption();
        }
        throw with_undo(failure, undo(run, tool, before));
    }
}

/// A lock that stayed held is told together with what it kept from happening.
Applied install_from(RunContext& run,
                     const Facts& facts,
                     const InstallInputs& inputs,
                     std::string& left) {
    const auto& tool = *facts.support.row->tool;
    if (const auto exposed = exposed_file(run.world, tool, inputs)) {
        throw Failure(*exposed);
    }
    try {
        return apply_or_undo(run, tool, tool.install_plan(inputs), left);
    } catch (Failure& failure) {
        if (failure.code == ExitCode::package_manager_locked) {
            failure.problem += fmt::format(", so {} from {} ({}) was not installed",
                                           login_package,
                                           inputs.repository.url,
                                           facts.support.architecture);
        }
        throw;
    }
}

std::string source_sentence(const InstallInputs& inputs) {
    if (!inputs.existing_source && !inputs.repository.provider.empty()) {
        return fmt::format("aadsshlogin comes from {}, by the distribution's package {}.",
                           inputs.repository.url,
                           inputs.repository.provider);
    }
    return fmt::format("aadsshlogin comes from {}, {}.",
                       name_of(inputs.repository),
                       inputs.existing_source
                           ? "by the source already configured in " + inputs.existing_source->file
                           : "by the source that this extension wrote");
}

/// A key that the settings no longer name must not be trusted any more.
void withdraw_keys(RunContext& run, const PackageTool& tool) {
    const auto removed = remove_withdrawn_keys(run, tool);
    if (!removed.left.empty()) {
        run.note(
            {"keys",
             Level::warning,
             static_cast<int>(removed.code),
             fmt::format("Still trusted, although repository.signingKeys no longer names it: {}. "
                         "On the VM, as root: {}.",
                         fmt::join(removed.left, "; "),
                         fmt::join(removed.commands, "; "))});
    }
}

/// For the rung that our record says the source was written for; else for the first.
InstallInputs inputs_of_own_source(RunContext& run, const Facts& facts) {
    const auto inputs_for = [&](const Repository& rung) {
        return install_inputs(run.world, facts, rung, run.settings, run.proxies, run.state);
    };
    for (const auto& rung : facts.support.ladder) {
        auto inputs = inputs_for(rung);
        const auto* record = run.state.file(inputs.source_file);
        const auto digest = sha256_hex(facts.support.row->tool->source_text(inputs));
        if (record != nullptr &&
            std::ranges::find(record->sha256, digest) != record->sha256.end()) {
            return inputs;
        }
    }
    return inputs_for(facts.support.ladder.front());
}

}  // namespace

std::vector<Repository> choose_rungs(RunContext& run, const Facts& facts) {
    const auto& ladder = facts.support.ladder;
    if (ladder.size() < 2) {
        return ladder;
    }
    // One that is configured already is asked before all others, and needs no look of ours.
    const auto configured = std::ranges::find_if(ladder, [&](const Repository& rung) {
        const auto inputs =
            install_inputs(run.world, facts, rung, run.settings, run.proxies, run.state);
        return inputs.existing_source || inputs.source_in_place;
    });
    if (configured != ladder.end()) {
        std::vector<Repository> rungs = ladder;
        const auto first = rungs.begin() + (configured - ladder.begin());
        std::rotate(rungs.begin(), first, first + 1);
        return rungs;
    }
    std::vector<Repository> there;
    std::vector<Repository> unknown;
    for (const auto& rung : ladder) {
        const auto probe =
            probe_repository(run.world, rung, run.proxies, run.deadline, Look::to_choose);
        if (probe.answer == Probe::Answer::there) {
            there.push_back(rung);
        } else if (probe.answer == Probe::Answer::unreachable) {
            unknown.push_back(rung);
        }
    }
    there.insert(there.end(), unknown.begin(), unknown.end());
    return there.empty() ? ladder : there;
}

Attempt try_rungs(RunContext& run,
                  const Facts& facts,
                  const std::function<void(InstallInputs&)>& adjust) {
    find_proxy(run, *facts.support.row->tool);
    Attempt attempt;
    for (const auto& repository : choose_rungs(run, facts)) {
        if (!attempt.rung.url.empty()) {
            attempt.before.push_back({attempt.rung, attempt.applied});
        }
        attempt.rung = repository;
        attempt.inputs =
            install_inputs(run.world, facts, repository, run.settings, run.proxies, run.state);
        if (adjust) {
            adjust(attempt.inputs);
        }
        attempt.applied = install_from(run, facts, attempt.inputs, attempt.left);
        const auto outcome = attempt.applied.outcome;
        // A source that is in place is not given up for an outage. An older version may lie on
        // another rung than the newest.
        const bool in_place = attempt.inputs.existing_source || attempt.inputs.source_in_place;
        const bool next_may_have_it =
            outcome == Outcome::not_published || (is_transient(outcome) && !in_place) ||
            (outcome == Outcome::unmet && !attempt.inputs.version.empty());
        const bool too_late = run.deadline.left() < transaction_reserve(run.deadline);
        if (!next_may_have_it || too_late || !attempt.applied.hidden.empty()) {
            break;
        }
    }
    return attempt;
}

void converge(RunContext& run, const Facts& facts) {
    withdraw_keys(run, *facts.support.row->tool);
    const auto attempt = try_rungs(run, facts);
    if (facts.login.installed() && !attempt.applied.hidden.empty()) {
        run.note(
            {"repository",
             Level::warning,
             0,
             fmt::format("aadsshlogin stays at {}: {} is published, but this machine's package "
                         "manager is told to pass it over ({}).",
                         facts.login.version,
                         attempt.applied.hidden,
                         facts.support.row->tool->hiding_places)});
        return;
    }
    if (attempt.applied.outcome != Outcome::ok) {
        throw with_undo(final_failure(run, facts, attempt), attempt.left);
    }
    run.note({"repository", Level::success, 0, source_sentence(attempt.inputs)});
    if (!attempt.applied.warnings.empty()) {
        run.note({"install",
                  Level::warning,
                  0,
                  fmt::format("{}", fmt::join(attempt.applied.warnings, " "))});
    }
}

void note_repository(RunContext& run, const Facts& facts) {
    for (const auto& repository : facts.support.ladder) {
        const auto inputs =
            install_inputs(run.world, facts, repository, run.settings, run.proxies, run.state);
        if (inputs.existing_source || inputs.source_in_place) {
            run.note({"repository", Level::success, 0, source_sentence(inputs)});
            return;
        }
    }
    run.note({"repository",
              Level::warning,
              0,
              fmt::format(
                  "No enabled source offers {}, so updates of aadsshlogin will not reach this VM.",
                  name_of(facts.support.ladder.front()))});
}

void restore_own_files(RunContext& run, const Facts& facts) {
    const auto& tool = *facts.support.row->tool;
    withdraw_keys(run, tool);
    const auto inputs = inputs_of_own_source(run, facts);
    Plan plan{.title = "Restore files of this extension that vanished", .steps = {}, .notes = {}};
    for (const auto& step : tool.install_plan(inputs).steps) {
        const auto* keyring = std::get_if<WriteKeyring>(&step);
        const auto* file = std::get_if<WriteFile>(&step);
        // One that is there is in the plan only if we wrote it. A key that it lacks can wait for
        // the next install; to fetch it each time would make every `enable` depend on the network.
        const bool keyring_wrong = keyring != nullptr && (!run.world.files.info(keyring->path) ||
                                                          holds_withdrawn_key(run.world, *keyring));
        const bool source_gone = file != nullptr && run.state.file(file->path) != nullptr &&
                                 !run.world.files.info(file->path);
        if (keyring_wrong || source_gone) {
            plan.steps.push_back(step);
        }
    }
    if (plan.steps.empty() || run.state.files.empty()) {
        return;
    }
    const bool fetches = std::ranges::any_of(plan.steps, [](const Step& step) {
        const auto* keyring = std::get_if<WriteKeyring>(&step);
        return keyring != nullptr && !keyring->url.empty();
    });
    try {
        if (fetches) {
            find_proxy(run, tool);
        }
        apply(run, tool, plan);
        run.note({"repository",
                  Level::success,
                  0,
                  "Files of this extension had vanished, or held a key that is no longer accepted, "
                  "and were written again."});
    } catch (const Failure& failure) {
        run.note({"repository", Level::warning, static_cast<int>(failure.code), failure.message()});
    }
}

}  // namespace aadssh
