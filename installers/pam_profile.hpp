// SPDX-License-Identifier: MIT
#pragma once
#include <array>
#include <string>
#include <string_view>

namespace aadssh {

/// The files that pam-auth-update writes, /etc/pam.d/common-<type>, and of which it keeps a record
/// in /var/lib/pam/<type>.
inline constexpr std::array<std::string_view, 5> pam_types = {
    "auth", "account", "password", "session", "session-noninteractive"};

/// Why pam-auth-update would say "Local modifications to /etc/pam.d/common-*, not updating": a
/// phrase about the text of common-<type>, given what its record says; empty when it would not. It
/// is the comparison of its diff_profiles (libpam-runtime, /usr/sbin/pam-auth-update): other
/// options and lines that are gone are merged, lines outside its two blocks are left alone; what it
/// refuses is a line in a block that it did not write, and a block that is not there.
std::string pam_profile_conflict(std::string_view type,
                                 std::string_view record,
                                 std::string_view text);

}  // namespace aadssh
