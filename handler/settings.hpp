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
    std::vector<std::string>
        signing_keys;     ///< repository.signingKeys: 40 upper-case hex digits each
    std::string key_url;  ///< repository.keyUrl: https, or empty
    std::optional<std::chrono::seconds>
        deadline;  ///< deadlineSeconds, 10-840; can only lower a command's limit
    std::vector<std::string>
        notes;  ///< full sentences for the log, e.g. protected settings that nothing uses
};

inline constexpr const char* machine_settings_path = "/etc/aadsshlogin/settings.json";

/// The machine-wide file, overlaid key by key (nested keys one by one) with the extension's own
/// public settings of this sequence number. A missing or empty settings file, null, {} and a
/// missing runtimeSettings all mean "none". Throws Failure(bad_settings) naming file and JSON path.
Settings read_settings(const World& world,
                       const HandlerEnvironment& environment,
                       const std::optional<std::string>& sequence);

}  // namespace aadssh
