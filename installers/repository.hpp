// SPDX-License-Identifier: MIT
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace aadssh {

/// One rung of the ladder: a repository that may carry the package.
struct Repository {
    std::string url;  ///< "https://packages.microsoft.com/ubuntu/24.04/prod", no slash at the end
    std::vector<std::string> spellings;  ///< other URLs of the same repository
    std::string suite;                   ///< apt: "noble"; empty for an rpm repository
    std::string component = "main";      ///< apt
    std::string id;        ///< rpm: the section of its file, "packages-microsoft-com-prod"
    std::string provider;  ///< the distribution's package that brings the repository's file and
                           ///< keys; empty: we write our own
};

/// "https://packages.microsoft.com/ubuntu/24.04/prod noble", for people.
std::string name_of(const Repository& repository);

/// The file by which the repository's presence shows; folders answer 403, 404 or 200 at the
/// server's whim (microsoft/linux-package-repositories#44).
std::string metadata_url(const Repository& repository);

/// One entry of a source file: apt's (sources.list(5)), in either format, or a section of a .repo
/// file (dnf.conf(5), "[repo] options").
struct SourceEntry {
    std::string file;
    std::string id;       ///< rpm: the section
    bool enabled = true;  ///< rpm: a section that is not may hold an id that we would use
    bool deb822 = false;
    std::vector<std::string> uris;
    std::vector<std::string> suites;
    std::vector<std::string> components;
    std::vector<std::string> architectures;  ///< empty: all
    std::string signed_by;                   ///< path or key text; empty when absent
    std::string text;                        ///< the entry alone, fit to stand in a file of its own
};

/// The enabled binary entries ("deb") of an apt file; disabled, commented, "deb-src"-only and
/// malformed ones are left out. The format follows from the name: .sources is deb822, all else
/// one-line. Only the first MiB counts.
std::vector<SourceEntry> parse_source_file(const std::string& path, std::string_view text);

/// The sections of a .repo file. One that names no baseurl but a list of mirrors, or nothing at
/// all, has no URIs, yet it holds its id. Only the first MiB counts.
std::vector<SourceEntry> parse_repo_file(const std::string& path, std::string_view text);

/// The enabled entry that already offers this repository to this architecture: any spelling, http
/// or https, with or without a slash at the end, host in any case. nullptr when there is none.
const SourceEntry* find_source(const std::vector<SourceEntry>& entries,
                               const Repository& repository,
                               const std::string& architecture);

/// Whether the words of a Signed-By or gpgkey, with commas or blanks between them, name this file.
bool names_key(std::string_view signed_by, std::string_view path);

/// Which of the entry's URIs is this repository, as the entry spells it; empty when none is.
std::string_view matching_uri(const SourceEntry& entry, const Repository& repository);

/// Our own one-line source file for apt, with a mark that says who made it. `signed_by` empty: none
/// is written.
std::string own_source_text(const Repository& repository,
                            std::string_view architecture,
                            std::string_view signed_by);

/// Our own .repo file: section, name and baseurl as Microsoft's packages-microsoft-prod writes
/// them, so that either may come after the other; only gpgkey names the file of ours.
std::string own_repo_text(const Repository& repository, std::string_view keyring);

/// How apt names the lists of an entry's suite:
/// "packages.microsoft.com_ubuntu_24.04_prod_dists_noble_" (apt-pkg/contrib/strutl.cc
/// URItoFileName).
std::string list_file_prefix(std::string_view uri, std::string_view suite);

}  // namespace aadssh
