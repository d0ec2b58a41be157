// SPDX-License-Identifier: MIT
#pragma once
#include "handler/facts.hpp"
#include "handler/status.hpp"
#include "handler/sys/world.hpp"

#include <string>
#include <vector>

namespace aadssh {

/// The Entra user that sshd's configuration is tried with. Any name with an @ matches the package's
/// Match block.
inline constexpr const char* probe_user = "user@example.com";

/// Looks whether everything that a sign-in needs is in place: package, PAM, NSS, sshd, SELinux, one
/// substatus each. A check that could not be run is a warning with the tool's words. Only reads,
/// except that /run/sshd is made if absent, without which sshd -T refuses to run.
std::vector<Substatus> verify(World& world, const Facts& facts);

/// The findings that make the machine unfit, as "pam: ...; sshd: ..."; empty when it is good.
std::string failed_checks(const std::vector<Substatus>& found);

/// sshd's own opinion of its configuration files (sshd -t); empty: good, or no sshd there; else its
/// words. It says nothing about the running daemon.
std::string sshd_complaint(World& world);

}  // namespace aadssh
