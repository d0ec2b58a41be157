// SPDX-License-Identifier: MIT
#pragma once
#include "handler/environment.hpp"
#include "handler/failure.hpp"
#include "handler/proxy.hpp"
#include "handler/selinux.hpp"
#include "handler/settings.hpp"
#include "handler/state.hpp"
#include "handler/sys/world.hpp"
#include "installers/catalogue.hpp"

#include <string>
#include <vector>

namespace aadssh {

/// Something of the legacy extension AADLoginForLinux that is still on the machine.
struct LegacyRemnant {
    std::string what;     ///< for people: "the package aadlogin 1.0.016050002"
    std::string removal;  ///< the command that removes it
    bool blocks = true;   ///< false: a leftover that does no harm
};

/// What the machine is. Only reading; gathered once per command.
struct Facts {
    Support support;
    PackageState login;  ///< aadsshlogin
    PackageState selinux_package;
    std::vector<LegacyRemnant> legacy;
    Selinux selinux;
    std::string immutable;  ///< why nothing can be installed on this system, a phrase; else empty
    bool ca_bundle_missing = false;
    std::vector<std::string> trusted_keys;  ///< rpm: names of the keys in its database
    std::vector<SourceEntry> sources;
    std::vector<std::string>
        unread;  ///< places that could not be looked at, as phrases (plan without root)
};

/// 51 for a system whose /usr no package manager changes.
Failure immutable_system(const std::string& why);

/// Reads os-release and finds the machine's row. Throws Failure(unsupported), or
/// Failure(missing_dependency) when its package tool is not there.
Support find_support(const World& world);

/// The package tool of this machine's row, as os-release tells it. Without a row, or when its
/// program is not there: the first of the catalogue whose program is; nullptr when there is none.
/// A machine may have several, of which the others know nothing of what is installed.
const PackageTool* machine_tool(const World& world);

Facts gather_facts(World& world, const HandlerEnvironment& environment);

/// Every entry of the tool's repository files, ours among them.
std::vector<SourceEntry> read_sources(const World& world,
                                      const PackageTool& tool,
                                      std::vector<std::string>& unread);

/// A file that this extension wrote and nobody changed since, or one whose name nobody else uses.
bool is_ours(const World& world,
             const PackageTool& tool,
             const std::string& path,
             const State& state);

/// What make_install_plan needs for one rung.
InstallInputs install_inputs(const World& world,
                             const Facts& facts,
                             const Repository& repository,
                             const Settings& settings,
                             const ProxySettings& proxies,
                             const State& state);

}  // namespace aadssh
