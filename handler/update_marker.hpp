// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <string>

namespace aadssh {

/// The agent runs the new version's `update` and then the old version's `uninstall`, which it gives
/// no hint that an update is under way (WALinuxAgent ga/exthandlers.py,
/// ExtHandlersHandler._update_extension_handler_and_return_if_failed). So a successful `update`
/// leaves a marker for exactly that one `uninstall`.
///
/// The file has a format that never changes, because older and newer versions of this program read
/// it:
///     aadsshlogin-handler update 1
///     leaving <version>
///     boot <boot id>
///     uptime <seconds since boot>
inline constexpr const char* update_marker_path = "/var/lib/aadsshlogin-handler/update-marker";
inline constexpr Seconds update_marker_lifetime{15 * 60};

/// The version whose `uninstall` follows this `update`; empty when the agent's variables do not
/// tell. At a downgrade the agent runs `update` of the old, higher version and sets VERSION and
/// AZURE_GUEST_AGENT_UPDATING_FROM_VERSION both to the new one.
std::string leaving_version(const World& world, const std::string& own_version);

/// Empty: written.
std::string write_update_marker(World& world, const std::string& leaving);

/// Whether `version`'s uninstall is part of an update: same version, same boot, at most 15 minutes
/// old.
bool update_marker_holds(const World& world, const std::string& version);

void remove_update_marker(World& world);

}  // namespace aadssh
