// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"

#include <string>

namespace aadssh {

/// What IMDS says about the VM's managed identities. The token endpoint without a selector gives
/// the system-assigned identity or, where there is none, the only user-assigned one, so a token
/// proves nothing by itself: the claim xms_mirid tells them apart.
/// (learn.microsoft.com/entra/identity/managed-identities-azure-resources: how-to-use-vm-token,
/// managed-identities-faq)
struct Identity {
    enum class Kind {
        system_assigned,
        presumed,  ///< its claim is missing or of an unknown kind: accepted, with a warning
        user_assigned_only,  ///< one or several, and no system-assigned one
        none,
        unreachable,  ///< no usable answer: says nothing about the identity
    };
    Kind kind = Kind::unreachable;
    /// Phrase for people: the resource id, or what IMDS answered; never the token.
    std::string detail;
    std::string cloud;  ///< azEnvironment, "AzurePublicCloud" when unknown

    bool missing() const { return kind == Kind::none || kind == Kind::user_assigned_only; }
};

/// How patient to be. `missing_again` bounds the wait for an identity assigned a moment ago,
/// `unreachable_again` the retries of 404, 410, 429, 5xx and of no answer at all.
struct IdentityPatience {
    Seconds missing_again{};
    Seconds unreachable_again{};
};

/// 120 s for a missing identity on a VM up for less than 10 minutes, else 20 s; 10 s for
/// unreachable where a verified package is in place already (it is then only a warning), else as
/// long as an update of IMDS takes, with a question at its end.
IdentityPatience identity_patience(Seconds uptime, bool package_in_place);

/// Asks IMDS directly, never through a proxy, inside the deadline. Requests: azEnvironment for the
/// audience, then the token.
Identity ask_identity(World& world, const Deadline& deadline, const IdentityPatience& patience);

/// The kind that a token's payload tells; `detail` is the claim. Exposed for tests.
Identity identity_of_token(const std::string& access_token);

}  // namespace aadssh
