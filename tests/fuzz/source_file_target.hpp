// SPDX-License-Identifier: MIT
#pragma once
#include "installers/repository.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace aadssh {

inline const Repository& sought() {
    static const Repository repository{.url = "https://packages.microsoft.com/debian/12/prod",
                                       .spellings = {"https://pmc.example/debian/12/prod"},
                                       .suite = "bookworm"};
    return repository;
}

/// Looks for our repository among entries of any file.
inline void search(const std::vector<SourceEntry>& entries, const Repository& repository) {
    const SourceEntry* found = find_source(entries, repository, "amd64");
    must(!found || (found->enabled && !matching_uri(*found, repository).empty()),
         "a source that is found is this repository");
    for (const SourceEntry& entry : entries) {
        names_key(entry.signed_by, "/usr/share/keyrings/microsoft-prod.gpg");
        for (const std::string& uri : entry.uris) {
            const std::string name =
                list_file_prefix(uri, entry.suites.empty() ? "" : entry.suites.front());
            must(name.find_first_of(std::string_view("/\0\n", 3)) == std::string::npos,
                 "the name of a list stays in its folder");
        }
    }
}

/// The entries of an apt file; each of them, written into a file of its own, reads the same.
inline void try_source_file(const std::string& path, std::string_view text) {
    const std::vector<SourceEntry> entries = parse_source_file(path, text);
    search(entries, sought());
    for (const SourceEntry& entry : entries) {
        must(!entry.uris.empty() && !entry.suites.empty(), "an entry has a URI and a suite");
        const std::vector<SourceEntry> again = parse_source_file(path, entry.text);
        must(again.size() == 1, "an entry in a file of its own is one entry");
        must(again[0].uris == entry.uris && again[0].suites == entry.suites &&
                 again[0].components == entry.components &&
                 again[0].architectures == entry.architectures &&
                 again[0].signed_by == entry.signed_by && again[0].text == entry.text,
             "an entry in a file of its own reads the same");
    }
}

}  // namespace aadssh
