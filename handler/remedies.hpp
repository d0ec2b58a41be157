// SPDX-License-Identifier: MIT
#pragma once
#include "handler/apply.hpp"
#include "handler/run_context.hpp"
#include "installers/plan.hpp"

#include <functional>

namespace aadssh {

/// Runs a step and, as long as there is a remedy for what it came to, the remedy and the step
/// again. A remedy whose wait would leave too little time for a transaction is not begun; how long
/// a busy server wants to be left alone, it is asked. What a remedy's own step said when it failed
/// is added to the words of the result.
Outcome run_with_remedies(RunContext& run,
                          RunTool step,
                          const std::function<Outcome(const RunTool&)>& run_once,
                          Applied& result);

}  // namespace aadssh
