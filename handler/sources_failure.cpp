// SPDX-License-Identifier: MIT
#include "handler/sources_failure.hpp"

#include "handler/facts.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <vector>

namespace aadssh {
namespace {

/// Files with an entry for the URI and suite that apt's words are about: "Conflicting values set
/// for option Signed-By regarding source https://host/path/ suite: ..."
/// (apt-pkg/deb/debmetaindex.cc); apt ends every URI with a slash.
std::set<std::string> files_about(const RunContext& run,
                                  const PackageTool& tool,
                                  const std::string& words) {
    std::set<std::string> files;
    std::vector<std::string> unread;
    for (const auto& entry : read_sources(run.world, tool, unread)) {
        for (const auto& uri : entry.uris) {
            const auto* const slash = uri.ends_with('/') ? "" : "/";
            const bool named = std::ranges::any_of(entry.suites, [&](const std::string& suite) {
                return words.find(fmt::format("source {}{} {}:", uri, slash, suite)) !=
                       std::string::npos;
            });
            if (named) {
                files.insert(entry.file);
            }
        }
    }
    return files;
}

}  // namespace

Failure sources_failure(const RunContext& run, const Support& support, const Applied& applied) {
    const auto& tool = *support.row->tool;
    const auto files = files_about(run, tool, applied.words);
    const auto look = repair_hint(tool, Outcome::sources);
    return {ExitCode::missing_dependency,
            Phase::repository,
            fmt::format("{} cannot read the list of repositories of this machine, so \"{}\" failed "
                        "and nothing was changed",
                        tool.name,
                        applied.purpose),
            applied.words,
            files.empty()
                ? fmt::format("correct the file that is named there ({} shows whether it is "
                              "mended), then run the extension again",
                              look)
                : fmt::format("in {} have one entry alone, or the same Signed-By in all ({} shows "
                              "whether it is mended), then run the extension again",
                              fmt::join(files, " and "),
                              look)};
}

std::string foreign_url(std::string_view words, const Repository& repository) {
    for (auto at = words.find("http"); at != std::string_view::npos;
         at = words.find("http", at + 1)) {
        const auto rest = words.substr(at);
        const auto url = rest.substr(0, rest.find_first_of(" \t\n,;()[]'\"|"));
        const bool is_url = url.starts_with("http://") || url.starts_with("https://");
        const auto path_at = url.find('/', url.find("//") + 2);
        // A URL without a path is a proxy's.
        if (is_url && path_at != std::string_view::npos &&
            !std::string_view(repository.url).starts_with(url.substr(0, path_at + 1))) {
            return std::string(url);
        }
    }
    return {};
}

}  // namespace aadssh
