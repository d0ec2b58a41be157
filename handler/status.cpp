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
    if (why.empty()) {
        files.reserve(reserve, reserve_size);  // best effort: nothing is lost without it yet
        return {};
    }
    files.remove(reserve);
    if (files.write(path, text, 0600).empty() || files.overwrite(path, text).empty()) {
        return {};
    }
    // What enable wrote first has room for the verdict alone.
    Report verdict = report;
    verdict.substatus.clear();
    return files.overwrite(path, status_json(verdict, world.clock.utc())).empty()
               ? std::string()
               : fmt::format("cannot write {}: {}", path, why);
}

}  // namespace aadssh
