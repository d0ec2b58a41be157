// SPDX-License-Identifier: MIT
#pragma once
#include <exception>
#include <string>
#include <string_view>

namespace aadssh {

/// The numbers that leave the program. 51, 52 and 53 are Azure's convention for causes on the
/// user's side (Azure/azure-marketplace wiki, "Extension Build Notes - Best Practices"); 22 and 23
/// are documented on learn.microsoft.com/entra/identity/devices/howto-vm-sign-in-azure-ad-linux. A
/// package manager's own code is never passed on.
enum class ExitCode {
    ok = 0,
    internal_error = 1,
    usage = 2,
    repository_unreachable = 20,
    verification_failed = 21,
    no_system_identity = 22,
    legacy_extension_present = 23,
    unsupported = 51,
    missing_dependency = 52,
    bad_settings = 53,
    package_manager_locked = 56,
    imds_unreachable = 60,
    signature_refused = 61,
    deadline_reached = 62,
    another_run = 63,
    bundle_refused = 64,
    protected_settings_unreadable = 65,
    transaction_running = 66,
};

/// Where in a run something went wrong; a word of the message people see.
enum class Phase { start, settings, preflight, repository, package, verification, removal };

std::string_view phase_name(Phase phase);

/// One row per code: what README and `--help` print.
struct ExitCodeText {
    ExitCode code;
    std::string_view meaning;
    std::string_view remedy;  ///< What a person does about it, in one sentence.
};

/// The row for `code`; every enumerator has one.
const ExitCodeText& exit_code_text(ExitCode code);

/// All rows, ascending by code.
const ExitCodeText* exit_code_texts_begin();
const ExitCodeText* exit_code_texts_end();

/// Ends a command. The three texts become the message: what is wrong, why we think so, what to do.
/// They are phrases without a full stop at the end; `cause` may be empty, `remedy` falls back to
/// the code's own. They may quote tools' output: only message() is fit to be shown.
struct Failure : std::exception {
    ExitCode code;
    Phase phase;
    std::string problem;
    std::string cause;
    std::string remedy;
    bool untouched = false;  ///< nothing was begun, or only a download: too little time or room

    Failure(ExitCode number,
            Phase where,
            std::string wrong,
            std::string why = {},
            std::string mend = {});

    const char* what() const noexcept override;

    /// "AADSSH-22 preflight: <problem> (<cause>). Fix: <remedy>." on one line and without secrets,
    /// cut to `limit` bytes in such a way that the problem and the remedy stay whole and the cause
    /// gives way first.
    std::string message(std::size_t limit = 1024) const;
};

}  // namespace aadssh
