// SPDX-License-Identifier: MIT
#pragma once
#include <string>
#include <string_view>

namespace aadssh {

/// What one configuration says about proxies, as it stands there; empty: nothing.
struct ConfiguredProxy {
    std::string http;
    std::string https;
    std::string bypass;  ///< as in the variable no_proxy
};

/// Of `apt-config dump` (apt.conf(5), apt-transport-http(1)): Acquire::http::Proxy, the one for
/// https, and the hosts whose own entry says DIRECT. An entry of packages.microsoft.com goes before
/// those for all hosts, and one for http serves https, too (methods/http.cc, ConfigFind). A command
/// that finds proxies (Proxy-Auto-Detect) is left to apt.
ConfiguredProxy apt_proxy(std::string_view dump);

/// Of dnf.conf, yum.conf and tdnf.conf: proxy, proxy_username and proxy_password in [main]
/// (dnf.conf(5), yum.conf(5)).
ConfiguredProxy yum_proxy(std::string_view conf);

/// Of SUSE's /etc/sysconfig/proxy, unless it says PROXY_ENABLED="no".
ConfiguredProxy suse_proxy(std::string_view sysconfig);

}  // namespace aadssh
