// SPDX-License-Identifier: MIT
#include "handler/extension_folders.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace aadssh {
namespace {

/// Portal, policies and Terraform use either
/// (Azure/terraform-azurerm-avm-res-compute-virtualmachine issue 173).
constexpr std::string_view types_of_ours[] = {"AADSSHLoginForLinux", "AADSSHLogin"};

std::string type_of(const std::string& name) {
    return name.substr(name.rfind('.') + 1);
}

/// The name in <publisher>.<type>-<version>.
std::string without_version(const std::string& folder) {
    return folder.substr(0, folder.rfind('-'));
}

}  // namespace

std::vector<ExtensionFolder> extension_folders(const World& world,
                                               const std::string& waagent_folder) {
    std::vector<ExtensionFolder> folders;
    for (const auto& entry : world.files.list(waagent_folder)) {
        const auto path = fmt::format("{}/{}", waagent_folder, entry);
        const auto dash = entry.rfind('-');
        const auto info = world.files.info(path);
        if (dash == std::string::npos || !info || info->kind != FileInfo::Kind::folder) {
            continue;
        }
        // WALinuxAgent ga/exthandlers.py ExtHandlerState: one word, absent means NotInstalled.
        auto state = world.files.read(path + "/config/HandlerState", 64).text;
        std::erase_if(state, [](unsigned char c) { return c <= ' '; });
        folders.push_back({path, without_version(entry), entry.substr(dash + 1), state});
    }
    return folders;
}

std::vector<std::string> twins(const World& world, const HandlerEnvironment& environment) {
    const auto& own = environment.handler_folder;
    const auto own_name = without_version(own.substr(own.rfind('/') + 1));
    std::vector<std::string> found;
    for (const auto& folder : extension_folders(world, environment.waagent_folder)) {
        const bool same_work =
            std::ranges::find(types_of_ours, type_of(folder.name)) != std::end(types_of_ours);
        if (same_work && folder.runs() && folder.name != own_name) {
            found.push_back(fmt::format("{} {} ({})", folder.name, folder.version, folder.state));
        }
    }
    return found;
}

}  // namespace aadssh
