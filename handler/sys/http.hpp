// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <map>
#include <string>

namespace aadssh {

struct HttpRequest {
    std::string url;
    std::map<std::string, std::string> headers;
    bool direct = false;   ///< never through a proxy, whatever the environment says (IMDS)
    std::string proxy;     ///< proxy for this request when not `direct`; empty: none
    std::string no_proxy;  ///< hosts that `proxy` is not used for, as in the variable no_proxy
    std::chrono::milliseconds connect_limit = std::chrono::seconds(10);
    std::chrono::milliseconds limit = std::chrono::seconds(30);
    std::size_t body_cap = 1U << 20U;
};

/// What came back. `failure` is none exactly when `status` and `body` are an answer of the server.
struct HttpResponse {
    enum class Failure {
        none,
        name_lookup,
        connect,
        tls,
        timed_out,
        cut_off,
        too_big,
        proxy,              ///< the proxy answered, and refused
        proxy_unreachable,  ///< its name is unknown, or it takes no connection
        other
    };
    Failure failure = Failure::none;
    long status = 0;
    std::string body;
    std::map<std::string, std::string> headers;  ///< names in lower case
    std::string detail;  ///< for a failure: libcurl's words, e.g. "Could not resolve host: ...";
                         ///< when timed out, how far it came: "no connection was made"
    std::string issuer;  ///< of the certificate that was refused, "CN=..."; else empty

    bool ok() const { return failure == Failure::none && status == 200; }
};

/// GET only. Redirects are not followed, at most `body_cap` bytes are read, certificates are
/// checked against the machine's CA bundle (SSL_CERT_FILE and SSL_CERT_DIR are honoured).
class Http {
  public:
    virtual ~Http() = default;
    virtual HttpResponse get(const HttpRequest& request) = 0;
};

/// The machine's CA bundle: the first readable of the distributions' usual places; empty when there
/// is none.
class Files;
std::string find_ca_bundle(const Files& files);

}  // namespace aadssh
