// SPDX-License-Identifier: MIT
#include "handler/import_keys.hpp"

#include "handler/log.hpp"
#include "handler/packages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>

namespace aadssh {

Outcome import_keys(RunContext& run,
                    const PackageTool& tool,
                    const ImportKeys& step,
                    const std::function<Outcome(const RunTool&)>& carry_out) {
    std::vector<std::string> keys;
    std::ranges::transform(step.keys, std::back_inserter(keys), key_package);
    const auto wanted = absent_packages(run.world, tool, keys);
    if (wanted.empty()) {
        log_info("not needed: the database holds these keys");
        return Outcome::ok;
    }
    for (const auto& key : wanted) {
        run.state.record_package(key);
    }
    run.store.save(run.state);
    RunTool import;
    import.purpose = describe(step);
    import.kind = ToolRun::transaction;
    import.argv = step.argv;
    const auto outcome = carry_out(import);
    const auto refused = absent_packages(run.world, tool, keys);
    for (const auto& key : refused) {
        run.state.forget_package(key);
        log_warning(fmt::format("the package database does not take the key {}", key));
    }
    run.store.save(run.state);
    if (refused.size() < keys.size()) {
        return Outcome::ok;
    }
    return outcome == Outcome::ok || outcome == Outcome::failed ? Outcome::signature : outcome;
}

}  // namespace aadssh
