// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

#include <map>
#include <string>
#include <string_view>

// The functions behind the constant `apt`, one file each.
namespace aadssh {

// Everything of one run: index lists and packages. apt's own folders stay as they are, and the
// locks in them, which apt does not wait for, are not needed.
constexpr std::string_view apt_scratch = "/var/cache/aadsshlogin-handler";
constexpr std::string_view apt_source_file = "/etc/apt/sources.list.d/aadsshlogin-handler.list";

Plan apt_install_plan(const InstallInputs& inputs);
Plan apt_removal_plan(const RemovalInputs& inputs);
Plan apt_configuration_plan(const std::string& package);
Outcome apt_classify(ToolRun kind, int code, std::string_view text);
std::string apt_culprit(std::string_view text);

/// Where the options lie that impose a proxy: on a command line everybody could read its password.
constexpr std::string_view apt_proxy_file = "/var/cache/aadsshlogin-handler/proxy.conf";
std::string apt_proxy_options(const InstallInputs& inputs);

/// What keeps debconf, ucf, needrestart, apt-listchanges and apt-listbugs from asking anything.
std::map<std::string, std::string> apt_silence();

}  // namespace aadssh
