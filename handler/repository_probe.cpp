// SPDX-License-Identifier: MIT
#include "handler/repository_probe.hpp"

#include "handler/log.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>

namespace aadssh {
namespace {

/// "packages.microsoft.com:443"
std::string host_and_port(const std::string& url) {
    const bool tls = url.starts_with("https:");
    const auto start = url.find("//") == std::string::npos ? 0 : url.find("//") + 2;
    std::string host = url.substr(start, url.find('/', start) - start);
    if (const auto at = host.rfind('@'); at != std::string::npos) {
        host.erase(0, at + 1);
    }
    const auto colon = host.rfind(':');
    const bool has_port = colon != std::string::npos && host.find(']', colon) == std::string::npos;
    return has_port ? host : host + (tls ? ":443" : ":80");
}

}  // namespace

std::string describe_http(const std::string& url,
                          const HttpResponse& response,
                          const std::string& proxy) {
    const auto host = host_and_port(url);
    const auto via =
        proxy.empty() ? std::string() : fmt::format(" through the proxy {}", host_and_port(proxy));
    using Failed = HttpResponse::Failure;
    switch (response.failure) {
        case Failed::none:
            return fmt::format("{} answered HTTP {} for {}{}", host, response.status, url, via);
        case Failed::name_lookup:
            return fmt::format(
                "the name in {}{} cannot be resolved: {}", host, via, response.detail);
        case Failed::connect:
            return fmt::format("no connection to {}{}: {}", host, via, response.detail);
        case Failed::tls:
            return fmt::format("the TLS certificate or handshake of {}{} is not accepted: {}",
                               host,
                               via,
                               response.detail);
        case Failed::timed_out:
            return fmt::format("no answer from {}{} in time", host, via);
        case Failed::proxy:
            return fmt::format("the proxy {} refused: {}", host_and_port(proxy), response.detail);
        case Failed::cut_off:
        case Failed::too_big:
        case Failed::other:
            break;
    }
    return fmt::format("the answer of {}{} could not be read: {}", host, via, response.detail);
}

std::string http_remedy(const HttpResponse& response) {
    const auto says = [&](std::string_view words) {
        return response.detail.find(words) != std::string::npos;
    };
    // OpenSSL's words (X509_verify_cert_error_string(3)).
    if (says("certificate is not yet valid") || says("certificate has expired")) {
        return "compare this VM's clock with the real time (timedatectl) and set it (timedatectl "
               "set-ntp true, or chronyc makestep); if it is right, the server or a proxy before "
               "it shows a certificate that is not valid today; then run the extension again";
    }
    if (response.failure == HttpResponse::Failure::tls) {
        return "if a proxy or firewall inspects TLS here, add its CA to this VM's trust store "
               "(/usr/local/share/ca-certificates "
               "and update-ca-certificates, or the distribution's equal), or except the host from "
               "inspection; then run the "
               "extension again";
    }
    return {};
}

Probe probe_repository(World& world,
                       const Repository& repository,
                       const ProxySettings& proxies,
                       const Deadline& deadline) {
    HttpRequest request;
    request.url = metadata_url(repository);
    request.proxy = proxies.for_url(request.url);
    request.no_proxy = proxies.bypass;
    request.connect_limit = deadline.at_most(Seconds(10));
    request.limit = deadline.at_most(Seconds(20));
    const auto response = world.http.get(request);
    Probe probe;
    probe.detail = scrub(describe_http(request.url, response, request.proxy));
    probe.remedy = http_remedy(response);
    if (response.failure == HttpResponse::Failure::none) {
        probe.answer = response.status == 200   ? Probe::Answer::there
                       : response.status == 404 ? Probe::Answer::absent
                                                : Probe::Answer::refused;
    }
    log_info("probe: " + probe.detail);
    return probe;
}

}  // namespace aadssh
