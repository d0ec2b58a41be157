// SPDX-License-Identifier: MIT
// What the package managers print. The first byte of an input chooses the tool, what it was run for
// and its exit code.
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/tdnf.hpp"
#include "installers/yum.hpp"
#include "installers/zypper.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <array>

namespace aadssh {

void try_input(std::string_view input) {
    constexpr std::array tools{&apt, &dnf, &tdnf, &yum, &zypper};
    constexpr std::array runs{
        ToolRun::query, ToolRun::refresh, ToolRun::download, ToolRun::transaction};
    constexpr std::array codes{0, 1, 100};
    if (input.empty()) {
        return;
    }
    const std::size_t choice = static_cast<unsigned char>(input[0]);
    const PackageTool& tool = *tools.at(choice % tools.size());
    const ToolRun run = runs.at(choice / tools.size() % runs.size());
    const int code = codes.at(choice / tools.size() / runs.size() % codes.size());
    const std::string_view text = input.substr(1);
    tool.classify(run, code, text);
    for (const PackageState& state : tool.parse_states(text)) {
        must(!state.name.empty(), "a package has a name");
    }
    for (const std::string& version : tool.published_versions(text)) {
        must(version.find_first_of(" \n") == std::string::npos, "a version is one word");
    }
    const std::string newest = tool.newest_version(text);
    must(newest.find_first_of(" \n") == std::string::npos, "a version is one word");
    must(tool.parse_owner(text).find('\n') == std::string::npos, "an owner is one line");
    tool.query_failed(code, text);
    tool.culprit(text);
}

}  // namespace aadssh
