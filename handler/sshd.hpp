// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <compare>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace aadssh {

/// The Entra user that sshd's configuration is tried with. Any name with an @ matches the package's
/// Match block.
inline constexpr const char* probe_user = "user@example.com";

/// What to do about a folder /run/sshd that is absent, without which sshd -T refuses to run. An
/// sshd that systemd starts on demand makes it only then.
enum class RunSshd { make, leave_absent };

/// What sshd makes of its files for an Entra user (sshd -T -C). It says nothing about the running
/// daemon.
struct SshdAnswer {
    std::string trouble;  ///< a full sentence: why there is no answer; empty: there is one
    /// Names in lower case, which OpenSSH before 10.6 prints; a name may be there several times.
    std::vector<std::pair<std::string, std::string>> options;

    /// All that it says of one option, which is named in lower case.
    std::vector<std::string> values(std::string_view name) const;
};
SshdAnswer ask_sshd(World& world, RunSshd folder = RunSshd::make);

/// sshd's own opinion of its configuration files (sshd -t): its words when it refuses them; empty:
/// it takes them, or there is no sshd. Nothing: it may not be asked (it needs root and /run/sshd),
/// or something ended it. It says nothing about the running daemon.
std::optional<std::string> sshd_opinion(World& world, RunSshd folder = RunSshd::make);

/// Its words when it refuses them, else nothing.
std::string sshd_complaint(World& world, RunSshd folder = RunSshd::make);

/// 7.4 of "OpenSSH_7.4p1"; nothing when sshd does not tell.
struct SshdVersion {
    int major = 0;
    int minor = 0;
    bool operator==(const SshdVersion&) const = default;
    friend bool operator<(const SshdVersion& a, const SshdVersion& b) {
        return a.major != b.major ? a.major < b.major : a.minor < b.minor;
    }
};
std::optional<SshdVersion> sshd_version(World& world);

/// Where sshd_config and the files that it includes say something of an option, as phrases
/// ("/etc/ssh/sshd_config line 3"); the first few.
std::vector<std::string> places_of_option(const World& world, std::string_view option);

}  // namespace aadssh
