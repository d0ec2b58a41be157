// SPDX-License-Identifier: MIT
#include "handler/selinux.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace aadssh {
namespace {

constexpr std::size_t config_limit = 256UL * 1024;
constexpr std::size_t module_limit = 4UL * 1024 * 1024;
constexpr std::string_view module_prefix = "aad";

/// Where libsemanage keeps the modules of a policy, a folder for each priority (semanage.conf(5)).
bool module_is_loaded(const World& world, const std::string& store) {
    for (const auto& priority : world.files.list(store)) {
        const auto modules = world.files.list(fmt::format("{}/{}", store, priority));
        if (std::ranges::any_of(
                modules, [](const std::string& name) { return name.starts_with(module_prefix); })) {
            return true;
        }
    }
    return false;
}

/// The compiled modules that packages have brought; those that are compressed cannot be searched.
std::vector<std::string> module_files(const World& world, const std::string& policy) {
    std::vector<std::string> found;
    const std::string packages = "/usr/share/selinux/packages";
    for (const auto& folder : {packages, fmt::format("{}/{}", packages, policy)}) {
        for (const auto& name : world.files.list(folder)) {
            if (name.starts_with(module_prefix) && name.ends_with(".pp")) {
                found.push_back(fmt::format("{}/{}", folder, name));
            }
        }
    }
    return found;
}

}  // namespace

Selinux read_selinux(const World& world) {
    const auto enforce = world.files.read("/sys/fs/selinux/enforce", 16);
    if (!enforce.ok()) {
        return {false, {}, "not active in this kernel"};
    }
    std::string policy = "unknown";
    const auto config = "\n" + world.files.read("/etc/selinux/config", config_limit).text;
    const auto at = config.find("\nSELINUXTYPE=");
    if (at != std::string::npos) {
        const auto start = at + std::string_view("\nSELINUXTYPE=").size();
        policy = config.substr(start, config.find_first_of(" \t\r\n", start) - start);
    }
    const auto mode = enforce.text.starts_with("1") ? "enforcing" : "permissive";
    return {true, policy, fmt::format("{}, policy {}", mode, policy)};
}

std::string uncovered_by_policy(const World& world, const Selinux& selinux) {
    const auto store = fmt::format("/var/lib/selinux/{}/active/modules", selinux.policy);
    if (world.files.info(store) && !module_is_loaded(world, store)) {
        return fmt::format("none of its modules is in the policy store {}", store);
    }
    // From OpenSSH 9.8 on a program of its own serves the session, in a domain of its own, which
    // the module did not know at first (Azure/azure-linux-extensions#2208).
    constexpr const char* session_program = "/usr/libexec/openssh/sshd-session";
    constexpr std::string_view session_domain = "sshd_session_t";
    const auto files = module_files(world, selinux.policy);
    const bool knows = std::ranges::any_of(files, [&](const std::string& path) {
        const auto file = world.files.read(path, module_limit);
        return !file.ok() || file.text.find(session_domain) != std::string::npos;
    });
    if (world.files.info(session_program) && !files.empty() && !knows) {
        return fmt::format(
            "its module does not know {}, the domain of {}", session_domain, session_program);
    }
    return {};
}

}  // namespace aadssh
