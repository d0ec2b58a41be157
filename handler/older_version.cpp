// SPDX-License-Identifier: MIT
#include "handler/older_version.hpp"

#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "installers/older_version.hpp"

#include <fmt/format.h>

namespace aadssh {
namespace {

std::string newest_but_one_of(World& world, const PackageTool& tool, const RunTool& step) {
    const auto answer = run_logged(
        world,
        {.argv = step.older_question, .environment = step.environment, .limit = query_limit});
    return answer.ok() ? newest_but_one(tool.published_versions(answer.output)) : std::string();
}

std::string warning(const std::string& package,
                    const std::string& what_was_done,
                    const std::string& refusal) {
    return fmt::format(
        "The newest {} is published but its file is refused, for its signature or its checksum, "
        "so version {}. Nothing was accepted unchecked, and every installation tries the newest "
        "again: {}.",
        package,
        what_was_done,
        refusal);
}

}  // namespace

RunTool in_chosen_version(OlderVersions& older, const RunTool& planned) {
    if (planned.kind == ToolRun::download) {
        older.downloads[planned.package] = planned;
    }
    const auto chosen = older.chosen.find(planned.package);
    return chosen == older.chosen.end() || planned.older_argv.empty()
               ? planned
               : with_version(planned, chosen->second);
}

Outcome try_older(RunContext& run,
                  const PackageTool& tool,
                  OlderVersions& older,
                  const RunTool& step,
                  Outcome refused,
                  Applied& result,
                  const std::function<Outcome(const RunTool&)>& carry_out) {
    if (!refuses_package(refused) || step.older_argv.empty()) {
        return refused;
    }
    const auto words = result.words;
    const auto version = newest_but_one_of(run.world, tool, step);
    if (version.empty()) {
        return refused;
    }
    const auto state = ask_package(run.world, tool, step.package);
    if (state.installed() && compare_versions(state.version, version) >= 0) {
        older.kept.insert(step.package);
        result.warnings.push_back(warning(step.package, state.version + " stays", words));
        return Outcome::ok;
    }
    log_warning(fmt::format("{}: {}; trying version {}", step.purpose, words, version));
    auto outcome = Outcome::ok;
    const auto download = older.downloads.find(step.package);
    if (step.kind == ToolRun::transaction && download != older.downloads.end()) {
        outcome = carry_out(with_version(download->second, version));
    }
    outcome = outcome == Outcome::ok ? carry_out(with_version(step, version)) : outcome;
    if (outcome != Outcome::ok) {
        result.words = words;
        return refused;
    }
    older.chosen[step.package] = version;
    result.warnings.push_back(warning(step.package, version + " was installed instead", words));
    return Outcome::ok;
}

}  // namespace aadssh
