// SPDX-License-Identifier: MIT
#include "handler/undo.hpp"

#include "handler/apply.hpp"
#include "handler/failure.hpp"
#include "handler/keyring.hpp"
#include "handler/log.hpp"
#include "handler/removal.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aadssh {
namespace {

/// The handler's own limits end 60 s before the agent's (azurelinuxagent/ga/exthandlers.py), which
/// leaves room for it.
constexpr Seconds own_time{45};
constexpr std::size_t text_limit = 256UL * 1024;

std::string take_back(RunContext& run, const PackageTool& tool, const Before& before) {
    try {
        const auto added = added_since(before.state, run.state);
        std::string left;
        if (!added.packages.empty() || !added.files.empty()) {
            log_info("undo: taking back what this run added");
            const auto removed = remove_added(run, tool, added);
            left = fmt::format("{}", fmt::join(removed.left, "; "));
            if (!removed.commands.empty()) {
                left += fmt::format(" (remove it, as root, with: {})",
                                    fmt::join(removed.commands, "; "));
            }
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

/// The file of ours that a step writes anew; nullptr: none. A keyring that holds a key which the
/// settings have withdrawn is none: that one must not come back.
const std::string* rewritten(const RunContext& run, const Step& step) {
    const std::string* path = nullptr;
    if (const auto* file = std::get_if<WriteFile>(&step)) {
        path = &file->path;
    } else if (const auto* keyring = std::get_if<WriteKeyring>(&step);
               keyring != nullptr && !holds_withdrawn_key(run.world, *keyring)) {
        path = &keyring->path;
    }
    return path != nullptr && run.state.file(*path) != nullptr ? path : nullptr;
}

}  // namespace

OwnTime::OwnTime(RunContext& run) : run_(run), whole_(run.deadline) {
    const auto now = run.world.clock.now();
    if (!run.order_by) {
        run.order_by = now + whole_.left() + own_time;
    }
    const auto own = std::min<std::chrono::nanoseconds>(own_time, *run.order_by - now);
    run.world.deadline.emplace(
        run.world.clock,
        std::max(std::chrono::ceil<Seconds>(own), std::chrono::ceil<Seconds>(whole_.left())));
}

OwnTime::~OwnTime() {
    run_.world.deadline.emplace(whole_);
}

Before before_plan(const RunContext& run, const Plan& plan) {
    Before before{
        run.state,
        {.title = "Write again what files of this extension said", .steps = {}, .notes = {}}};
    for (const auto& step : plan.steps) {
        const auto* path = rewritten(run, step);
        if (path == nullptr) {
            continue;
        }
        if (const auto file = run.world.files.read(*path, text_limit); file.ok()) {
            before.files.steps.emplace_back(WriteFile{.path = *path, .content = file.text});
        }
    }
    return before;
}

std::string undo(RunContext& run, const PackageTool& tool, const Before& before) {
    const OwnTime time(run);
    return take_back(run, tool, before);
}

}  // namespace aadssh
