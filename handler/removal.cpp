// SPDX-License-Identifier: MIT
#include "handler/removal.hpp"

#include "handler/apply.hpp"
#include "handler/digest.hpp"
#include "handler/facts.hpp"
#include "handler/log.hpp"
#include "handler/outcome_failure.hpp"
#include "handler/packages.hpp"
#include "installers/openpgp.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <iterator>

namespace aadssh {
namespace {

constexpr std::size_t file_limit = 1024UL * 1024;

bool is_at_microsofts(const SourceEntry& source) {
    return source.enabled && std::ranges::any_of(source.uris, [](const std::string& uri) {
               return uri.find("://packages.microsoft.com/") != std::string::npos;
           });
}

/// Where apt looks for the key of a source that names none (apt-secure(8)).
constexpr std::string_view keys_for_all = "/etc/apt/trusted.gpg.d";

/// What every apt takes from a file there: binary keys, where the user _apt may read them.
std::vector<Fingerprint> keys_in(const World& world, const std::string& path) {
    constexpr unsigned by_all = 0444;
    const auto file = world.files.read(path, file_limit);
    const bool is_read =
        path.ends_with(".gpg") && (file.mode & by_all) == by_all && !file.text.starts_with("---");
    return is_read ? read_key_file(file.text).primary : std::vector<Fingerprint>();
}

/// Whether no other file there holds all the keys of this one.
bool is_only_holder(const World& world, const std::string& path) {
    const auto ours = keys_in(world, path);
    return ours.empty() ||
           std::ranges::none_of(
               world.files.list(std::string(keys_for_all)), [&](const std::string& name) {
                   const auto file = fmt::format("{}/{}", keys_for_all, name);
                   const auto theirs = keys_in(world, file);
                   return file != path && std::ranges::all_of(ours, [&](const Fingerprint& key) {
                              return std::ranges::find(theirs, key) != theirs.end();
                          });
               });
}

/// Other sources that name this file as their key, or that name none and find their key only in it.
std::vector<std::string> users_of(const World& world,
                                  const std::string& path,
                                  const std::vector<SourceEntry>& sources) {
    const bool for_all = path.starts_with(keys_for_all) && is_only_holder(world, path);
    std::vector<std::string> users;
    for (const auto& entry : sources) {
        if (names_key(entry.signed_by, path) ||
            (for_all && entry.signed_by.empty() && is_at_microsofts(entry))) {
            users.push_back(entry.file);
        }
    }
    return users;
}

bool is_microsofts(const std::string& package) {
    return std::ranges::any_of(pinned_keys, [&](const PinnedKey& key) {
        return package == key_package(Fingerprint(key.fingerprint));
    });
}

/// Who else needs one of Microsoft's keys in rpm's database, as far as can be told: a source at the
/// same server.
std::string user_of_key(const std::string& package, const std::vector<SourceEntry>& sources) {
    if (!is_microsofts(package)) {
        return {};
    }
    const auto user = std::ranges::find_if(sources, is_at_microsofts);
    return user == sources.end() ? std::string() : user->file;
}

OwnedFile look_at(World& world,
                  const PackageTool& tool,
                  const FileRecord& record,
                  const std::vector<SourceEntry>& sources) {
    OwnedFile file{.path = record.path};
    const auto found = world.files.read(record.path, file_limit);
    file.present = found.state != FileText::State::absent;
    file.changed =
        file.present && (!found.ok() || std::ranges::find(record.sha256, sha256_hex(found.text)) ==
                                            record.sha256.end());
    if (file.present) {
        file.owning_package = owning_package(world, tool, record.path);
        file.used_by = users_of(world, record.path, sources);
    }
    return file;
}

/// Purges, and says what is still there afterwards whatever the tool said.
void remove_packages(RunContext& run,
                     const PackageTool& tool,
                     const RemovalInputs& inputs,
                     Removed& removed) {
    if (inputs.packages.empty()) {
        return;
    }
    Applied applied;
    std::string why;
    try {
        applied = apply(run, tool, tool.removal_plan({.packages = inputs.packages, .files = {}}));
        why = applied.words;
        removed.code =
            applied.outcome == Outcome::ok ? ExitCode::ok : exit_code_for(applied.outcome);
    } catch (const Failure& failure) {
        why = failure.problem + (failure.cause.empty() ? "" : ": " + failure.cause);
        removed.code = failure.code;
    }
    if (run.state.transaction) {
        removed.left.push_back("the packages " +
                               fmt::format("{} ({})", fmt::join(inputs.packages, ", "), why));
        std::ranges::transform(
            inputs.packages, std::back_inserter(removed.commands), tool.removal_hint);
        return;
    }
    for (const auto& state : ask_packages(run.world, tool, inputs.packages)) {
        if (state.status == PackageState::Status::absent) {
            removed.packages.push_back(state.name);
            run.state.forget_package(state.name);
        } else {
            removed.left.push_back(fmt::format(
                "the package {} ({})", state.name, why.empty() ? "no reason given" : why));
            removed.commands.push_back(tool.removal_hint(state.name));
        }
    }
    run.store.save(run.state);
}

void remove_files(RunContext& run,
                  const PackageTool& tool,
                  const RemovalInputs& inputs,
                  Removed& removed) {
    const auto plan = tool.removal_plan({.packages = {}, .files = inputs.files});
    removed.kept.insert(removed.kept.end(), plan.notes.begin(), plan.notes.end());
    for (const auto& step : plan.steps) {
        const auto applied = apply(run, tool, {.title = plan.title, .steps = {step}, .notes = {}});
        if (applied.outcome != Outcome::ok) {
            removed.left.push_back(fmt::format("{} ({})", applied.purpose, applied.words));
            if (const auto* file = std::get_if<RemoveFile>(&step)) {
                removed.commands.push_back(shell_line({"rm", file->path}));
            }
        }
    }
    if (removed.left.empty()) {
        for (const auto& file : inputs.files) {
            run.state.forget_file(file.path);  // removed, gone already, or no longer ours
        }
        run.store.save(run.state);
    }
}

}  // namespace

Removed remove_added(RunContext& run, const PackageTool& tool, const State& added) {
    Removed removed;
    std::vector<std::string> unread;
    auto sources = read_sources(run.world, tool, unread);
    std::erase_if(sources, [&](const SourceEntry& entry) {
        return is_ours(run.world, tool, entry.file, run.state);
    });
    RemovalInputs inputs;
    for (const auto& state : ask_packages(run.world, tool, added.packages)) {
        if (const auto user = user_of_key(state.name, sources); !user.empty()) {
            removed.kept.push_back(
                fmt::format("The signing key {} stays in the package database because {} needs it.",
                            state.name,
                            user));
            run.state.forget_package(state.name);
        } else if (state.status != PackageState::Status::absent) {
            inputs.packages.push_back(state.name);
        } else {
            run.state.forget_package(state.name);
        }
    }
    remove_packages(run, tool, inputs, removed);
    if (removed.left.empty()) {  // without its source a package that stays would get no updates
        for (const auto& record : added.files) {
            inputs.files.push_back(look_at(run.world, tool, record, sources));
        }
        remove_files(run, tool, inputs, removed);
    }
    if (!removed.left.empty() && removed.code == ExitCode::ok) {
        removed.code = ExitCode::missing_dependency;
    }
    return removed;
}

Removed remove_withdrawn_keys(RunContext& run, const PackageTool& tool) {
    const auto still_named = [&](const std::string& package) {
        return !run.settings.key_url.empty() &&
               std::ranges::any_of(run.settings.signing_keys, [&](const Fingerprint& key) {
                   return package == key_package(key);
               });
    };
    State withdrawn;
    std::ranges::copy_if(run.state.packages,
                         std::back_inserter(withdrawn.packages),
                         [&](const std::string& package) {
                             return package.starts_with("gpg-pubkey-") && !is_microsofts(package) &&
                                    !still_named(package);
                         });
    return withdrawn.packages.empty() ? Removed{} : remove_added(run, tool, withdrawn);
}

State added_since(const State& before, const State& now) {
    State added;
    std::ranges::copy_if(now.packages,
                         std::back_inserter(added.packages),
                         [&](const std::string& name) { return !before.added(name); });
    std::ranges::copy_if(now.files, std::back_inserter(added.files), [&](const FileRecord& record) {
        return before.file(record.path) == nullptr;
    });
    return added;
}

}  // namespace aadssh
