// SPDX-License-Identifier: MIT
#include "installers/repository.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/fuzz/source_file_target.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace aadssh {

void try_input(std::string_view input) {
    const std::string path = "/etc/yum.repos.d/a.repo";
    const std::vector<SourceEntry> entries = parse_repo_file(path, input);
    const Repository repository{.url = "https://packages.microsoft.com/rhel/9/prod",
                                .spellings = {},
                                .id = "packages-microsoft-com-prod"};
    search(entries, repository);

    std::string text;
    for (const SourceEntry& entry : entries) {
        must(!entry.id.empty() && entry.file == path, "a repository has an id and a file");
        text += fmt::format("[{}]\nenabled={}\nbaseurl={}\ngpgkey={}\n",
                            entry.id,
                            entry.enabled ? 1 : 0,
                            fmt::join(entry.uris, " "),
                            entry.signed_by);
    }
    const std::vector<SourceEntry> again = parse_repo_file(path, text);
    must(again.size() == entries.size(), "as many repositories are read as were written");
    for (std::size_t i = 0; i < entries.size(); ++i) {
        must(again[i].id == entries[i].id && again[i].enabled == entries[i].enabled &&
                 again[i].uris == entries[i].uris && again[i].signed_by == entries[i].signed_by,
             "a repository reads the same after it was written");
    }
}

}  // namespace aadssh
