// SPDX-License-Identifier: MIT
#include "installers/file_removal.hpp"
#include "installers/rpm_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

#include <iterator>

namespace aadssh {

namespace {

RunTool erase(const std::string& purpose, const std::vector<std::string>& packages) {
    RunTool step;
    step.purpose = purpose;
    step.kind = ToolRun::transaction;
    step.argv = Words{"rpm", "-e", "--allmatches"} + packages;  // a killed upgrade leaves two
    return step;
}

}  // namespace

Plan rpm_removal_plan(const RemovalInputs& inputs) {
    Plan plan;
    plan.title = "Remove what the extension installed and wrote";
    std::vector<std::string> packages;
    std::vector<std::string> keys;
    std::ranges::partition_copy(
        inputs.packages,
        std::back_inserter(keys),
        std::back_inserter(packages),
        [](const std::string& name) { return name.starts_with("gpg-pubkey-"); });
    if (!packages.empty()) {
        plan.steps.emplace_back(
            erase(fmt::format("remove {}", fmt::join(packages, " and ")), packages));
        plan.notes.emplace_back("Packages that were installed only as dependencies stay.");
    }
    // After the packages and apart from them: one that cannot be removed still needs its key.
    if (!keys.empty()) {
        plan.steps.emplace_back(
            erase(fmt::format("take the signing keys {} out of the package database",
                              fmt::join(keys, " and ")),
                  keys));
    }
    add_file_removal(plan, inputs.files);
    return plan;
}

}  // namespace aadssh
