// SPDX-License-Identifier: MIT
#include "handler/find_proxy.hpp"

#include "handler/facts.hpp"
#include "handler/json.hpp"
#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "installers/assignments.hpp"

#include <fmt/format.h>

#include <span>

namespace aadssh {
namespace {

constexpr std::size_t size_limit = 256UL * 1024;
constexpr Milliseconds question_limit = Seconds(20);

/// A file's text; empty when there is none, or when anybody may write into it.
std::string text_of(const World& world, const std::string& path) {
    const auto file = world.files.read(path, size_limit);
    if ((file.mode & 0002U) != 0) {
        log_warning(fmt::format("{} names no proxy for us: anybody may write into it", path));
        return {};
    }
    if (!file.ok() && file.state != FileText::State::absent) {
        log_warning(fmt::format("{} could not be searched for a proxy: {}", path, file.why));
    }
    return file.text;
}

ProxySettings of_setting(RunContext& run) {
    const ConfiguredProxy configured{
        run.settings.proxy_url, run.settings.proxy_url, run.settings.proxy_bypass};
    return settings_of(configured, "the setting proxy", ProxyReach::imposed);
}

ProxySettings of_variables(RunContext& run) {
    return read_proxies(run.world.environment);
}

ProxySettings of_waagent(RunContext& run) {
    constexpr const char* path = "/etc/waagent.conf";
    return settings_of(waagent_proxy(text_of(run.world, path)),
                       fmt::format("HttpProxy.Host in {}", path),
                       ProxyReach::offered);
}

/// The variable no_proxy counts here, too: package managers obey it whoever named the proxy.
ProxySettings of_package_tool(RunContext& run, const PackageTool& tool) {
    std::string text;
    std::string source(tool.proxy_file);
    if (tool.proxy_query != nullptr) {
        const auto argv = tool.proxy_query();
        source = shell_line(argv);
        // Not into the log: it may hold a password in a form that no pattern recognises.
        const auto end = run_logged(run.world, {.argv = argv, .limit = question_limit}, false);
        text = end.ok() ? end.output : "";
    } else {
        text = text_of(run.world, source);
    }
    auto configured = tool.parse_proxy(text);
    const auto variables = read_proxies(run.world.environment);
    if (!variables.bypass.empty()) {
        configured.bypass += (configured.bypass.empty() ? "" : ",") + variables.bypass;
    }
    return settings_of(configured,
                       fmt::format("{}'s own configuration ({})", tool.name, source),
                       ProxyReach::tool_own);
}

ProxySettings of_environment_file(RunContext& run) {
    constexpr const char* path = "/etc/environment";
    return settings_of(environment_file_proxy(text_of(run.world, path)), path, ProxyReach::offered);
}

/// Where the file lies is not documented; Azure's own extensions for Linux read it there
/// (Azure/azure-linux-extensions, AzureMonitorAgent/ama_tst, and CrowdStrike's handler).
ProxySettings of_arc(RunContext& run) {
    constexpr const char* path = "/var/opt/azcmagent/localconfig.json";
    return settings_of(arc_proxy(text_of(run.world, path)),
                       fmt::format("proxy.url of the Azure Arc agent ({})", path),
                       ProxyReach::offered);
}

using Place = ProxySettings (*)(RunContext&);
/// In this order; the package manager's own configuration stands between the two.
constexpr Place places_before[] = {of_setting, of_variables, of_waagent};
constexpr Place places_after[] = {of_environment_file, of_arc};

ProxySettings first_of(std::span<const Place> places, RunContext& run) {
    ProxySettings found;
    for (const auto place : places) {
        if (found.source.empty()) {
            found = place(run);
        }
    }
    return found;
}

std::string shown(const ProxySettings& proxies) {
    return host_and_port(proxies.https.empty() ? proxies.http : proxies.https);
}

/// "", or ", but …" where the package manager goes on using a proxy of its own.
std::string other_proxy(const ProxySettings& found,
                        const ProxySettings& own,
                        const PackageTool& tool) {
    const bool own_wins = !own.source.empty() &&
                          !(found.reach == ProxyReach::imposed && tool.forgets_proxy) &&
                          shown(own) != shown(found);
    return own_wins ? fmt::format(
                          ", but {} names {}, and {} uses that", own.source, shown(own), tool.name)
                    : "";
}

}  // namespace

ConfiguredProxy waagent_proxy(std::string_view text) {
    auto values = assignments_in(text);
    const std::string& host = values["HttpProxy.Host"];
    const std::string& port = values["HttpProxy.Port"];
    if (host.empty() || host == "None") {
        return {};
    }
    const bool no_port = port.empty() || port == "None";
    const auto url =
        with_port_80(no_port ? normal_proxy(host) : normal_proxy(fmt::format("{}:{}", host, port)));
    return {.http = url, .https = url, .bypass = {}};
}

ConfiguredProxy environment_file_proxy(std::string_view text) {
    const auto found = read_proxies(assignments_in(text));
    return {.http = found.http, .https = found.https, .bypass = found.bypass};
}

ConfiguredProxy arc_proxy(std::string_view text) {
    std::string error;
    const auto json = Json::parse(text, error);
    const auto url = json ? json->string("/proxy.url").value_or("") : std::string();
    const auto whole = with_port_80(normal_proxy(url));
    return {.http = whole, .https = whole, .bypass = {}};
}

void find_proxy(RunContext& run, const PackageTool& tool) {
    const auto own = of_package_tool(run, tool);
    auto found = first_of(places_before, run);
    if (found.source.empty()) {
        found = own;
    }
    if (found.source.empty()) {
        found = first_of(places_after, run);
    }
    if (found.source.empty()) {
        run.proxies = read_proxies(run.world.environment);  // no_proxy may still be there
        log_info("proxy: none");
        return;
    }
    run.note({"proxy",
              Substatus::Level::success,
              0,
              fmt::format("Downloads go through the proxy {}, which {} names{}.{}",
                          shown(found),
                          found.source,
                          other_proxy(found, own, tool),
                          found.bypass.empty() ? std::string()
                                               : fmt::format(" Directly to: {}.", found.bypass))});
    log_info(fmt::format(
        "proxy: {}, from {}{}", shown(found), found.source, other_proxy(found, own, tool)));
    run.proxies = std::move(found);
}

}  // namespace aadssh
