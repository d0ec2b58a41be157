// SPDX-License-Identifier: MIT
#include "handler/outcome_failure.hpp"

#include "handler/packages.hpp"
#include "handler/repository_probe.hpp"
#include "handler/signature_failure.hpp"

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
    const auto probe = probe_repository(run.world, repository, run.proxies, run.deadline);
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
    return {
        ExitCode::unsupported,
        Phase::repository,
        fmt::format("{} is not published for {}", login_package, support.distribution),
        no_repository
            ? fmt::format("there is no repository {}", in_words(repository))
            : with_words(fmt::format("the repository {} has no {} for the architecture {}",
                                     in_words(repository),
                                     login_package,
                                     support.architecture),
                         applied.words),
        "use a distribution release that has it, or wait until Microsoft publishes it; every run "
        "of the extension asks again"};
}

Failure unreachable(RunContext& run,
                    const Support& support,
                    const Repository& repository,
                    const Applied& applied) {
    const auto probe = probe_repository(run.world, repository, run.proxies, run.deadline);
    const bool we_reach_it = probe.answer == Probe::Answer::there;
    return {ExitCode::repository_unreachable,
            Phase::repository,
            fmt::format("the package repository {} ({}) cannot be reached, so \"{}\" failed",
                        repository.url,
                        support.architecture,
                        applied.purpose),
            we_reach_it ? applied.words : with_words(probe.detail, applied.words),
            probe.remedy};
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
            return ExitCode::repository_unreachable;
        case Outcome::signature:
            return ExitCode::signature_refused;
        case Outcome::no_space:
        case Outcome::unmet:
        case Outcome::certificate:
        case Outcome::interrupted:
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
    if (applied.outcome == Outcome::network) {
        return unreachable(run, support, repository, applied);
    }
    if (applied.outcome == Outcome::signature) {
        return signature_failure(run, support, repository, applied.words);
    }
    const auto hint = support.row->tool->repair_hint(applied.outcome);
    auto problem = fmt::format("the step \"{}\" failed", applied.purpose);
    if (applied.outcome != Outcome::failed) {
        problem += fmt::format(": {}", outcome_name(applied.outcome));
    }
    return {exit_code_for(applied.outcome), Phase::package, problem, applied.words, hint};
}

}  // namespace aadssh
