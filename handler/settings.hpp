// SPDX-License-Identifier: MIT
#pragma once
#include "handler/environment.hpp"
#include "handler/sys/world.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace aadssh {

/// The public settings; one member per entry of manifest/settings.schema.json.
struct Settings {
    /// repository.signingKeys: 40 upper-case hex digits each.
    std::vector<std::string> signing_keys;
    /// repository.keyUrl: https, or empty.
    std::string key_url;
    /// deadlineSeconds, 10-840; can only lower a command's limit.
    std::optional<std::chrono::seconds> deadline;
    /// repair: whether a set-up that others have damaged is mended by reinstalling the package.
    bool repair = true;
    /// proxy.url in normal form, perhaps with a user name and password; or empty.
    std::string proxy_url;
    /// proxy.bypass, as in the variable no_proxy.
    std::string proxy_bypass;
    /// Full sentences for the log, e.g. protected settings that nothing uses.
    std::vector<std::string> notes;
};

inline constexpr const char* machine_settings_path = "/etc/aadsshlogin/settings.json";

/// The machine-wide file, overlaid key by key (nested keys one by one) with the extension's own
/// public settings of this sequence number. A missing or empty settings file, null, {} and a
/// missing runtimeSettings all mean "none". Throws Failure(bad_settings) naming file and JSON path.
Settings read_settings(const World& world,
                       const HandlerEnvironment& environment,
                       const std::optional<std::string>& sequence);

}  // namespace aadssh
