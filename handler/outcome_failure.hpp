// SPDX-License-Identifier: MIT
#pragma once
#include "handler/apply.hpp"
#include "handler/failure.hpp"
#include "handler/run_context.hpp"
#include "installers/catalogue.hpp"

namespace aadssh {

/// locked 56, not_published 51, network 20, signature 61, no_space / unmet / interrupted 52,
/// failed 21.
ExitCode exit_code_for(Outcome outcome);

/// What a person is told when a plan failed. Looks at the repository once more where that explains
/// a network failure.
Failure outcome_failure(RunContext& run,
                        const Support& support,
                        const Repository& repository,
                        const Applied& applied);

}  // namespace aadssh
