// SPDX-License-Identifier: MIT
#pragma once
#include "handler/apply.hpp"
#include "handler/failure.hpp"
#include "installers/apt.hpp"
#include "tests/unit/machines.hpp"

#include <optional>

namespace aadssh {

/// A machine on which single steps are carried out.
struct Plans {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run = context(world);

    Applied apply_steps(std::vector<Step> steps) {
        return apply(run, apt, {.title = "Test", .steps = std::move(steps), .notes = {}});
    }
    /// How apt-get answers, in turn.
    void answers(std::vector<CommandResult> results) {
        vm.fake.processes.on_each({"apt-get"}, std::move(results));
    }
    std::optional<ExitCode> code(std::vector<Step> steps) {
        try {
            apply_steps(std::move(steps));
        } catch (const Failure& failure) {
            message = failure.message();
            return failure.code;
        }
        return std::nullopt;
    }
    std::string message;
};

inline RunTool tool(ToolRun kind, std::vector<std::string> argv = {"apt-get", "x"}) {
    RunTool step;
    step.purpose = "try it";
    step.kind = kind;
    step.argv = std::move(argv);
    return step;
}

inline RunTool installing(const std::string& package) {
    auto step = tool(ToolRun::transaction, {"apt-get", "--no-download", "install", package});
    step.package = package;
    return step;
}

}  // namespace aadssh
