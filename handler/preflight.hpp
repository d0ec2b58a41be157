// SPDX-License-Identifier: MIT
#pragma once
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "handler/identity.hpp"
#include "handler/run_context.hpp"

namespace aadssh {

/// What must hold before anything is changed: a system that can be changed (51), no legacy
/// extension (23), PAM files that pam-auth-update would write (21), then a system-assigned identity
/// (22, or 60 when IMDS does not answer). Each
/// finding is noted; the first that is fatal is thrown. With `package_in_place`, an IMDS that does
/// not answer is a warning only: a slow IMDS at boot must not turn a working VM red. Legacy comes
/// first because it needs no waiting.
void preflight(RunContext& run, const Facts& facts, bool package_in_place);

void note_support(RunContext& run, const Facts& facts);
void check_legacy(RunContext& run, const Facts& facts);

/// Warns of another publisher's extension that does the same.
void note_twins(RunContext& run, const Facts& facts);

/// Throws 21 where the package's script could not add its module to the PAM files.
void check_pam_files(RunContext& run);

void check_identity(RunContext& run, bool package_in_place, const IdentityPatience& patience);

/// Throws 51 where packages cannot be installed at all and the package did not come with the image.
void check_changeable(const Facts& facts, bool package_in_place);

/// Whether install leaves the installed package as it is and has no plan, because the administrator
/// holds it or the system is immutable; then notes so.
bool note_kept_package(RunContext& run, const Facts& facts);

}  // namespace aadssh
