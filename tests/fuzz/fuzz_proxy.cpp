// SPDX-License-Identifier: MIT
// Proxy variables and addresses: a line each for http_proxy, https_proxy, no_proxy and the URL.
#include "handler/proxy.hpp"
#include "installers/text.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace aadssh {

void try_input(std::string_view input) {
    const std::vector<std::string_view> lines = split(input, '\n');
    const auto line = [&](std::size_t n) { return std::string(n < lines.size() ? lines[n] : ""); };
    const ProxySettings proxies =
        read_proxies({{"http_proxy", line(0)}, {"HTTPS_PROXY", line(1)}, {"no_proxy", line(2)}});
    for (const std::string& url : {proxies.http, proxies.https}) {
        must(url.empty() || url.find("://") != std::string::npos, "a proxy has a scheme");
        must(url.find_first_of(" \t\r\"") == std::string::npos, "a proxy holds no blanks");
    }
    const ProxySettings again = read_proxies(proxies.variables());
    must(again.http == proxies.http && again.https == proxies.https &&
             again.bypass == proxies.bypass,
         "proxies read the same after they were passed on");
    const std::string used = proxies.for_url(line(3));
    must(used.empty() || used == proxies.http || used == proxies.https, "no proxy is made up");
}

}  // namespace aadssh
