// SPDX-License-Identifier: MIT
#include "handler/update_marker.hpp"

#include "handler/state.hpp"

#include <fmt/format.h>

#include <charconv>
#include <optional>
#include <string_view>

namespace aadssh {
namespace {

constexpr std::string_view first_line = "aadsshlogin-handler update 1\n";

std::string variable(const World& world, const std::string& name) {
    const auto found = world.environment.find(name);
    return found == world.environment.end() ? std::string() : found->second;
}

/// Takes "<key> <value>\n" off the front of `text`.
std::optional<std::string> take_line(std::string_view& text, std::string_view key) {
    if (!text.starts_with(key) || text.size() <= key.size() || text[key.size()] != ' ') {
        return std::nullopt;
    }
    const auto end = text.find('\n');
    if (end == std::string_view::npos) {
        return std::nullopt;
    }
    std::string value(text.substr(key.size() + 1, end - key.size() - 1));
    text.remove_prefix(end + 1);
    return value;
}

}  // namespace

std::string leaving_version(const World& world, const std::string& own_version) {
    const std::string from = variable(world, "AZURE_GUEST_AGENT_UPDATING_FROM_VERSION");
    const bool downgrade = !from.empty() && variable(world, "VERSION") == from;
    return downgrade ? own_version : from;
}

std::string write_update_marker(World& world, const std::string& leaving) {
    auto error = world.files.make_folder(state_folder, 0700);
    if (error.empty()) {
        error = world.files.write(update_marker_path,
                                  fmt::format("{}leaving {}\nboot {}\nuptime {}\n",
                                              first_line,
                                              leaving,
                                              world.clock.boot_id(),
                                              world.clock.uptime().count()),
                                  0600);
    }
    return error;
}

bool update_marker_holds(const World& world, const std::string& version) {
    const auto file = world.files.read(update_marker_path, 4096);
    std::string_view text = file.text;
    if (!file.ok() || version.empty() || !text.starts_with(first_line)) {
        return false;
    }
    text.remove_prefix(first_line.size());
    const auto leaving = take_line(text, "leaving");
    const auto boot = leaving ? take_line(text, "boot") : std::nullopt;
    const auto uptime = boot ? take_line(text, "uptime") : std::nullopt;
    if (!uptime || *leaving != version || *boot != world.clock.boot_id() || boot->empty()) {
        return false;
    }
    long long written = 0;
    const char* const end = uptime->data() + uptime->size();
    if (const auto [stop, error] = std::from_chars(uptime->data(), end, written);
        error != std::errc() || stop != end) {
        return false;
    }
    const long long now = world.clock.uptime().count();
    return written >= 0 && written <= now && Seconds(now - written) <= update_marker_lifetime;
}

void remove_update_marker(World& world) {
    world.files.remove(update_marker_path);
}

}  // namespace aadssh
