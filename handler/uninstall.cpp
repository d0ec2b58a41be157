// SPDX-License-Identifier: MIT
#include "handler/uninstall.hpp"

#include "handler/extension_folders.hpp"
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/removal.hpp"
#include "handler/transaction.hpp"
#include "handler/update_marker.hpp"
#include "installers/catalogue.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>
#include <set>

namespace aadssh {
namespace {

/// Where this extension may have written a source or a keyring with this tool.
std::set<std::string> own_paths(const PackageTool& tool) {
    std::set<std::string> paths;
    for (const auto& row : catalogue()) {
        for (const auto file : {row.tool->own_source_file, row.keyring}) {
            if (row.tool == &tool && !file.empty()) {
                paths.emplace(file);
            }
        }
    }
    return paths;
}

/// Full sentences on what stays although the extension goes.
std::vector<std::string> what_stays(RunContext& run, const PackageTool& tool, const State& record) {
    std::vector<std::string> stays;
    for (const auto& state :
         ask_packages(run.world, tool, {login_package, "aadsshlogin-selinux"})) {
        if (state.installed() && !record.added(state.name)) {
            stays.push_back(
                fmt::format("{} {} stays: this extension has no record of having installed it.",
                            state.name,
                            state.version));
        }
    }
    for (const auto& path : own_paths(tool)) {
        if (record.file(path) == nullptr && run.world.files.info(path) &&
            owning_package(run.world, tool, path).empty()) {
            stays.push_back(path + " stays: this extension has no record of having written it.");
        }
    }
    if (!record.dependencies.empty()) {
        stays.push_back(
            fmt::format("Dependencies stay: {}.", fmt::join(record.dependencies, ", ")));
    }
    return stays;
}

/// What we added serves another extension, too; without its source the package would get no
/// updates. The record of it stays, too.
std::string leave_to(RunContext& run, const std::vector<std::string>& others) {
    std::vector<std::string> shared = run.state.packages;
    std::ranges::transform(run.state.files, std::back_inserter(shared), &FileRecord::path);
    std::string message = fmt::format(
        "Nothing was removed, because another extension on this VM "
        "uses the same package: {}.",
        fmt::join(others, ", "));
    if (!shared.empty()) {
        message += fmt::format(" These stay with it: {}.", fmt::join(shared, ", "));
    }
    // The other one may be this very program under another publisher, with the same record.
    return message;
}

std::string remove_all(RunContext& run) {
    await_earlier_transaction(run);
    const auto* tool = machine_tool(run.world);
    if (tool == nullptr) {
        throw Failure(ExitCode::missing_dependency,
                      Phase::removal,
                      "no package manager that this extension knows is on this machine, so nothing "
                      "was removed",
                      {},
                      "remove the package aadsshlogin by hand");
    }
    if (!tool->scratch.empty()) {
        run.world.files.remove_tree(std::string(tool->scratch));
    }
    if (const auto others = twins(run.world, run.environment); !others.empty()) {
        return leave_to(run, others);
    }
    run.state.upgrade.reset();  // what is removed is not put back later
    const State record = run.state;
    const auto removed = remove_added(run, *tool, record);
    auto stays = what_stays(run, *tool, record);
    stays.insert(stays.begin(), removed.kept.begin(), removed.kept.end());
    for (const auto& sentence : stays) {
        log_info(sentence);
    }
    if (!removed.left.empty()) {
        throw Failure(removed.code,
                      Phase::removal,
                      fmt::format("could not be removed: {}", fmt::join(removed.left, "; ")),
                      {},
                      fmt::format("on the VM, as root: {}", fmt::join(removed.commands, "; ")));
    }
    if (const auto error = run.store.remove_or_keep_damaged(); !error.empty()) {
        stays.push_back(error);
    }
    return fmt::format("{}{}{}",
                       removed.packages.empty()
                           ? "No package was removed."
                           : fmt::format("Removed: {}.", fmt::join(removed.packages, ", ")),
                       stays.empty() ? "" : " ",
                       fmt::join(stays, " "));
}

}  // namespace

std::string leave(RunContext& run) {
    if (update_marker_holds(run.world, run.environment.extension_version)) {
        remove_update_marker(run.world);
        return "This removal is part of an update: packages, repository and settings stay for the "
               "next version.";
    }
    remove_update_marker(run.world);
    try {
        return remove_all(run);
    } catch (Failure& failure) {
        // The agent swallows this failure and deletes our folder: this line is the last that
        // anybody reads of us.
        std::vector<std::string> on_record = run.state.packages;
        std::ranges::transform(run.state.files, std::back_inserter(on_record), &FileRecord::path);
        if (!on_record.empty()) {
            failure.cause += fmt::format("{}not removed yet: {}",
                                         failure.cause.empty() ? "" : "; ",
                                         fmt::join(on_record, ", "));
        }
        throw;
    }
}

}  // namespace aadssh
