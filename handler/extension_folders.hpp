// SPDX-License-Identifier: MIT
#pragma once
#include "handler/environment.hpp"
#include "handler/sys/world.hpp"

#include <string>
#include <vector>

namespace aadssh {

/// An extension's folder as the agent makes it below its own: <publisher>.<type>-<version>
/// (WALinuxAgent ga/exthandlers.py, get_base_dir).
struct ExtensionFolder {
    std::string path;
    std::string name;     ///< "<publisher>.<type>"
    std::string version;  ///< "1.0.3041.1"
    std::string state;    ///< HandlerState's word; empty: none (there NotInstalled)

    bool runs() const { return state == "Installed" || state == "Enabled"; }
};

/// Every extension's folder that the agent has.
std::vector<ExtensionFolder> extension_folders(const World& world,
                                               const std::string& waagent_folder);

/// Extensions of other publishers that install aadsshlogin too and are in use, as phrases:
/// "Contoso.AADSSHLoginForLinux 1.0 (Enabled)". Other versions of this very extension are none: one
/// of them is there during every update.
std::vector<std::string> twins(const World& world, const HandlerEnvironment& environment);

}  // namespace aadssh
