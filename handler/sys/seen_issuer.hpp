// SPDX-License-Identifier: MIT
#pragma once
#include <curl/curl.h>

#include <string>

namespace aadssh {

/// Has the server's certificate checked as ever and notes, when it is refused, who issued the last
/// one of its chain, as "CN=Example Proxy CA,O=Example": behind a proxy that inspects TLS that is
/// the authority which this machine lacks. `issuer` must outlive the transfer.
void note_refused_issuer(CURL* easy, std::string& issuer);

}  // namespace aadssh
