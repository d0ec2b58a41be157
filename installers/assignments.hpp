// SPDX-License-Identifier: MIT
#pragma once
#include <map>
#include <string>
#include <string_view>

namespace aadssh {

/// Lines "NAME=value" as in /etc/environment (pam_env(8)), /etc/sysconfig and waagent.conf: an
/// "export" in front, quotes around the value and comments are left out; the last of a name counts.
/// Nothing is expanded.
std::map<std::string, std::string> assignments_in(std::string_view text);

}  // namespace aadssh
