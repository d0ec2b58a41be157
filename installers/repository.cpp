// SPDX-License-Identifier: MIT
#include "installers/repository.hpp"

#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

struct UriParts {
    std::string_view scheme;
    std::string_view host;  ///< with the port, without user and password
    std::string_view path;  ///< from the first slash on
};

UriParts take_apart(std::string_view uri) {
    UriParts parts;
    if (const std::size_t end = uri.find("://"); end != std::string_view::npos) {
        parts.scheme = uri.substr(0, end);
        uri.remove_prefix(end + 3);
    }
    const std::size_t slash = std::min(uri.find('/'), uri.size());
    parts.host = uri.substr(0, slash);
    parts.path = uri.substr(slash);
    if (const std::size_t at = parts.host.rfind('@'); at != std::string_view::npos) {
        parts.host.remove_prefix(at + 1);
    }
    return parts;
}

/// The same text for all ways to write one repository; empty for schemes that are not HTTP.
std::string canonical(std::string_view uri) {
    const UriParts parts = take_apart(uri);
    const std::string scheme = lower(parts.scheme);
    if (scheme != "http" && scheme != "https") {
        return {};
    }
    std::string host = lower(parts.host);
    if (const std::string port = scheme == "https" ? ":443" : ":80"; host.ends_with(port)) {
        host.resize(host.size() - port.size());
    }
    std::string_view path = parts.path;
    while (path.ends_with('/')) {
        path.remove_suffix(1);
    }
    return host + std::string(path);
}

bool has(const std::vector<std::string>& list, const std::string& item) {
    return std::ranges::find(list, item) != list.end();
}

}  // namespace

std::string_view matching_uri(const SourceEntry& entry, const Repository& repository) {
    std::vector<std::string> wanted = {canonical(repository.url)};
    for (const std::string& spelling : repository.spellings) {
        wanted.push_back(canonical(spelling));
    }
    for (const std::string& uri : entry.uris) {
        const std::string have = canonical(uri);
        if (!have.empty() && has(wanted, have)) {
            return uri;
        }
    }
    return {};
}

const SourceEntry* find_source(const std::vector<SourceEntry>& entries,
                               const Repository& repository,
                               const std::string& architecture) {
    const bool has_suites = !repository.suite.empty();
    for (const SourceEntry& entry : entries) {
        const bool serves = entry.architectures.empty() || has(entry.architectures, architecture);
        const bool same_part = !has_suites || (has(entry.suites, repository.suite) &&
                                               has(entry.components, repository.component));
        if (entry.enabled && serves && same_part && !matching_uri(entry, repository).empty()) {
            return &entry;
        }
    }
    return nullptr;
}

std::string name_of(const Repository& repository) {
    return repository.suite.empty() ? repository.url : repository.url + " " + repository.suite;
}

std::string metadata_url(const Repository& repository) {
    return repository.suite.empty()
               ? repository.url + "/repodata/repomd.xml"
               : fmt::format("{}/dists/{}/InRelease", repository.url, repository.suite);
}

bool names_key(std::string_view signed_by, std::string_view path) {
    std::string words(signed_by);
    std::ranges::replace(words, ',', ' ');
    constexpr std::string_view scheme = "file://";
    return std::ranges::any_of(words_of(words), [&](std::string_view word) {
        return word.substr(word.starts_with(scheme) ? scheme.size() : 0) == path;
    });
}

std::string own_source_text(const Repository& repository,
                            std::string_view architecture,
                            std::string_view signed_by) {
    // Without "arch", apt tells everyone on a machine with a foreign architecture that this
    // repository lacks it. "arch" may differ from other entries for the same repository; Signed-By
    // may not (apt apt-pkg/deb/debmetaindex.cc).
    const std::string key = signed_by.empty() ? "" : fmt::format(" signed-by={}", signed_by);
    return fmt::format(
        "# Made by the AADSSHLoginForLinux extension handler; removed when the extension is "
        "removed.\n"
        "deb [arch={}{}] {} {} {}\n",
        architecture,
        key,
        repository.url,
        repository.suite,
        repository.component);
}

std::string list_file_prefix(std::string_view uri, std::string_view suite) {
    const UriParts parts = take_apart(uri);
    const std::string place = fmt::format(
        "{}{}{}dists/{}/", parts.host, parts.path, parts.path.ends_with('/') ? "" : "/", suite);
    std::string name;
    for (const char c : place) {
        if (c == '/') {
            name += '_';
        } else if (c <= ' ' || c > '~' || contains("\\|{}[]<>\"^~_=!@#$%&*", {&c, 1})) {
            name += fmt::format("%{:02x}", static_cast<unsigned char>(c));
        } else {
            name += c;
        }
    }
    return name;
}

}  // namespace aadssh
