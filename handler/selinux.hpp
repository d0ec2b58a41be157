// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <string>

namespace aadssh {

/// Whether SELinux rules this machine, by the kernel and the configured policy, not by which
/// packages are there.
struct Selinux {
    bool in_use = false;
    std::string policy;  ///< "targeted"
    std::string detail;  ///< "enforcing, policy targeted", "not active in this kernel"
};

Selinux read_selinux(const World& world);

/// What keeps the installed package aadsshlogin-selinux from covering sshd on this machine, as a
/// phrase; empty when nothing does, or when it cannot be told.
std::string uncovered_by_policy(const World& world, const Selinux& selinux);

}  // namespace aadssh
