// SPDX-License-Identifier: MIT
#pragma once
#include "handler/apply.hpp"
#include "handler/failure.hpp"
#include "handler/run_context.hpp"
#include "installers/catalogue.hpp"

#include <string>
#include <string_view>

namespace aadssh {

/// For Outcome::sources: the tool refuses to read this machine's repository files. Names those that
/// contradict each other, which the tool's words do not.
Failure sources_failure(const RunContext& run, const Support& support, const Applied& applied);

/// The first URL in a tool's words that is not of this repository; empty when there is none.
std::string foreign_url(std::string_view words, const Repository& repository);

}  // namespace aadssh
