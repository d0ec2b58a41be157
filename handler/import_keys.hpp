// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "installers/package_tool.hpp"

#include <functional>

namespace aadssh {

/// Makes rpm's database hold the keys of a file, and puts those on record that it did not hold
/// before: they are ours to take out again. Some may be refused; not ok when none is there
/// afterwards. `carry_out` runs the command as a transaction.
Outcome import_keys(RunContext& run,
                    const PackageTool& tool,
                    const ImportKeys& step,
                    const std::function<Outcome(const RunTool&)>& carry_out);

}  // namespace aadssh
