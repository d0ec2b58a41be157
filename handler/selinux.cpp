// SPDX-License-Identifier: MIT
#include "handler/selinux.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <string_view>
#include <vector>

namespace aadssh {
namespace {

constexpr std::size_t config_limit = 256UL * 1024;
constexpr std::size_t module_limit = 4UL * 1024 * 1024;
constexpr std::string_view module_prefix = "aad";

/// Where libsemanage keeps its policies (semanage.conf(5), store-root). RHEL 7 and its kin stayed
/// with the second when the store moved (semanage_migrate_store(8)), so what an upgrade from there
/// left behind does not count where the first is.
constexpr std::string_view store_roots[] = {"/var/lib/selinux", "/etc/selinux"};

/// A policy's store; empty when it is nowhere.
std::string store_of(const World& world, const std::string& policy) {
    for (const auto root : store_roots) {
        auto store = fmt::format("{}/{}/active/modules", root, policy);
        if (world.files.info(store)) {
            return store;
        }
    }
    return {};
}

/// A store has a folder for each priority with one for each module in it, and "disabled" with the
/// names of those that are switched off (semodule(8)).
bool has_active_module(const World& world, const std::string& store) {
    const auto disabled = world.files.list(store + "/disabled");
    const auto active = [&](const std::string& name) {
        return name.starts_with(module_prefix) &&
               std::ranges::find(disabled, name) == disabled.end();
    };
    const auto priorities = world.files.list(store);
    return std::ranges::any_of(priorities, [&](const std::string& priority) {
        return std::ranges::any_of(world.files.list(fmt::format("{}/{}", store, priority)), active);
    });
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

/// The type that the configuration names; without one it is "targeted" (libselinux,
/// src/selinux_config.c, SELINUXDEFAULT).
std::string policy_type(const World& world) {
    constexpr std::string_view key = "\nSELINUXTYPE=";
    const auto config = "\n" + world.files.read("/etc/selinux/config", config_limit).text;
    const auto at = config.find(key);
    if (at == std::string::npos) {
        return "targeted";
    }
    const auto start = at + key.size();
    return config.substr(start, config.find_first_of(" \t\r\n", start) - start);
}

/// From OpenSSH 9.8 on a program of its own serves the session, in a domain of its own, which the
/// module did not know at first (Azure/azure-linux-extensions#2208).
std::string unknown_domain(const World& world, const std::string& policy) {
    constexpr const char* session_program = "/usr/libexec/openssh/sshd-session";
    constexpr std::string_view session_domain = "sshd_session_t";
    const auto files = module_files(world, policy);
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

}  // namespace

Selinux read_selinux(const World& world, const PackageTool& tool) {
    const auto enforce = world.files.read("/sys/fs/selinux/enforce", 16);
    if (!enforce.ok()) {
        return {false, false, {}, "not active in this kernel"};
    }
    const auto policy = policy_type(world);
    const auto& served = tool.selinux_policies;
    const bool wants_package = std::ranges::find(served, policy) != served.end();
    const auto* mode = enforce.text.starts_with("1") ? "enforcing" : "permissive";
    return {true, wants_package, policy, fmt::format("{}, policy {}", mode, policy)};
}

Coverage coverage_by_policy(const World& world, const Selinux& selinux) {
    Coverage coverage{unknown_domain(world, selinux.policy), {}};
    const auto store = store_of(world, selinux.policy);
    if (!world.root) {
        coverage.unseen = "only root can look into the store of the policy";
    } else if (store.empty()) {
        coverage.unseen = fmt::format("the store of the policy is neither in {}",
                                      fmt::join(store_roots, " nor in "));
    } else if (!has_active_module(world, store)) {
        coverage.gap = fmt::format("none of its modules is active in the policy store {}", store);
    }
    return coverage;
}

}  // namespace aadssh
