// SPDX-License-Identifier: MIT
// The steps that take back what the extension installed and wrote.
#include "installers/apt_parts.hpp"
#include "installers/file_removal.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

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
    add_file_removal(plan, inputs.files);
    return plan;
}

}  // namespace aadssh
