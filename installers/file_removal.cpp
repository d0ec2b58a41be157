// SPDX-License-Identifier: MIT
#include "installers/file_removal.hpp"

#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

bool is_source(const OwnedFile& file) {
    constexpr std::string_view suffixes[] = {".list", ".sources", ".repo"};
    return std::ranges::any_of(
        suffixes, [&](std::string_view suffix) { return file.path.ends_with(suffix); });
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

}  // namespace

void add_file_removal(Plan& plan, std::vector<OwnedFile> files) {
    // Sources first: one without its key breaks every refresh.
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
}

}  // namespace aadssh
