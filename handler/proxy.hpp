// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/processes.hpp"
#include "installers/tool_proxy.hpp"

#include <string>
#include <string_view>

namespace aadssh {

/// What the package manager is told of a proxy.
enum class ProxyReach {
    offered,   ///< in variables, over which it puts what it has configured itself
    imposed,   ///< and by options that win over what it has configured itself
    tool_own,  ///< nothing: it is what it has configured itself
};

/// Proxies in one normal form: URLs with a scheme. apt uses http_proxy for https too when
/// https_proxy is not set and knows lower-case names only (apt-pkg/contrib/proxy.cc,
/// methods/http.cc); so do we, so that our own requests and apt's agree.
struct ProxySettings {
    std::string http;
    std::string https;
    std::string bypass;  ///< no_proxy, as it was
    std::string source;  ///< for people: "the variable https_proxy"; empty when there is none
    ProxyReach reach = ProxyReach::offered;

    std::string for_url(const std::string& url) const;
    /// http_proxy, https_proxy, no_proxy in lower case; only those that are set. Of a proxy that
    /// the package manager has configured itself only no_proxy.
    Variables variables() const;
};

/// A proxy's URL with scheme and without slash at its end; empty when the value is of no use.
std::string normal_proxy(std::string_view value);

/// The URL with ":80" where it has no port: what those programs take whose configuration it is
/// from. libcurl would take 1080.
std::string with_port_80(const std::string& url);

/// "proxy.example:3128": what may be shown of a proxy, and the port of any other URL.
std::string host_and_port(const std::string& url);

/// Brought into normal form; the proxy for http serves https as well where that has none.
ProxySettings settings_of(const ConfiguredProxy& configured,
                          const std::string& source,
                          ProxyReach reach);

/// Lower case wins over upper case. HTTP_PROXY in upper case is honoured: no CGI runs here.
ProxySettings read_proxies(const Variables& environment);

}  // namespace aadssh
