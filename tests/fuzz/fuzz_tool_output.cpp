// SPDX-License-Identifier: MIT
// What the package managers print.
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/tdnf.hpp"
#include "installers/yum.hpp"
#include "installers/zypper.hpp"
#include "tests/fuzz/fuzz.hpp"

namespace aadssh {

void try_input(std::string_view input) {
    for (const PackageTool* tool : {&apt, &dnf, &tdnf, &yum, &zypper}) {
        for (const ToolRun run :
             {ToolRun::query, ToolRun::refresh, ToolRun::download, ToolRun::transaction}) {
            for (const int code : {0, 1, 100}) {
                tool->classify(run, code, input);
            }
        }
        for (const PackageState& state : tool->parse_states(input)) {
            must(!state.name.empty(), "a package has a name");
        }
        const std::string version = tool->newest_version(input);
        must(version.find_first_of(" \n") == std::string::npos, "a version is one word");
        must(tool->parse_owner(input).find('\n') == std::string::npos, "an owner is one line");
        tool->query_failed(1, input);
        tool->culprit(input);
    }
}

}  // namespace aadssh
