// SPDX-License-Identifier: MIT
// The places where a proxy may be named. The first byte of an input chooses the place, a to f.
#include "handler/find_proxy.hpp"
#include "handler/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace aadssh {
namespace {

std::string as_apt(const std::string& url) {
    return fmt::format("Acquire::https::Proxy \"{}\";\n", url);
}
std::string as_yum(const std::string& url) {
    return fmt::format("[main]\nproxy={}\n", url);
}
std::string as_variable(const std::string& url) {
    return fmt::format("HTTPS_PROXY=\"{}\"\n", url);
}
std::string as_waagent(const std::string& url) {
    return fmt::format("HttpProxy.Host=\"{}\"\n", url);
}
std::string as_arc(const std::string& url) {
    JsonWriter writer;
    writer.object().key("proxy.url").value(url).end();
    return writer.text();
}

/// How a place is read, and how a proxy is named there.
struct Place {
    ConfiguredProxy (*read)(std::string_view text);
    std::string (*write)(const std::string& url);
};
constexpr std::array<Place, 6> places{{
    {apt_proxy, as_apt},
    {yum_proxy, as_yum},
    {suse_proxy, as_variable},
    {waagent_proxy, as_waagent},
    {environment_file_proxy, as_variable},
    {arc_proxy, as_arc},
}};

ProxySettings found_in(const Place& place, std::string_view text) {
    return settings_of(place.read(text), "a place", ProxyReach::offered);
}

}  // namespace

void try_input(std::string_view input) {
    if (input.empty()) {
        return;
    }
    const Place& place = places.at(static_cast<unsigned char>(input[0] - 'a') % places.size());
    const ProxySettings found = found_in(place, input.substr(1));
    must(found.source.empty() == (found.http.empty() && found.https.empty()),
         "a place counts where it names a proxy");
    for (const std::string& url : {found.http, found.https}) {
        if (url.empty()) {
            continue;
        }
        must(std::ranges::all_of(url, [](char c) { return '!' <= c && c <= '~' && c != '"'; }),
             "a proxy's address is made of printable characters");
        const std::string shown = host_and_port(url);
        must(shown.find_first_of("@/") == std::string::npos && shown.find(':') != shown.npos,
             "what is shown of a proxy is its host and port alone");
        must(found_in(place, place.write(url)).https == url,
             "a proxy reads the same after it was written");
    }
}

}  // namespace aadssh
