// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "installers/package_tool.hpp"

#include <string_view>

namespace aadssh {

/// Looks for a proxy and puts it into run.proxies; the first place that has one wins as a whole:
/// the setting, this process's variables, the agent's waagent.conf, the package manager's own
/// configuration, /etc/environment, Azure Arc's agent. Says in the log which one it is, and in the
/// substatus "proxy", and also where the package manager goes on using one of its own; there is
/// none when no proxy was found.
void find_proxy(RunContext& run, const PackageTool& tool);

/// /etc/waagent.conf: HttpProxy.Host and HttpProxy.Port (WALinuxAgent common/conf.py). The agent
/// uses them for itself and hands them to nobody.
ConfiguredProxy waagent_proxy(std::string_view text);

/// /etc/environment, which sessions get and services do not: the usual variables in either case.
ConfiguredProxy environment_file_proxy(std::string_view text);

/// localconfig.json of azcmagent: "proxy.url". Its "proxy.bypass" lists names of Azure's services
/// ("AAD", "ARM", ...; learn.microsoft.com/azure/azure-arc/servers/manage-agent, "Proxy bypass"),
/// not hosts, and none of them is packages.microsoft.com.
ConfiguredProxy arc_proxy(std::string_view text);

}  // namespace aadssh
