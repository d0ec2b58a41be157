// SPDX-License-Identifier: MIT
#pragma once
#include <curl/curl.h>

#include <string>

namespace aadssh {

/// What is seen of a transfer's TLS.
struct SeenTls {
    bool begun = false;  ///< the connection was made, and the handshake with the server began
    /// Who issued the last certificate of a chain that was refused, as "CN=Example CA,O=Example":
    /// behind a proxy that inspects TLS that is the authority which this machine lacks.
    std::string refused_issuer;
};

/// The server's certificate is checked as ever. `seen` must outlive the transfer.
void watch_tls(CURL* easy, SeenTls& seen);

}  // namespace aadssh
