// SPDX-License-Identifier: MIT
#include "handler/verify.hpp"

#include "handler/failure.hpp"
#include "handler/packages.hpp"
#include "handler/pam_stack.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>

namespace aadssh {
namespace {

constexpr std::size_t text_limit = 1024UL * 1024;
constexpr const char* certificate_handler = "/usr/sbin/aad_certhandler";

Substatus good(std::string name, std::string message) {
    return {std::move(name), Substatus::Level::success, 0, std::move(message)};
}
Substatus unsure(std::string name, std::string message) {
    return {std::move(name), Substatus::Level::warning, 0, std::move(message)};
}
Substatus bad(std::string name, std::string message) {
    return {std::move(name),
            Substatus::Level::error,
            static_cast<int>(ExitCode::verification_failed),
            std::move(message)};
}

Substatus check_package(World& world, const Facts& facts) {
    const auto state = ask_package(world, *facts.support.row->tool, login_package);
    if (state.installed()) {
        return good("package", fmt::format("{} {} is installed.", state.name, state.version));
    }
    return bad("package",
               state.status == PackageState::Status::broken
                   ? fmt::format("{} {} is only half installed.", state.name, state.version)
                   : fmt::format("{} is not installed.", state.name));
}

Substatus check_pam(const World& world) {
    std::set<std::string> seen;
    if (sshd_pam_has(world, "pam_aad.so", seen)) {
        return good("pam", "pam_aad is in the PAM stack that sshd uses.");
    }
    const auto profile = authselect_profile(world);
    return bad(
        "pam",
        fmt::format("pam_aad is not in the PAM stack that sshd uses (looked in {}{}).",
                    fmt::join(seen, ", "),
                    profile.empty() ? "" : "; these files are of authselect's profile " + profile));
}

Substatus check_nss(const World& world) {
    // SUSE's newer releases have the distribution's own file there until somebody writes another.
    const bool own = world.files.info("/etc/nsswitch.conf").has_value();
    const auto text =
        world.files.read(own ? "/etc/nsswitch.conf" : "/usr/etc/nsswitch.conf", text_limit).text;
    for (const auto& words : configured_words(text)) {
        const bool of_passwd = words.front().starts_with("passwd:");
        const bool named = std::ranges::find(words, "aad") != words.end();
        if (of_passwd && (named || words.front() == "passwd:aad")) {
            return good("nss", "aad is among the sources of passwd in /etc/nsswitch.conf.");
        }
    }
    return bad("nss", "aad is not among the sources of passwd in /etc/nsswitch.conf.");
}

/// Files that sshd refuses let nobody in once it is started again. What keeps -T from answering
/// beside that says nothing about them.
Substatus check_sshd(World& world, RunSshd folder) {
    const auto answer = ask_sshd(world, folder);
    if (!answer.trouble.empty()) {
        const auto complaint = sshd_complaint(world, folder);
        return complaint.empty()
                   ? unsure("sshd", answer.trouble)
                   : bad("sshd", fmt::format("sshd refuses its configuration: {}.", complaint));
    }
    const auto commands = answer.values("authorizedkeyscommand");
    const bool ours = std::ranges::any_of(commands, [](const std::string& command) {
        return command.substr(0, command.find(' ')) == certificate_handler;
    });
    if (ours) {
        return good("sshd",
                    fmt::format("sshd's files name {} for Entra users.", certificate_handler));
    }
    return bad("sshd",
               fmt::format("sshd's files do not name {} for Entra users: the Match block of "
                           "aadsshlogin is missing from "
                           "/etc/ssh/sshd_config, or an earlier line overrides it.",
                           certificate_handler));
}

/// What can be wrong although the package is installed.
Substatus check_policy(const World& world, const Selinux& selinux, const std::string& installed) {
    const auto [gap, unseen] = coverage_by_policy(world, selinux);
    if (!gap.empty()) {
        return unsure("selinux",
                      fmt::format("SELinux is {}, and {} is installed, but {}; sign-in may be "
                                  "denied by the policy (ausearch -m avc -ts recent).",
                                  selinux.detail,
                                  installed,
                                  gap));
    }
    if (!unseen.empty()) {
        return unsure("selinux",
                      fmt::format("SELinux is {}, and {} is installed; whether its module is in "
                                  "the policy could not be checked: {}.",
                                  selinux.detail,
                                  installed,
                                  unseen));
    }
    return good("selinux",
                fmt::format("SELinux is {}; {} is installed, and its module is in the policy.",
                            selinux.detail,
                            installed));
}

Substatus check_selinux(World& world, const Facts& facts) {
    const auto& selinux = facts.selinux;
    const auto& tool = *facts.support.row->tool;
    if (!selinux.in_use) {
        return good("selinux", fmt::format("SELinux is not in use ({}).", selinux.detail));
    }
    const std::string name(selinux_package);
    if (!selinux.wants_package) {
        return unsure("selinux",
                      fmt::format("SELinux is {}; {} is made for the policy {} and is not asked "
                                  "for here, so sign-in may be denied by the policy (ausearch -m "
                                  "avc -ts recent).",
                                  selinux.detail,
                                  name,
                                  fmt::join(tool.selinux_policies, " or ")));
    }
    const auto state = ask_package(world, tool, name);
    if (state.installed()) {
        return check_policy(world, selinux, fmt::format("{} {}", name, state.version));
    }
    return unsure(
        "selinux",
        fmt::format("SELinux is {}, and {} is not installed; sign-in may be denied by the policy.",
                    selinux.detail,
                    name));
}

}  // namespace

std::vector<Substatus> verify(World& world, const Facts& facts, RunSshd folder) {
    return {check_package(world, facts),
            check_pam(world),
            check_nss(world),
            check_sshd(world, folder),
            check_selinux(world, facts)};
}

std::string reinstall_remedy(const PackageTool& tool, const std::string& version) {
    return fmt::format(
        "on the VM, as root, run: {}; then run the extension again; if the check "
        "fails again, mend the file that it names",
        tool.reinstall_hint(login_package, version));
}

bool healthy(World& world, const Facts& facts, RunSshd folder) {
    return facts.login.installed() && failed_checks(verify(world, facts, folder)).empty();
}

void demand_verified(RunContext& run, const Facts& facts, RunSshd folder) {
    const auto found = verify(run.world, facts, folder);
    for (const auto& one : found) {
        run.note(one);
    }
    if (const auto missing = failed_checks(found); !missing.empty()) {
        const auto& tool = *facts.support.row->tool;
        throw Failure(
            ExitCode::verification_failed,
            Phase::verification,
            "aadsshlogin is not completely set up on this VM",
            missing,
            sshd_complaint(run.world, folder).empty()
                ? reinstall_remedy(tool, ask_package(run.world, tool, login_package).version)
                : "on the VM, as root, run sshd -t, correct what it names, then run the extension "
                  "again");
    }
}

std::string failed_checks(const std::vector<Substatus>& found) {
    std::vector<std::string> phrases;
    for (const auto& one : found) {
        if (one.level == Substatus::Level::error) {
            phrases.push_back(
                fmt::format("{}: {}", one.name, one.message.substr(0, one.message.size() - 1)));
        }
    }
    return fmt::format("{}", fmt::join(phrases, "; "));
}

}  // namespace aadssh
