// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"
#include "installers/package_tool.hpp"

#include <string>

namespace aadssh {

/// Whether SELinux rules this machine, by the kernel and the configured policy, not by which
/// packages are there.
struct Selinux {
    bool in_use = false;
    bool wants_package = false;  ///< in use, and aadsshlogin-selinux has a module for the policy
    std::string policy;          ///< "targeted"
    std::string detail;          ///< "enforcing, policy targeted", "not active in this kernel"
};

Selinux read_selinux(const World& world, const PackageTool& tool);

/// Whether the installed package aadsshlogin-selinux covers sshd on this machine; when both phrases
/// are empty, it does.
struct Coverage {
    std::string gap;     ///< what keeps it from that
    std::string unseen;  ///< why the modules of the policy could not be looked at
};

Coverage coverage_by_policy(const World& world, const Selinux& selinux);

}  // namespace aadssh
