// SPDX-License-Identifier: MIT
#include "installers/tool_proxy.hpp"

#include "installers/assignments.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

#include <map>

namespace aadssh {

namespace {

bool is_direct(std::string_view value) {
    return lower(value) == "direct";  // apt-transport-http(1)
}

/// A user name or password inside a URL (RFC 3986, section 2.3: what needs no escape).
std::string escaped(std::string_view text) {
    constexpr std::string_view plain = "-._~";
    std::string result;
    for (const char c : text) {
        const bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || is_digit(c);
        result += letter || contains(plain, {&c, 1})
                      ? std::string(1, c)
                      : fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
    return result;
}

/// With the name and the password that stand in lines of their own.
std::string with_login(const std::string& url, const std::string& user, const std::string& secret) {
    if (url.empty() || user.empty() || contains(url, "@")) {
        return url;
    }
    const std::size_t mark = url.find("://");
    const std::size_t host = mark == std::string::npos ? 0 : mark + 3;
    return fmt::format("{}{}{}{}@{}",
                       url.substr(0, host),
                       escaped(user),
                       secret.empty() ? "" : ":",
                       escaped(secret),
                       url.substr(host));
}

constexpr std::string_view apt_http = "acquire::http::proxy";
constexpr std::string_view apt_https = "acquire::https::proxy";

/// Names in lower case, as apt does not tell the cases apart.
std::map<std::string, std::string> apt_options(std::string_view dump) {
    std::map<std::string, std::string> options;
    for (const std::string_view line : lines_of(dump)) {
        const std::size_t blank = line.find(" \"");  // Acquire::http::Proxy "http://…";
        if (blank != std::string_view::npos && line.ends_with("\";")) {
            options[lower(line.substr(0, blank))] = line.substr(blank + 2, line.size() - blank - 4);
        }
    }
    return options;
}

/// The hosts whose own entry says DIRECT.
std::string apt_bypass(const std::map<std::string, std::string>& options) {
    std::string hosts;
    for (const auto& [name, value] : options) {
        for (const auto scheme : {apt_http, apt_https}) {
            if (name.starts_with(fmt::format("{}::", scheme)) && is_direct(value)) {
                hosts += (hosts.empty() ? "" : ",") + name.substr(scheme.size() + 2);
            }
        }
    }
    return hosts;
}

}  // namespace

ConfiguredProxy apt_proxy(std::string_view dump) {
    const auto options = apt_options(dump);
    const auto first_of = [&](const std::vector<std::string>& names) -> std::string {
        for (const std::string& name : names) {
            const auto option = options.find(name);
            if (option != options.end() && !option->second.empty() && !is_direct(option->second)) {
                return option->second;
            }
        }
        return {};
    };
    const auto of_host = [](std::string_view scheme) {
        return fmt::format("{}::packages.microsoft.com", scheme);
    };
    return {.http = first_of({of_host(apt_http), std::string(apt_http)}),
            .https = first_of({of_host(apt_https), of_host(apt_http), std::string(apt_https)}),
            .bypass = apt_bypass(options)};
}

ConfiguredProxy yum_proxy(std::string_view conf) {
    std::string section;
    std::map<std::string, std::string> options;
    for (std::string_view line : lines_of(conf)) {
        line = trim(line);
        const std::size_t equals = line.find('=');
        if (line.starts_with('[')) {
            section = line;
        } else if (section == "[main]" && !line.starts_with('#') && !line.starts_with(';') &&
                   equals != std::string_view::npos) {
            options[std::string(trim(line.substr(0, equals)))] = trim(line.substr(equals + 1));
        }
    }
    const std::string url = options["proxy"] == "_none_" ? std::string() : options["proxy"];
    const std::string whole = with_login(url, options["proxy_username"], options["proxy_password"]);
    return {.http = whole, .https = whole, .bypass = {}};
}

ConfiguredProxy suse_proxy(std::string_view sysconfig) {
    auto values = assignments_in(sysconfig);
    if (lower(values["PROXY_ENABLED"]) == "no") {
        return {};
    }
    return {
        .http = values["HTTP_PROXY"], .https = values["HTTPS_PROXY"], .bypass = values["NO_PROXY"]};
}

}  // namespace aadssh
