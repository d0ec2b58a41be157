// SPDX-License-Identifier: MIT
#include "handler/undo.hpp"

#include "handler/apply.hpp"
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/removal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aadssh {
namespace {

/// Putting things in order gets this long at least, whatever the work has used up. The handler's
/// own limits end 60 s before the agent's (azurelinuxagent/ga/exthandlers.py), which leaves room
/// for it.
constexpr Seconds undo_time{45};
constexpr std::size_t text_limit = 256UL * 1024;

std::string take_back(RunContext& run, const PackageTool& tool, const Before& before) {
    try {
        const auto added = added_since(before.state, run.state);
        std::string left;
        if (!added.packages.empty() || !added.files.empty()) {
            log_info("undo: taking back what this run added");
            left = fmt::format("{}", fmt::join(remove_added(run, tool, added).left, "; "));
        }
        Plan changed{.title = before.files.title, .steps = {}, .notes = {}};
        std::ranges::copy_if(
            before.files.steps, std::back_inserter(changed.steps), [&](const Step& step) {
                const auto& file = std::get<WriteFile>(step);
                return run.world.files.read(file.path, text_limit).text != file.content;
            });
        if (!changed.steps.empty()) {
            apply(run, tool, changed);
        }
        run.store.remove_if_empty(run.state);
        return left;
    } catch (const Failure& failure) {
        return failure.problem;
    }
}

}  // namespace

Before before_plan(const RunContext& run, const Plan& plan) {
    Before before{
        run.state,
        {.title = "Write again what files of this extension said", .steps = {}, .notes = {}}};
    for (const auto& step : plan.steps) {
        const auto* file = std::get_if<WriteFile>(&step);
        if (file == nullptr || run.state.file(file->path) == nullptr) {
            continue;
        }
        if (const auto text = run.world.files.read(file->path, text_limit); text.ok()) {
            before.files.steps.emplace_back(
                WriteFile{.path = file->path, .content = text.text, .mode = file->mode});
        }
    }
    return before;
}

std::string undo(RunContext& run, const PackageTool& tool, const Before& before) {
    const Deadline whole = run.deadline;
    run.world.deadline.emplace(run.world.clock,
                               std::max(undo_time, std::chrono::ceil<Seconds>(whole.left())));
    auto left = take_back(run, tool, before);
    run.world.deadline.emplace(whole);
    return left;
}

}  // namespace aadssh
