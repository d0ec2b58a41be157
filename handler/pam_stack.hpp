// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <set>
#include <string>
#include <string_view>

namespace aadssh {

/// Whether a module is in the PAM stack that sshd uses, whichever file brings it. The files that
/// were looked at are added to `seen`.
bool sshd_pam_has(const World& world, std::string_view module, std::set<std::string>& seen);

/// Which local change would make pam-auth-update leave the PAM files as they are, a phrase that
/// names the file; empty where there is none, or no pam-auth-update. Only reads.
std::string local_pam_change(const World& world);

/// The name of pam-auth-update's profile that has a module, "aad"; empty: none has it.
std::string pam_profile_with(const World& world, std::string_view module);

/// The profile of authselect, which owns the PAM files of Red Hat's family: "custom/hardened"
/// (authselect(8)); empty where there is none.
std::string authselect_profile(const World& world);

}  // namespace aadssh
