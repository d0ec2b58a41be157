// SPDX-License-Identifier: MIT
#pragma once
#include "handler/proxy.hpp"
#include "handler/sys/world.hpp"
#include "installers/repository.hpp"

#include <string>

namespace aadssh {

/// Our own look at a repository, made only to choose between several or to explain a failure:
/// whether the package is there is for the package manager to say, whose proxy and CA bundle may be
/// configured where ours are not.
struct Probe {
    enum class Answer { there, absent, refused, unreachable };
    Answer answer = Answer::unreachable;
    std::string remedy;  ///< what mends it where that is not plain "allow HTTPS"; else empty
    std::string detail;  ///< phrase with host and port: "the name packages.microsoft.com cannot be
                         ///< resolved"
};

/// Why a repository is looked at: to choose among several, a busy server is asked again; to explain
/// a failure, it is asked once.
enum class Look { to_choose, to_explain };

/// GET of dists/<suite>/InRelease or repodata/repomd.xml; never of a folder, which answers 403, 404
/// or 200 as the server likes (MicrosoftDocs/entra-docs#542).
Probe probe_repository(World& world,
                       const Repository& repository,
                       const ProxySettings& proxies,
                       const Deadline& deadline,
                       Look look);

/// What a person does about a failure that opening the firewall does not mend; else empty.
std::string http_remedy(const HttpResponse& response);

/// What went wrong with a request, naming host and port.
std::string describe_http(const std::string& url,
                          const HttpResponse& response,
                          const std::string& proxy);

}  // namespace aadssh
