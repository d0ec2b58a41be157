// SPDX-License-Identifier: MIT
// The extension's own settings file and the machine-wide one, through the schema.
#include "handler/failure.hpp"
#include "handler/json.hpp"
#include "handler/proxy.hpp"
#include "handler/settings.hpp"
#include "installers/text.hpp"
#include "tests/fakes/world.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <optional>

namespace aadssh {
namespace {

constexpr const char* own_path = "/config/0.settings";

/// Settings that a file gives; nothing when they are refused.
std::optional<Settings> read_as(const char* path, std::string_view text) {
    static FakeWorld fake;
    static const World world = fake.world();
    HandlerEnvironment environment;
    environment.config_folder = "/config";
    fake.files.add(path, "");
    fake.files.answers = {{path, {FileText::State::read, std::string(text), {}}}};
    try {
        return read_settings(world, environment, "0");
    } catch (const Failure& failure) {
        must(failure.code == ExitCode::bad_settings, "settings are refused as settings");
        must_be_showable(failure.message(), 1024);
        return std::nullopt;
    }
}

std::string rewritten(const Settings& settings) {
    JsonWriter writer;
    writer.object().key("repository").object().key("signingKeys").array();
    for (const std::string& key : settings.signing_keys) {
        writer.value(key);
    }
    writer.end();
    if (!settings.key_url.empty()) {
        writer.key("keyUrl").value(settings.key_url);
    }
    writer.end();
    if (!settings.proxy_url.empty()) {
        writer.key("proxy").object().key("url").value(settings.proxy_url);
        writer.key("bypass").array();
        for (const std::string_view host : split(settings.proxy_bypass, ',')) {
            if (!host.empty()) {
                writer.value(host);
            }
        }
        writer.end().end();
    }
    writer.key("repair").value(settings.repair);
    if (settings.deadline) {
        writer.key("deadlineSeconds").value(static_cast<std::int64_t>(settings.deadline->count()));
    }
    writer.end();
    return writer.text();
}

void check(const Settings& settings) {
    must(settings.signing_keys.size() <= 16, "there are at most 16 keys");
    for (const std::string& key : settings.signing_keys) {
        must(key.size() == 40 && key.find_first_not_of("0123456789ABCDEF") == std::string::npos,
             "a fingerprint is 40 upper-case digits");
    }
    must(settings.key_url.empty() ||
             (settings.key_url.starts_with("https://") && settings.key_url.size() <= 2048 &&
              std::ranges::all_of(settings.key_url, [](char c) { return '!' <= c && c <= '~'; })),
         "a key's address is https and printable");
    must(settings.proxy_url.empty() || settings.proxy_url == normal_proxy(settings.proxy_url),
         "a proxy is in normal form");
    must(settings.proxy_bypass.empty() || !settings.proxy_url.empty(),
         "hosts bypass a proxy that there is");
    must(!settings.deadline ||
             (settings.deadline->count() >= 10 && settings.deadline->count() <= 840),
         "the deadline is within its limits");
    const auto again = read_as(machine_settings_path, rewritten(settings));
    must(again && again->signing_keys == settings.signing_keys &&
             again->key_url == settings.key_url && again->deadline == settings.deadline &&
             again->proxy_url == settings.proxy_url &&
             again->proxy_bypass == settings.proxy_bypass && again->repair == settings.repair,
         "settings read the same after they were written");
}

}  // namespace

void try_input(std::string_view input) {
    for (const char* path : {own_path, machine_settings_path}) {
        if (const auto settings = read_as(path, input)) {
            check(*settings);
        }
    }
}

}  // namespace aadssh
