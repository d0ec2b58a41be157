// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/processes.hpp"

#include <string>

namespace aadssh {

/// Proxies in one normal form: URLs with a scheme. apt uses http_proxy for https too when
/// https_proxy is not set and knows lower-case names only (apt-pkg/contrib/proxy.cc,
/// methods/http.cc); so do we, so that our own requests and apt's agree.
struct ProxySettings {
    std::string http;
    std::string https;
    std::string bypass;  ///< no_proxy, as it was
    std::string source;  ///< for people: "the variable https_proxy"; empty when there is none

    std::string for_url(const std::string& url) const;
    /// http_proxy, https_proxy, no_proxy in lower case; only those that are set.
    Variables variables() const;
};

/// Lower case wins over upper case. HTTP_PROXY in upper case is honoured: no CGI runs here.
ProxySettings read_proxies(const Variables& environment);

}  // namespace aadssh
