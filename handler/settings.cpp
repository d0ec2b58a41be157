// SPDX-License-Identifier: MIT
#include "handler/settings.hpp"

#include "handler/failure.hpp"
#include "handler/json.hpp"
#include "handler/proxy.hpp"
#include "settings_schema.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

namespace aadssh {
namespace {

constexpr std::size_t size_limit = 1024UL * 1024;
/// In the file that ga/exthandlers.py update_settings writes.
constexpr const char* public_part = "/runtimeSettings/0/handlerSettings/publicSettings";
constexpr const char* protected_part = "/runtimeSettings/0/handlerSettings/protectedSettings";

/// Where settings come from and how a person corrects them.
struct Source {
    std::string path;
    std::string kind;  ///< "public setting"
    std::string remedy;
};

Source own_source(const std::string& path) {
    return {path,
            "public setting",
            "correct it with az vm extension set --settings and run the extension again"};
}

Source machine_source() {
    return {machine_settings_path,
            "machine-wide setting",
            fmt::format("correct {} and run the extension again", machine_settings_path)};
}

[[noreturn]] void refuse(std::string problem, std::string cause, std::string remedy) {
    throw Failure(ExitCode::bad_settings,
                  Phase::settings,
                  std::move(problem),
                  std::move(cause),
                  std::move(remedy));
}

bool blank(const std::string& text) {
    return std::ranges::all_of(
        text, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
}

/// The file's JSON; nothing when there is no file or nothing in it.
std::optional<Json> parse(const FileText& file, const Source& source) {
    if (file.state == FileText::State::absent) {
        return {};
    }
    if (!file.ok()) {
        refuse(fmt::format("{} cannot be read", source.path), file.why, source.remedy);
    }
    if (blank(file.text)) {
        return {};
    }
    std::string error;
    auto json = Json::parse(file.text, error);
    if (!json) {
        refuse(fmt::format("{} cannot be used", source.path), error, source.remedy);
    }
    return json;
}

std::string upper(std::string text) {
    std::ranges::transform(text, text.begin(), [](char c) {
        return 'a' <= c && c <= 'f' ? static_cast<char>(c - 'a' + 'A') : c;
    });
    return text;
}

/// Never quotes a value that may hold a proxy's password: outside a well-formed URL no scrubber
/// knows it.
std::string rule_of(const SchemaError& error) {
    const bool may_be_secret = error.path == "/proxy" || error.path == "/proxy/url";
    return may_be_secret ? R"(it must be like {"url": "http://proxy.example.com:3128"}; the value )"
                           "is not shown, because it may hold a password"
                         : error.rule;
}

void overlay_proxy(const Json& json,
                   const std::string& pointer,
                   const Source& source,
                   Settings& settings) {
    if (const auto url = json.string(pointer + "/url")) {
        settings.proxy_url = normal_proxy(*url);
        if (settings.proxy_url.empty()) {
            refuse(fmt::format("the {} /proxy/url is not valid", source.kind),
                   fmt::format("{}; read from {}", rule_of({"/proxy/url", {}}), source.path),
                   source.remedy);
        }
    }
    if (const auto hosts = json.strings(pointer + "/bypass")) {
        settings.proxy_bypass = fmt::format("{}", fmt::join(*hosts, ","));
    }
}

/// What the part below `pointer` says goes over what `settings` says already, key by key.
void overlay(const Json& json,
             const std::string& pointer,
             const Source& source,
             Settings& settings) {
    if (json.is_null_or_absent(pointer)) {
        return;
    }
    static const JsonSchema schema(settings_schema_text);
    if (const auto error = json.schema_error(pointer, schema)) {
        const std::string what =
            error->path.empty() ? fmt::format("the {}s are not valid", source.kind)
                                : fmt::format("the {} {} is not valid", source.kind, error->path);
        refuse(what, fmt::format("{}; read from {}", rule_of(*error), source.path), source.remedy);
    }
    if (const auto keys = json.strings(pointer + "/repository/signingKeys")) {
        settings.signing_keys.clear();
        std::ranges::transform(*keys, std::back_inserter(settings.signing_keys), upper);
    }
    if (const auto url = json.string(pointer + "/repository/keyUrl")) {
        settings.key_url = *url;
    }
    if (const auto repair = json.boolean(pointer + "/repair")) {
        settings.repair = *repair;
    }
    if (const auto seconds = json.integer(pointer + "/deadlineSeconds")) {
        settings.deadline = std::chrono::seconds(*seconds);
    }
    overlay_proxy(json, pointer + "/proxy", source, settings);
}

void overlay_machine_file(const World& world, Settings& settings) {
    if (!world.files.info(machine_settings_path)) {
        return;  // no file that would have to be trusted
    }
    const FileText file = world.files.read_trusted(machine_settings_path, size_limit);
    if (file.state == FileText::State::untrusted) {
        refuse(
            fmt::format("{} cannot be trusted", machine_settings_path),
            file.why,
            fmt::format("where a link is named, put a real file or folder in its place; else, on "
                        "the VM, as root, run: chown root:root {0} && chmod go-w {0}, the same "
                        "for every folder above it; then run the extension again",
                        machine_settings_path));
    }
    if (const auto json = parse(file, machine_source())) {
        overlay(*json, "", machine_source(), settings);
    }
}

/// Every part may be missing or null; of another type it is an error, or a setting would be lost in
/// silence.
void check_envelope(const Json& json, const Source& source) {
    const auto complain = [&](const char* pointer, const char* type) {
        refuse(fmt::format("{} cannot be used", source.path),
               fmt::format("{} is no {}", *pointer ? pointer : "the whole", type),
               source.remedy);
    };
    const auto object_or_nothing = [&](const char* pointer) {
        if (!json.is_null_or_absent(pointer) && !json.is_object(pointer)) {
            complain(pointer, "object");
        }
    };
    object_or_nothing("");
    if (!json.is_null_or_absent("/runtimeSettings") && !json.size("/runtimeSettings")) {
        complain("/runtimeSettings", "array");
    }
    object_or_nothing("/runtimeSettings/0");
    object_or_nothing("/runtimeSettings/0/handlerSettings");
}

void overlay_own_file(const World& world, const std::string& path, Settings& settings) {
    const Source source = own_source(path);
    const auto json = parse(world.files.read(path, size_limit), source);
    if (!json) {
        return;
    }
    check_envelope(*json, source);
    overlay(*json, public_part, source, settings);
    if (!json->is_null_or_absent(protected_part) && json->string(protected_part) != "") {
        settings.notes.emplace_back(
            "Protected settings were given; this extension has none and does not read them.");
    }
}

}  // namespace

Settings read_settings(const World& world,
                       const HandlerEnvironment& environment,
                       const std::optional<std::string>& sequence) {
    Settings settings;
    overlay_machine_file(world, settings);
    if (sequence && !environment.config_folder.empty()) {
        overlay_own_file(
            world, fmt::format("{}/{}.settings", environment.config_folder, *sequence), settings);
    }
    // A key is accepted by its fingerprint only, so without one the address could never be of use.
    if (!settings.key_url.empty() && settings.signing_keys.empty()) {
        refuse("the setting /repository/keyUrl is useless without /repository/signingKeys",
               "a downloaded key is accepted only if its fingerprint is listed there",
               "add the fingerprints to /repository/signingKeys, or remove /repository/keyUrl, and "
               "run the extension again");
    }
    if (settings.proxy_url.empty() && !settings.proxy_bypass.empty()) {
        refuse("the setting /proxy/bypass is useless without /proxy/url",
               "it lists hosts that are reached without that proxy",
               "add the proxy's address as /proxy/url, or remove /proxy/bypass, and run the "
               "extension again");
    }
    return settings;
}

}  // namespace aadssh
