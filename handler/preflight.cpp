// SPDX-License-Identifier: MIT
#include "handler/preflight.hpp"

#include "handler/log.hpp"
#include "handler/packages.hpp"
#include "handler/pam_stack.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace aadssh {
namespace {

using Level = Substatus::Level;

[[noreturn]] void no_identity(RunContext& run, const Identity& identity) {
    const auto code = ExitCode::no_system_identity;
    const bool user_assigned = identity.kind == Identity::Kind::user_assigned_only;
    const auto detail =
        (user_assigned ? "there are only user-assigned ones, which sign-in cannot use: " : "") +
        identity.detail;
    run.note({"identity",
              Level::error,
              static_cast<int>(code),
              "No system-assigned managed identity: " + detail + "."});
    throw Failure(code,
                  Phase::preflight,
                  "this VM has no system-assigned managed identity",
                  detail,
                  "az vm identity assign -g <group> -n <vm> (for a scale set: az vmss identity "
                  "assign), then run the extension again");
}

void no_answer(RunContext& run, const Identity& identity, bool package_in_place) {
    const auto code = ExitCode::imds_unreachable;
    const auto text =
        fmt::format("The Instance Metadata Service (IMDS) did not tell this VM's identity: {}.",
                    identity.detail);
    if (package_in_place) {
        run.note({"identity", Level::warning, static_cast<int>(code), text});
        return;
    }
    run.note({"identity", Level::error, static_cast<int>(code), text});
    throw Failure(code,
                  Phase::preflight,
                  "the Azure Instance Metadata Service (IMDS) did not say which identity this VM "
                  "has",
                  identity.detail,
                  "see that this VM reaches http://169.254.169.254 without a proxy, and that no "
                  "route, firewall or agent on it blocks or answers for IMDS, for example with "
                  "curl --noproxy '*' -H Metadata:true "
                  "'http://169.254.169.254/metadata/instance?api-version=2021-02-01'; then run the "
                  "extension again");
}

}  // namespace

void note_support(RunContext& run, const Facts& facts) {
    if (!facts.support.note.empty()) {
        run.note({"distribution", Level::warning, 0, facts.support.note});
    }
    if (facts.support.row->keyring.empty() && !run.settings.key_url.empty()) {
        run.note({"settings",
                  Level::warning,
                  0,
                  fmt::format("repository.signingKeys and repository.keyUrl have no effect on {}: "
                              "its own packages bring the repository and its keys.",
                              facts.support.distribution)});
    }
}

void check_legacy(RunContext& run, const Facts& facts) {
    const auto code = ExitCode::legacy_extension_present;
    std::vector<std::string> blocking;
    std::vector<std::string> removals;
    std::vector<std::string> leftovers;
    for (const auto& remnant : facts.legacy) {
        if (remnant.blocks) {
            blocking.push_back(remnant.what);
            removals.push_back(remnant.removal);
        } else {
            leftovers.push_back(
                fmt::format("{} (to remove it, {})", remnant.what, remnant.removal));
        }
    }
    if (!blocking.empty()) {
        auto found = fmt::format("found {}", fmt::join(blocking, " and "));
        if (!leftovers.empty()) {
            found += fmt::format("; and what does no harm, {}", fmt::join(leftovers, ", "));
        }
        run.note({"legacy",
                  Level::error,
                  static_cast<int>(code),
                  fmt::format("AADLoginForLinux is still here: {}.", found)});
        throw Failure(code,
                      Phase::preflight,
                      "the deprecated extension AADLoginForLinux is still on this VM and cannot "
                      "live beside this one",
                      found,
                      fmt::format("{}; then run the extension again", fmt::join(removals, "; ")));
    }
    if (!leftovers.empty()) {
        run.note(
            {"legacy",
             Level::warning,
             0,
             fmt::format("Only a leftover of AADLoginForLinux: {}.", fmt::join(leftovers, ", "))});
        return;
    }
    run.note({"legacy", Level::success, 0, "AADLoginForLinux is not on this VM."});
}

void note_twins(RunContext& run, const Facts& facts) {
    if (!facts.twins.empty()) {
        run.note({"other-extension",
                  Level::warning,
                  0,
                  fmt::format("Another extension on this VM sets up the same sign-in with the same "
                              "package: {}. Keep one of them and remove the other (az vm extension "
                              "delete -g <group> --vm-name <vm> -n <name>). While both are here, "
                              "removing this one leaves the package in place.",
                              fmt::join(facts.twins, ", "))});
    }
}

void check_pam_files(RunContext& run) {
    std::set<std::string> seen;
    const auto change = local_pam_change(run.world);
    if (change.empty() || sshd_pam_has(run.world, "pam_aad.so", seen)) {
        return;  // where the module is in already, nothing needs to be written
    }
    const auto code = ExitCode::verification_failed;
    run.note({"pam",
              Level::error,
              static_cast<int>(code),
              fmt::format("PAM files were changed by something other than pam-auth-update: {}.",
                          change)});
    throw Failure(
        code,
        Phase::preflight,
        "PAM files of this VM are missing or were changed by something other than "
        "pam-auth-update, so it would refuse to add pam_aad to them; nothing was changed",
        change,
        "keep what you need of the change (a profile in /usr/share/pam-configs is left "
        "alone), on the VM, as root, run pam-auth-update --force, which saves the old files as "
        "/etc/pam.d/*.pam-old, then run the extension again");
}

void check_identity(RunContext& run, bool package_in_place, const IdentityPatience& patience) {
    const auto identity = ask_identity(run.world, run.deadline, patience);
    log_info("identity: " + identity.detail);
    switch (identity.kind) {
        case Identity::Kind::system_assigned:
            run.note(
                {"identity",
                 Level::success,
                 0,
                 fmt::format(
                     "System-assigned identity of {} in {}.", identity.detail, identity.cloud)});
            return;
        case Identity::Kind::presumed:
            run.note({"identity",
                      Level::warning,
                      0,
                      fmt::format("A token was issued, but whether to a system-assigned identity "
                                  "cannot be told: {}.",
                                  identity.detail)});
            return;
        case Identity::Kind::user_assigned_only:
        case Identity::Kind::none:
            no_identity(run, identity);
        case Identity::Kind::unreachable:
            break;
    }
    if (run.world.processes.interrupted()) {
        throw asked_to_end("the Instance Metadata Service was asked");  // which is not to blame
    }
    no_answer(run, identity, package_in_place);
}

bool note_kept_package(RunContext& run, const Facts& facts) {
    if (facts.login.installed() && !facts.immutable.empty()) {
        run.note({"repository",
                  Level::warning,
                  0,
                  fmt::format("aadsshlogin {} came with this system's image and is not upgraded: "
                              "{}.",
                              facts.login.version,
                              facts.immutable)});
        return true;
    }
    if (!facts.login.installed() || !facts.login.held) {
        return false;
    }
    run.note(
        {"repository",
         Level::warning,
         0,
         fmt::format("aadsshlogin is held at version {} by the administrator: it stays as it is "
                     "and is not upgraded.",
                     facts.login.version)});
    return true;
}

void check_changeable(const Facts& facts, bool package_in_place) {
    if (!facts.immutable.empty() && !package_in_place) {
        throw immutable_system(facts.immutable);
    }
}

void preflight(RunContext& run, const Facts& facts, bool package_in_place) {
    check_changeable(facts, package_in_place);
    check_legacy(run, facts);
    note_twins(run, facts);
    if (!package_in_place) {
        check_pam_files(run);
    }
    check_identity(
        run, package_in_place, identity_patience(run.world.clock.uptime(), package_in_place));
}

}  // namespace aadssh
