// SPDX-License-Identifier: MIT
#include "handler/verify.hpp"

#include "handler/failure.hpp"
#include "handler/packages.hpp"
#include "handler/scrub.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cctype>
#include <set>
#include <sstream>

namespace aadssh {
namespace {

constexpr std::size_t text_limit = 1024UL * 1024;
constexpr const char* sshd_program = "/usr/sbin/sshd";
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

std::vector<std::string> split(const std::string& line) {
    std::istringstream stream(line);
    std::vector<std::string> words;
    for (std::string word; stream >> word;) {
        words.push_back(word);
    }
    return words;
}

/// OpenSSH before 10.6 prints option names in lower case, later ones as the manual writes them.
std::string lower(std::string word) {
    std::ranges::transform(
        word, word.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return word;
}

/// The words of each line of a PAM or NSS file, comments left out.
std::vector<std::vector<std::string>> lines(const std::string& text) {
    std::istringstream stream(text);
    std::vector<std::vector<std::string>> all;
    for (std::string line; std::getline(stream, line);) {
        if (auto words = split(line.substr(0, line.find('#'))); !words.empty()) {
            all.push_back(std::move(words));
        }
    }
    return all;
}

/// The file a line pulls in: "@include common-auth" (Debian), "auth include system-auth", "auth
/// substack password-auth" (pam.conf(5)).
std::string included(const std::vector<std::string>& words) {
    if (words.size() >= 2 && words[0] == "@include") {
        return words[1];
    }
    if (words.size() >= 3 && (words[1] == "include" || words[1] == "substack")) {
        return words[2];
    }
    return {};
}

bool pam_file_has_module(const World& world, const std::string& name, std::set<std::string>& seen) {
    const std::string path = name.starts_with('/') ? name : "/etc/pam.d/" + name;
    if (!seen.insert(path).second || seen.size() > 64) {
        return false;
    }
    const auto all = lines(world.files.read(path, text_limit).text);
    return std::ranges::any_of(all, [&](const std::vector<std::string>& words) {
        const auto next = included(words);
        if (!next.empty()) {
            return pam_file_has_module(world, next, seen);
        }
        return std::ranges::any_of(words, [](const std::string& word) {
            return word == "pam_aad.so" || word.ends_with("/pam_aad.so");
        });
    });
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

Substatus check_pam(World& world, const Facts& /*facts*/) {
    std::set<std::string> seen;
    if (pam_file_has_module(world, "sshd", seen)) {
        return good("pam", "pam_aad is in the PAM stack that sshd uses.");
    }
    return bad("pam",
               fmt::format("pam_aad is not in the PAM stack that sshd uses (looked in {}).",
                           fmt::join(seen, ", ")));
}

Substatus check_nss(World& world, const Facts& /*facts*/) {
    for (const auto& words : lines(world.files.read("/etc/nsswitch.conf", text_limit).text)) {
        if (words.front() == "passwd:" && std::ranges::find(words, "aad") != words.end()) {
            return good("nss", "aad is among the sources of passwd in /etc/nsswitch.conf.");
        }
    }
    return bad("nss", "aad is not among the sources of passwd in /etc/nsswitch.conf.");
}

Substatus check_sshd(World& world, const Facts& /*facts*/) {
    if (!world.root) {
        return unsure("sshd", "sshd's configuration could not be read (needs root).");
    }
    const auto result = run_logged(
        world,
        {.argv = {sshd_program,
                  "-T",
                  "-C",
                  fmt::format("user={},host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22",
                              probe_user)},
         .limit = Seconds(20)});
    if (!result.ok()) {
        return unsure("sshd",
                      fmt::format("sshd's configuration could not be tried: {} ({}).",
                                  one_line(scrub(result.output), 300),
                                  describe_end(result)));
    }
    std::istringstream stream(result.output);
    for (std::string line; std::getline(stream, line);) {
        const auto words = split(line);
        if (words.size() >= 2 && lower(words[0]) == "authorizedkeyscommand" &&
            words[1] == certificate_handler) {
            return good("sshd",
                        fmt::format("sshd's files name {} for Entra users.", certificate_handler));
        }
    }
    return bad("sshd",
               fmt::format("sshd's files do not name {} for Entra users: the Match block of "
                           "aadsshlogin is missing from "
                           "/etc/ssh/sshd_config, or an earlier line overrides it.",
                           certificate_handler));
}

Substatus check_selinux(World& world, const Facts& facts) {
    if (!facts.selinux.in_use) {
        return good("selinux", fmt::format("SELinux is not in use ({}).", facts.selinux.detail));
    }
    const std::string name(selinux_package);
    const auto state = ask_package(world, *facts.support.row->tool, name);
    if (state.installed()) {
        if (const auto gap = uncovered_by_policy(world, facts.selinux); !gap.empty()) {
            return unsure("selinux",
                          fmt::format("SELinux is {}, and {} {} is installed, but {}; sign-in may "
                                      "be denied by the policy (ausearch -m avc -ts recent).",
                                      facts.selinux.detail,
                                      name,
                                      state.version,
                                      gap));
        }
        return good(
            "selinux",
            fmt::format(
                "SELinux is {}; {} {} is installed.", facts.selinux.detail, name, state.version));
    }
    return unsure(
        "selinux",
        fmt::format("SELinux is {}, and {} is not installed; sign-in may be denied by the policy.",
                    facts.selinux.detail,
                    name));
}

using Check = Substatus (*)(World&, const Facts&);
constexpr Check checks[] = {check_package, check_pam, check_nss, check_sshd, check_selinux};

void make_run_sshd(World& world) {
    if (!world.files.info("/run/sshd")) {
        world.files.make_folder("/run/sshd", 0755);
    }
}

}  // namespace

std::vector<Substatus> verify(World& world, const Facts& facts, RunSshd folder) {
    if (folder == RunSshd::make && world.root) {
        make_run_sshd(world);
    }
    std::vector<Substatus> found;
    for (const auto check : checks) {
        found.push_back(check(world, facts));
    }
    return found;
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
        throw Failure(ExitCode::verification_failed,
                      Phase::verification,
                      "aadsshlogin is not completely set up on this VM",
                      missing,
                      facts.support.row->tool->reinstall_hint(login_package));
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

std::string sshd_complaint(World& world) {
    if (!world.files.info(sshd_program)) {
        return {};
    }
    make_run_sshd(world);
    const auto result = run_logged(world, {.argv = {sshd_program, "-t"}, .limit = Seconds(20)});
    if (result.interrupted) {
        throw asked_to_end("sshd looked at its configuration");  // that is no opinion of sshd
    }
    return result.ok() ? std::string()
                       : one_line(scrub(result.output), 300) + " (" + describe_end(result) + ")";
}

}  // namespace aadssh
