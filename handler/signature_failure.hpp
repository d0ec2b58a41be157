// SPDX-License-Identifier: MIT
#pragma once
#include "handler/failure.hpp"
#include "handler/run_context.hpp"
#include "installers/catalogue.hpp"

#include <string>

namespace aadssh {

/// What a person is told when a repository's signature was refused (61), told apart by the tool's
/// `words`: a clock that is wrong, a key that the keyring of the administrator's own source lacks
/// or that has expired there, or just a signature that is not the right one. Reads the sources.
Failure signature_failure(const RunContext& run,
                          const Support& support,
                          const Repository& repository,
                          const std::string& words);

}  // namespace aadssh
