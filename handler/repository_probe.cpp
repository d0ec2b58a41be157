// SPDX-License-Identifier: MIT
#include "handler/repository_probe.hpp"

#include "handler/log.hpp"
#include "handler/patient_get.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>

namespace aadssh {

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
            return fmt::format("the TLS certificate or handshake of {}{} is not accepted: {}{}",
                               host,
                               via,
                               response.detail,
                               response.issuer.empty() ? std::string()
                                                       : fmt::format("; the certificate that was "
                                                                     "seen was issued by {}",
                                                                     response.issuer));
        case Failed::timed_out:
            return fmt::format("no answer from {}{} in time: {}", host, via, response.detail);
        case Failed::proxy:
            return fmt::format("the proxy {} refused to lead to {}: {}",
                               host_and_port(proxy),
                               host,
                               response.detail);
        case Failed::proxy_unreachable:
            return fmt::format("the proxy {} on the way to {} cannot be reached: {}",
                               host_and_port(proxy),
                               host,
                               response.detail);
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
    using Failed = HttpResponse::Failure;
    if (response.failure == Failed::proxy || response.failure == Failed::proxy_unreachable) {
        return "see that this proxy runs, lets this VM through to that host, and is named with the "
               "user name and password that it wants, or name another in the setting proxy.url; "
               "then run the extension again";
    }
    if (response.failure == Failed::none && (response.status == 429 || response.status == 503)) {
        return "wait some minutes, then run the extension again; the server has too much to do, or "
               "gets too many requests from this network's address";
    }
    if (response.failure == Failed::tls) {
        return "if a proxy or firewall inspects TLS here, add its CA to this VM's trust store "
               "(Debian and Ubuntu: /usr/local/share/ca-certificates, then update-ca-certificates; "
               "SUSE: /etc/pki/trust/anchors, then update-ca-certificates; others: "
               "/etc/pki/ca-trust/source/anchors, then update-ca-trust), or except the host from "
               "inspection; then run the extension again";
    }
    return {};
}

Probe probe_repository(World& world,
                       const Repository& repository,
                       const ProxySettings& proxies,
                       const Deadline& deadline,
                       Look look) {
    HttpRequest request;
    request.url = metadata_url(repository);
    request.proxy = proxies.for_url(request.url);
    request.no_proxy = proxies.bypass;
    // What does not answer must leave time for another repository.
    const bool chooses = look == Look::to_choose;
    const Deadline part(world.clock,
                        std::chrono::ceil<Seconds>(deadline.left() / (chooses ? 4 : 1)));
    request.connect_limit = part.at_most(Seconds(10));
    request.limit = part.at_most(Seconds(20));
    const auto response = chooses ? get_patiently(world, request, part) : world.http.get(request);
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
