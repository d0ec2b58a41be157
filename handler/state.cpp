// SPDX-License-Identifier: MIT
#include "handler/state.hpp"

#include "handler/failure.hpp"
#include "handler/json.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aadssh {
namespace {

constexpr std::size_t state_limit = 1024UL * 1024;

std::string state_path() {
    return std::string(state_folder) + "/state.json";
}

bool known(const std::string& key) {
    return key == "schema" || key == "packages" || key == "dependencies" || key == "files" ||
           key == "transaction" || key == "upgrade";
}

/// As RFC 6901 writes a key in a pointer.
std::string escaped(const std::string& key) {
    std::string text;
    for (const char c : key) {
        text += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    return text;
}

/// A key that is absent is empty; one of a wrong type means the file is damaged.
std::vector<std::string> words(const Json& json, const std::string& pointer, bool& damaged) {
    if (json.is_null_or_absent(pointer)) {
        return {};
    }
    auto found = json.strings(pointer);
    damaged = damaged || !found;
    return found.value_or(std::vector<std::string>{});
}

std::vector<FileRecord> read_files(const Json& json, bool& damaged) {
    std::vector<FileRecord> files;
    if (json.is_null_or_absent("/files")) {
        return files;
    }
    const auto count = json.size("/files");
    damaged = damaged || !count;
    for (std::size_t i = 0; i < count.value_or(0); ++i) {
        const std::string at = fmt::format("/files/{}", i);
        const auto path = json.string(at + "/path");
        if (!path || !path->starts_with('/')) {
            damaged = true;
            continue;
        }
        files.push_back({*path, words(json, at + "/sha256", damaged)});
    }
    return files;
}

std::optional<TransactionRecord> read_transaction(const Json& json, bool& damaged) {
    if (json.is_null_or_absent("/transaction")) {
        return std::nullopt;
    }
    const auto purpose = json.string("/transaction/purpose");
    const auto pid = json.integer("/transaction/pid");
    const auto start = json.integer("/transaction/startTime");
    const auto boot = json.string("/transaction/bootId");
    auto before = words(json, "/transaction/installedBefore", damaged);
    if (!purpose || !pid || !start || !boot) {
        damaged = true;
        return std::nullopt;
    }
    return TransactionRecord{*purpose,
                             {static_cast<pid_t>(*pid), static_cast<std::uint64_t>(*start)},
                             *boot,
                             std::move(before)};
}

std::optional<UpgradeRecord> read_upgrade(const Json& json, bool& damaged) {
    if (json.is_null_or_absent("/upgrade")) {
        return std::nullopt;
    }
    const auto from = json.string("/upgrade/from");
    const auto to = json.string("/upgrade/to");
    if (!from || !to) {
        damaged = true;
        return std::nullopt;
    }
    return UpgradeRecord{*from, *to};
}

/// Nothing when any part is not what we would have written.
std::optional<State> read_state(const Json& json) {
    bool damaged = !json.is_object("");
    State state;
    state.packages = words(json, "/packages", damaged);
    state.dependencies = words(json, "/dependencies", damaged);
    state.files = read_files(json, damaged);
    state.transaction = read_transaction(json, damaged);
    state.upgrade = read_upgrade(json, damaged);
    return damaged ? std::nullopt : std::optional(state);
}

void write_words(JsonWriter& writer, std::string_view key, const std::vector<std::string>& values) {
    writer.key(key).array();
    for (const auto& value : values) {
        writer.value(value);
    }
    writer.end();
}

void write_transaction(JsonWriter& writer, const TransactionRecord& transaction) {
    writer.key("transaction").object();
    writer.key("purpose").value(transaction.purpose);
    writer.key("pid").value(static_cast<std::int64_t>(transaction.process.pid));
    writer.key("startTime").value(static_cast<std::int64_t>(transaction.process.start_time));
    writer.key("bootId").value(transaction.boot_id);
    write_words(writer, "installedBefore", transaction.installed_before);
    writer.end();
}

}  // namespace

bool State::empty() const {
    return packages.empty() && dependencies.empty() && files.empty() && !transaction && !upgrade;
}

bool State::added(const std::string& package) const {
    return std::ranges::find(packages, package) != packages.end();
}

const FileRecord* State::file(const std::string& path) const {
    const auto found = std::ranges::find(files, path, &FileRecord::path);
    return found == files.end() ? nullptr : &*found;
}

void State::record_package(const std::string& package) {
    if (!added(package)) {
        packages.push_back(package);
    }
}

void State::record_file(const std::string& path, const std::vector<std::string>& digests) {
    forget_file(path);
    files.push_back({path, digests});
}

void State::forget_package(const std::string& package) {
    std::erase(packages, package);
}

void State::forget_file(const std::string& path) {
    std::erase_if(files, [&](const FileRecord& record) { return record.path == path; });
}

State StateStore::load(std::string& warning) {
    const auto file = world_.files.read(state_path(), state_limit);
    if (file.state == FileText::State::absent) {
        return {};
    }
    std::string error = file.why;
    const auto json = file.ok() ? Json::parse(file.text, error) : std::nullopt;
    const auto state = json ? read_state(*json) : std::nullopt;
    if (!state) {
        // A record we cannot trust must not decide what is removed; without one, everything stays.
        const std::string aside = state_path() + ".damaged";
        const auto failed = world_.files.rename(state_path(), aside);
        warning = fmt::format(
            "The record of earlier runs, {}, is damaged{} and was {}; packages and files of "
            "earlier runs will be left in place "
            "at removal.",
            state_path(),
            error.empty() ? "" : " (" + error + ")",
            failed.empty() ? "set aside as " + aside : "left there (" + failed + ")");
        return {};
    }
    schema_ = std::max<std::int64_t>(1, json->integer("/schema").value_or(1));
    for (const auto& key : json->keys("")) {
        if (!known(key)) {
            unknown_.emplace_back(key, json->text("/" + escaped(key)));
        }
    }
    return *state;
}

State StateStore::peek() const {
    std::string error;
    const auto json = Json::parse(world_.files.read(state_path(), state_limit).text, error);
    return json ? read_state(*json).value_or(State{}) : State{};
}

void StateStore::save(const State& state) {
    JsonWriter writer;
    writer.object().key("schema").value(schema_);
    write_words(writer, "packages", state.packages);
    write_words(writer, "dependencies", state.dependencies);
    writer.key("files").array();
    for (const auto& record : state.files) {
        writer.object().key("path").value(record.path);
        write_words(writer, "sha256", record.sha256);
        writer.end();
    }
    writer.end();
    if (state.transaction) {
        write_transaction(writer, *state.transaction);
    }
    if (state.upgrade) {
        writer.key("upgrade").object();
        writer.key("from").value(state.upgrade->from);
        writer.key("to").value(state.upgrade->to);
        writer.end();
    }
    for (const auto& [key, json] : unknown_) {
        writer.key(key).raw(json);
    }
    writer.end();
    auto error = world_.files.make_folder(state_folder, 0700);
    if (error.empty()) {
        error = world_.files.write(state_path(), writer.text(), 0600);
    }
    if (!error.empty()) {
        throw Failure(ExitCode::missing_dependency,
                      Phase::start,
                      fmt::format("the handler cannot keep its record in {}, so it changes nothing",
                                  state_folder),
                      error,
                      fmt::format("make {} writable for root and see that its disk is not full (df "
                                  "-h {}), then run the "
                                  "extension again",
                                  state_folder,
                                  "/var/lib"));
    }
}

std::string StateStore::remove_or_keep_damaged() {
    const auto aside = state_path() + ".damaged";
    if (world_.files.info(aside)) {
        world_.files.remove(state_path());
        return fmt::format("The damaged record {} stays, because what it named may still be here.",
                           aside);
    }
    const auto error = world_.files.remove_tree(state_folder);
    return error.empty() ? error : fmt::format("The folder {} stays: {}.", state_folder, error);
}

void StateStore::remove_if_empty(const State& state) {
    const auto names = world_.files.list(state_folder);
    const bool only_ours = std::ranges::all_of(names, [](const std::string& name) {
        return name == "state.json" || name == "transaction.log";
    });
    if (state.empty() && unknown_.empty() && only_ours) {
        world_.files.remove_tree(state_folder);
    }
}

}  // namespace aadssh
