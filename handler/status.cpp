// SPDX-License-Identifier: MIT
#include "handler/status.hpp"

#include "handler/json.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aadssh {
namespace {

constexpr std::size_t message_limit = 1024;
constexpr std::size_t name_limit = 64;
/// Keeps the whole below 128 KiB, where ga/exthandlers.py parse_ext_status starts to cut, even if
/// every character of every message had to be escaped.
constexpr std::size_t substatus_limit = 32;

std::string_view word(Substatus::Level level) {
    switch (level) {
        case Substatus::Level::success:
            return "success";
        case Substatus::Level::warning:
            return "warning";
        case Substatus::Level::error:
            break;
    }
    return "error";
}

void write_message(JsonWriter& json, const std::string& message) {
    // Both keys in exactly this spelling: parse_ext_status insists on them.
    json.key("formattedMessage").object();
    json.key("lang").value("en-US");
    json.key("message").value(printable(scrub(message), message_limit));
    json.end();
}

void write_substatus(JsonWriter& json, const Substatus& substatus) {
    json.object();
    json.key("name").value(printable(substatus.name, name_limit));
    json.key("status").value(word(substatus.level));
    json.key("code").value(substatus.code);
    write_message(json, substatus.message);
    json.end();
}

}  // namespace

std::string status_json(const Report& report, const std::string& utc) {
    JsonWriter json;
    json.array().object();
    json.key("version").value("1.0");
    json.key("timestampUTC").value(utc);
    json.key("status").object();
    json.key("name").value("AADSSHLoginForLinux");
    json.key("operation").value(printable(report.operation, name_limit));
    json.key("configurationAppliedTime").value(utc);
    json.key("status").value(report.success ? "success" : "error");
    json.key("code").value(report.code);
    write_message(json, report.message);
    json.key("substatus").array();
    for (std::size_t i = 0; i < std::min(report.substatus.size(), substatus_limit); ++i) {
        write_substatus(json, report.substatus[i]);
    }
    json.end();
    json.end().end().end();
    return json.text();
}

namespace {

/// Several blocks: a status with all its checks, and a temporary file beside it.
constexpr std::size_t reserve_size = 64UL * 1024;
constexpr std::size_t block = 4096;

/// The whole of it, or what a full disk has left. Best effort: nothing is lost without it yet.
void keep_reserve(Files& files, const std::string& path) {
    for (std::size_t size = reserve_size; size > 0; size -= block) {
        if (files.reserve(path, size).empty()) {
            return;
        }
    }
}

/// The first of the status files; empty when there is none.
std::string any_status(const Files& files, const std::string& folder) {
    const auto names = files.list(folder);
    const auto found = std::ranges::find_if(
        names, [](const std::string& name) { return name.ends_with(".status"); });
    return found == names.end() ? std::string() : fmt::format("{}/{}", folder, *found);
}

/// Puts the first text that fits into the blocks of a status that is there: the number's own, or
/// one of an earlier number, at which the agent looks no more (ga/exthandlers.py
/// collect_ext_status). That gets its new name afterwards, so that no old verdict passes for a new
/// one.
bool rewrite(Files& files,
             const std::string& folder,
             const std::string& path,
             const std::vector<std::string>& texts) {
    const auto there = files.info(path) ? path : any_status(files, folder);
    const bool written = !there.empty() && std::ranges::any_of(texts, [&](const std::string& text) {
        return files.overwrite(there, text).empty();
    });
    return written && (there == path || files.rename(there, path).empty());
}

}  // namespace

std::string write_status(World& world,
                         const std::string& folder,
                         const std::string& sequence,
                         const Report& report) {
    if (folder.empty()) {
        return "the status folder is unknown";
    }
    const std::string path = fmt::format("{}/{}.status", folder, sequence);
    const std::string reserve = fmt::format("{}/{}", folder, status_reserve);
    const std::string text = status_json(report, world.clock.utc());
    auto& files = world.files;
    const std::string why = files.write(path, text, 0600);
    bool written = why.empty();
    if (!written) {
        files.remove(reserve);
        // What enable wrote first has room for the verdict alone.
        Report verdict = report;
        verdict.substatus.clear();
        written = files.write(path, text, 0600).empty() ||
                  rewrite(files, folder, path, {text, status_json(verdict, world.clock.utc())});
    }
    keep_reserve(files, reserve);
    return written ? std::string() : fmt::format("cannot write {}: {}", path, why);
}

}  // namespace aadssh
