// SPDX-License-Identifier: MIT
#include "handler/outcome_failure.hpp"

#include "handler/cloud_init.hpp"
#include "handler/packages.hpp"
#include "handler/repository_probe.hpp"
#include "handler/resources.hpp"
#include "handler/signature_failure.hpp"
#include "handler/sources_failure.hpp"

#include <fmt/format.h>

namespace aadssh {
namespace {

std::string with_words(const std::string& cause, const std::string& words) {
    if (words.empty() || cause.empty()) {
        return cause + words;
    }
    return cause + "; " + words;
}

/// "https://packages.microsoft.com/ubuntu/24.04/prod, suite noble"
std::string in_words(const Repository& repository) {
    return repository.suite.empty() ? repository.url
                                    : fmt::format("{}, suite {}", repository.url, repository.suite);
}

Failure not_published(RunContext& run,
                      const Support& support,
                      const Repository& repository,
                      const Applied& applied) {
    const auto probe =
        probe_repository(run.world, repository, run.proxies, run.deadline, Look::to_explain);
    const bool no_repository = probe.answer == Probe::Answer::absent;
    if (!applied.hidden.empty()) {
        const auto& tool = *support.row->tool;
        return {ExitCode::missing_dependency,
                Phase::repository,
                fmt::format("{} is published for {}, but this machine's package manager is told to "
                            "pass it over",
                            login_package,
                            support.distribution),
                fmt::format("{} shows {} {} only without excludes and locked versions",
                            tool.name,
                            login_package,
                            applied.hidden),
                fmt::format("take {} out of the places that hide it ({}), then run the extension "
                            "again",
                            login_package,
                            tool.hiding_places)};
    }
    const auto what = applied.too_new.empty()
                          ? std::string(login_package)
                          : fmt::format("{} that works on this release (the newest is {})",
                                        login_package,
                                        applied.too_new);
    return {
        ExitCode::unsupported,
        Phase::repository,
        fmt::format("{} is not published for {}", login_package, support.distribution),
        no_repository
            ? fmt::format("there is no repository {}", in_words(repository))
            : with_words(fmt::format("the repository {} has no {} for the architecture {}",
                                     in_words(repository),
                                     what,
                                     support.architecture),
                         applied.words),
        "use a distribution release that has it, or wait until Microsoft publishes it; every run "
        "of the extension asks again"};
}

/// A download that hangs or crawls, and no time is left to look at the server. A refresh asks this
/// repository alone; what else hangs may be another's.
Failure out_of_time(const Support& support, const Repository& repository, const Applied& applied) {
    const bool is_known = applied.kind == ToolRun::refresh;
    const std::string usual(exit_code_text(ExitCode::repository_unreachable).remedy);
    return {ExitCode::repository_unreachable,
            Phase::repository,
            fmt::format("the time was up before \"{}\" ended", applied.purpose),
            fmt::format("{}; a download from {} ({}){} hangs or is very slow",
                        applied.words,
                        repository.url,
                        support.architecture,
                        is_known ? "" : ", or from another repository of this machine,"),
            is_known
                ? usual
                : fmt::format("on the VM, as root, run: {}; correct the entry of a mirror that "
                              "hangs there; where it is Microsoft's repository, {}",
                              repair_hint(*support.row->tool, Outcome::unmet),
                              usual)};
}

Failure unreachable(RunContext& run,
                    const Support& support,
                    const Repository& repository,
                    const Applied& applied) {
    const auto probe =
        probe_repository(run.world, repository, run.proxies, run.deadline, Look::to_explain);
    const bool we_reach_it = probe.answer == Probe::Answer::there;
    // dnf takes an index that it could not write whole for a bad download.
    if (auto shortage = disk_shortage(run.world, *support.row->tool); shortage && we_reach_it) {
        shortage->problem = fmt::format(
            "the repository {} ({}) can be reached, but there is little free disk space, which may "
            "be why \"{}\" failed",
            repository.url,
            support.architecture,
            applied.purpose);
        shortage->cause = with_words(shortage->cause, applied.words);
        shortage->untouched = true;
        return *shortage;
    }
    const auto other = we_reach_it ? foreign_url(applied.words, repository) : std::string();
    if (!other.empty()) {
        return {ExitCode::repository_unreachable,
                Phase::repository,
                fmt::format("another repository of this machine does not answer as it should, so "
                            "\"{}\" failed, while {} ({}) can be reached",
                            applied.purpose,
                            repository.url,
                            support.architecture),
                applied.words,
                fmt::format("see that this VM reaches {}; where that release has moved to an "
                            "archive, correct its entry; or install the missing packages by hand: "
                            "then no other repository is needed; run the extension again",
                            other)};
    }
    if (we_reach_it) {
        return {ExitCode::repository_unreachable,
                Phase::repository,
                fmt::format("the package manager did not get all that it needs from {} ({}), which "
                            "this program reaches, so \"{}\" failed",
                            repository.url,
                            support.architecture,
                            applied.purpose),
                applied.words,
                "see that no proxy or firewall before this VM refuses, changes or cuts single "
                "files, and that the package manager uses the right proxy; where the server "
                "itself answers 429 or 5xx, wait some minutes; then run the extension again"};
    }
    return {ExitCode::repository_unreachable,
            Phase::repository,
            fmt::format("the package repository {} ({}) cannot be reached, so \"{}\" failed",
                        repository.url,
                        support.architecture,
                        applied.purpose),
            with_words(probe.detail, applied.words),
            probe.remedy};
}

/// A mirror or a cache that is half-way through an update: for minutes, at times for hours
/// (microsoft/linux-package-repositories#48, #93).
Failure out_of_step(const Support& support, const Repository& repository, const Applied& applied) {
    const auto other = foreign_url(applied.words, repository);
    return {
        ExitCode::repository_unreachable,
        Phase::repository,
        fmt::format(
            "{} delivers files that its own index does not list, so \"{}\" failed, also when "
            "it was asked again",
            other.empty()
                ? fmt::format("the repository {} ({})", repository.url, support.architecture)
                : fmt::format("another repository of this machine ({})", other),
            applied.purpose),
        applied.words,
        "run the extension again in half an hour: most often a mirror is just being updated; if "
        "it stays so, empty the cache of the proxy or mirror between this VM and the repository"};
}

Failure out_of_memory(const RunContext& run, const Applied& applied) {
    return {
        ExitCode::missing_dependency,
        Phase::package,
        fmt::format("the step \"{}\" was killed from outside, most likely because the VM ran out "
                    "of memory",
                    applied.purpose),
        with_words(memory_in_words(run.world), applied.words),
        "see whether the kernel's log says so (journalctl -k, dmesg: \"Out of memory\"); use a "
        "larger VM size or add swap (dd if=/dev/zero of=/swap bs=1M count=1024 && chmod 600 /swap "
        "&& mkswap /swap && swapon /swap), then run the extension again"};
}

/// `hint` is a command for this outcome.
std::string remedy_for(Outcome outcome, const std::string& hint) {
    if (outcome == Outcome::no_space) {
        return room_remedy(hint);
    }
    if (outcome == Outcome::unmet) {
        return fmt::format(
            "on the VM, as root, run: {}; enable or correct the repository of this "
            "machine that should hold what is missing, then run the extension again",
            hint);
    }
    return fmt::format(
        "on the VM, as root, run: {}; mend what it names, or what the step itself "
        "said (all of it is in handler.log), then run the extension again",
        hint);
}

}  // namespace

ExitCode exit_code_for(Outcome outcome) {
    switch (outcome) {
        case Outcome::ok:
            return ExitCode::ok;
        case Outcome::locked:
            return ExitCode::package_manager_locked;
        case Outcome::not_published:
            return ExitCode::unsupported;
        case Outcome::network:
        case Outcome::busy:
        case Outcome::mismatch:
            return ExitCode::repository_unreachable;
        case Outcome::signature:
            return ExitCode::signature_refused;
        case Outcome::no_space:
        case Outcome::no_memory:
        case Outcome::unmet:
        case Outcome::certificate:
        case Outcome::interrupted:
        case Outcome::sources:
            return ExitCode::missing_dependency;
        case Outcome::failed:
            break;
    }
    return ExitCode::verification_failed;
}

Failure outcome_failure(RunContext& run,
                        const Support& support,
                        const Repository& repository,
                        const Applied& applied) {
    if (applied.outcome == Outcome::not_published) {
        return not_published(run, support, repository, applied);
    }
    if (applied.outcome == Outcome::mismatch) {
        return out_of_step(support, repository, applied);
    }
    if (applied.timed_out && applied.outcome == Outcome::network) {
        return out_of_time(support, repository, applied);
    }
    if (is_transient(applied.outcome)) {
        return unreachable(run, support, repository, applied);
    }
    if (applied.outcome == Outcome::sources) {
        return sources_failure(run, support, applied);
    }
    if (applied.outcome == Outcome::signature) {
        return signature_failure(run, support, repository, applied.words);
    }
    if (applied.outcome == Outcome::no_memory) {
        return out_of_memory(run, applied);
    }
    const auto hint = repair_hint(*support.row->tool, applied.outcome);
    auto problem = fmt::format("the step \"{}\" failed", applied.purpose);
    if (applied.outcome != Outcome::failed) {
        problem += fmt::format(": {}", outcome_in_words(applied.outcome));
    }
    const auto clause =
        applied.outcome == Outcome::locked ? cloud_init_clause(run.world.files) : std::string();
    return {exit_code_for(applied.outcome),
            Phase::package,
            problem,
            applied.words + clause,
            remedy_for(applied.outcome, hint)};
}

}  // namespace aadssh
