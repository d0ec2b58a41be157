// SPDX-License-Identifier: MIT
// The steps that take back what the extension installed and wrote.
#include "installers/apt_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

bool is_source(const OwnedFile& file) {
    return file.path.ends_with(".list") || file.path.ends_with(".sources");
}

/// Why the file has to stay, as a full sentence; empty when it can go.
std::string reason_to_stay(const OwnedFile& file) {
    if (!file.owning_package.empty()) {
        return fmt::format(
            "{} stays because it belongs to the package {} now.", file.path, file.owning_package);
    }
    if (file.changed) {
        return fmt::format("{} stays because it was changed after the extension wrote it.",
                           file.path);
    }
    if (!file.used_by.empty()) {
        return fmt::format(
            "{} stays because it is used by {}.", file.path, fmt::join(file.used_by, " and "));
    }
    return {};
}

/// dpkg instead of apt-get: it reads no sources, which may be broken by now, obeys no hold, takes
/// packages that were left half installed, and refuses rather than removes what somebody made
/// depend on ours.
RunTool purge(const std::vector<std::string>& packages) {
    RunTool step;
    step.purpose = fmt::format("purge {}", fmt::join(packages, " and "));
    step.kind = ToolRun::transaction;
    step.argv = {"dpkg", "--force-remove-reinstreq", "--purge"};
    step.environment = apt_silence();
    step.argv.insert(step.argv.end(), packages.begin(), packages.end());
    return step;
}

}  // namespace

Plan apt_removal_plan(const RemovalInputs& inputs) {
    Plan plan;
    plan.title = "Remove what the extension installed and wrote";
    if (!inputs.packages.empty()) {
        plan.steps.emplace_back(purge(inputs.packages));
        plan.notes.emplace_back(
            "Packages that were installed only as dependencies stay; apt-get --simulate autoremove "
            "lists them.");
    }
    // Sources first: one without its key breaks every refresh.
    std::vector<OwnedFile> files = inputs.files;
    std::stable_partition(files.begin(), files.end(), is_source);
    std::string source_that_stays;
    for (const OwnedFile& file : files) {
        std::string reason = reason_to_stay(file);
        if (reason.empty() && !source_that_stays.empty() && !is_source(file)) {
            reason = fmt::format(
                "{} stays because {} stays, which needs it.", file.path, source_that_stays);
        }
        if (!file.present) {
            continue;
        }
        if (reason.empty()) {
            plan.steps.emplace_back(RemoveFile{file.path});
        } else {
            plan.notes.push_back(reason);
            source_that_stays = is_source(file) ? file.path : source_that_stays;
        }
    }
    if (plan.steps.empty() && plan.notes.empty()) {
        plan.notes.emplace_back("Nothing that the extension installed or wrote is left.");
    }
    return plan;
}

}  // namespace aadssh
