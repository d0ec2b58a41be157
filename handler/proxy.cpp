// SPDX-License-Identifier: MIT
#include "handler/proxy.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <optional>
#include <string_view>

namespace aadssh {
namespace {

constexpr std::array<std::string_view, 7> schemes{
    "http", "https", "socks", "socks4", "socks4a", "socks5", "socks5h"};

std::string lower(std::string_view text) {
    std::string result(text);
    std::ranges::transform(
        result, result.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return result;
}

std::string upper(std::string_view text) {
    std::string result(text);
    std::ranges::transform(
        result, result.begin(), [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
    return result;
}

std::string_view trimmed(std::string_view text) {
    constexpr std::string_view blanks = " \t\r\n";
    const std::size_t first = text.find_first_not_of(blanks);
    if (first == std::string_view::npos) {
        return {};
    }
    return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Host in lower case without brackets, and port as written (empty when there is none).
struct Endpoint {
    std::string host, port;
};

Endpoint split(std::string_view authority) {
    authority.remove_prefix(authority.rfind('@') + 1);  // npos + 1 is 0
    if (authority.starts_with('[')) {
        const std::size_t bracket = authority.find(']');
        const std::string_view rest =
            bracket == std::string_view::npos ? authority : authority.substr(bracket + 1);
        if (!rest.empty() && !rest.starts_with(':')) {
            return {};  // no address
        }
        return {lower(authority.substr(1, bracket - 1)),
                std::string(rest.empty() ? rest : rest.substr(1))};
    }
    const std::size_t colon = authority.rfind(':');
    if (colon == std::string_view::npos || authority.find(':') != colon) {
        return {lower(authority), ""};  // no port, or an IPv6 address without brackets
    }
    return {lower(authority.substr(0, colon)), std::string(authority.substr(colon + 1))};
}

std::string_view authority_of(std::string_view url) {
    const std::size_t mark = url.find("://");
    if (mark != std::string_view::npos) {
        url.remove_prefix(mark + 3);
    }
    return url.substr(0, url.find_first_of("/?#"));
}

bool is_port(std::string_view text) {
    return !text.empty() && text.size() <= 5 &&
           std::ranges::all_of(text, [](char c) { return '0' <= c && c <= '9'; });
}

struct Found {
    std::string value;
    std::string name;
};

/// The first usable of the lower-case and the upper-case variable.
template <typename Normalise>
Found find(const Variables& environment, const std::string& name, Normalise normalise) {
    for (const std::string& spelling : {name, upper(name)}) {
        if (const auto variable = environment.find(spelling); variable != environment.end()) {
            if (std::string value = normalise(variable->second); !value.empty()) {
                return {std::move(value), spelling};
            }
        }
    }
    return {};
}

/// One entry of no_proxy: *, a host or domain with or without a leading dot, perhaps with a port
/// (curl(1), NO_PROXY).
bool covers(std::string_view entry, const Endpoint& target) {
    if (entry == "*") {
        return true;
    }
    Endpoint wanted = split(entry);
    if (wanted.host.starts_with('.')) {
        wanted.host.erase(0, 1);
    }
    if (wanted.host.empty() || (!wanted.port.empty() && wanted.port != target.port)) {
        return false;
    }
    return target.host == wanted.host || target.host.ends_with("." + wanted.host);
}

bool bypassed(std::string_view list, const Endpoint& target) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find_first_of(", \t"), list.size());
        if (covers(list.substr(0, end), target)) {
            return true;
        }
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return false;
}

}  // namespace

std::string normal_proxy(std::string_view value) {
    value = trimmed(value);
    const bool plain =
        std::ranges::all_of(value, [](char c) { return '!' <= c && c <= '~' && c != '"'; });
    if (value.empty() || !plain) {
        return {};
    }
    std::string url = value.find("://") == std::string_view::npos ? fmt::format("http://{}", value)
                                                                  : std::string(value);
    const std::string scheme = lower(std::string_view(url).substr(0, url.find(':')));
    const Endpoint endpoint = split(authority_of(url));
    if (std::ranges::find(schemes, scheme) == schemes.end() || endpoint.host.empty() ||
        (!endpoint.port.empty() && !is_port(endpoint.port))) {
        return {};
    }
    url.replace(0, scheme.size(), scheme);
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

std::string with_port_80(const std::string& url) {
    const std::string_view authority = authority_of(url);
    const Endpoint endpoint = split(authority);
    if (url.empty() || !endpoint.port.empty()) {
        return url;
    }
    const auto begin = static_cast<std::size_t>(authority.data() - url.data());
    const std::size_t host = begin + authority.rfind('@') + 1;  // npos + 1 is 0
    const std::size_t end = begin + authority.size();
    const std::string path = url.substr(end);
    const std::string before = url.substr(0, host);
    const std::string name = url.substr(host, end - host);
    if (endpoint.host.find(':') != std::string::npos && !name.starts_with('[')) {
        return fmt::format("{}[{}]:80{}", before, name, path);  // IPv6
    }
    return fmt::format("{}{}{}80{}", before, name, name.ends_with(':') ? "" : ":", path);
}

std::string host_and_port(const std::string& url) {
    const Endpoint endpoint = split(authority_of(url));
    const bool bare_ipv6 = endpoint.host.find(':') != std::string::npos;
    const auto* const usual = lower(url.substr(0, url.find(':'))) == "https" ? "443" : "80";
    return fmt::format("{}{}{}:{}",
                       bare_ipv6 ? "[" : "",
                       endpoint.host,
                       bare_ipv6 ? "]" : "",
                       endpoint.port.empty() ? usual : endpoint.port);
}

ProxySettings settings_of(const ConfiguredProxy& configured,
                          const std::string& source,
                          ProxyReach reach) {
    const std::string http = normal_proxy(configured.http);
    const std::string https = normal_proxy(configured.https);
    return {http,
            https.empty() ? http : https,
            std::string(trimmed(configured.bypass)),
            http.empty() && https.empty() ? "" : source,
            reach};
}

ProxySettings read_proxies(const Variables& environment) {
    const Found http = find(environment, "http_proxy", normal_proxy);
    const Found https = find(environment, "https_proxy", normal_proxy);
    const Found bypass = find(environment, "no_proxy", [](const std::string& text) {
        return std::string(trimmed(text));
    });
    const Found& used = https.value.empty() ? http : https;
    return {http.value,
            used.value,
            bypass.value,
            used.name.empty() ? "" : "the variable " + used.name,
            ProxyReach::offered};
}

std::string ProxySettings::for_url(const std::string& url) const {
    const bool secure = lower(url.substr(0, url.find(':'))) == "https";
    Endpoint target = split(authority_of(url));
    if (target.port.empty()) {
        target.port = secure ? "443" : "80";
    }
    if (bypassed(bypass, target)) {
        return {};
    }
    return secure ? https : http;
}

Variables ProxySettings::variables() const {
    const bool told = reach != ProxyReach::tool_own;
    Variables result{
        {"http_proxy", told ? http : ""}, {"https_proxy", told ? https : ""}, {"no_proxy", bypass}};
    std::erase_if(result, [](const auto& variable) { return variable.second.empty(); });
    return result;
}

}  // namespace aadssh
