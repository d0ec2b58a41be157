// SPDX-License-Identifier: MIT
// The options that make apt use the proxy of our settings whatever apt has configured itself.
#include "installers/apt_parts.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

std::string host_of(const std::string& url) {
    const std::size_t mark = url.find("://");
    const std::size_t start = mark == std::string::npos ? 0 : mark + 3;
    return url.substr(start, url.find_first_of("/:", start) - start);
}

}  // namespace

/// An entry for a host goes before those for all, and before a command that finds proxies
/// (apt-transport-http(1); apt-pkg/contrib/proxy.cc); the variable no_proxy goes before them all
/// (methods/http.cc).
std::string apt_proxy_options(const InstallInputs& inputs) {
    std::string text;
    for (const std::string scheme : {"http", "https"}) {
        const auto variable = inputs.proxy_variables.find(scheme + "_proxy");
        if (variable != inputs.proxy_variables.end()) {
            const std::string host = host_of(inputs.repository.url);
            text += fmt::format("Acquire::{0}::Proxy \"{1}\";\nAcquire::{0}::Proxy::{2} \"{1}\";\n",
                                scheme,
                                variable->second,
                                host);
        }
    }
    return text + "Acquire::http::Proxy-Auto-Detect \"\";\nAcquire::http::ProxyAutoDetect \"\";\n";
}

}  // namespace aadssh
