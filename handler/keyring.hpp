// SPDX-License-Identifier: MIT
#pragma once
#include "handler/run_context.hpp"
#include "installers/plan.hpp"

#include <string>

namespace aadssh {

/// The bytes of the keyring that `step` asks for: the shipped keys and, if `url` is set, the
/// fetched ones. Throws Failure(signature_refused) when a primary key is not accepted,
/// Failure(repository_unreachable) when the file cannot be fetched, Failure(internal_error) when
/// the extension's own key files are damaged. Nothing is fetched from anywhere but `url`; redirects
/// are not followed.
std::string make_keyring(RunContext& run, const WriteKeyring& step);

/// Whether the keyring that is there holds a key that `step` does not accept, such as one that was
/// taken out of the settings.
bool holds_withdrawn_key(const World& world, const WriteKeyring& step);

}  // namespace aadssh
