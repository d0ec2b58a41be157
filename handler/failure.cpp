// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"

#include "handler/scrub.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <utility>

namespace aadssh {
namespace {

// Texts are phrases without a full stop: Failure::message puts them into its sentences.
constexpr auto rows = std::to_array<ExitCodeText>({
    {ExitCode::ok, "the command did what it was asked to do", "nothing needs to be done"},
    {ExitCode::internal_error,
     "something happened that the handler was not written for",
     "run the extension again; if it happens again, report it together with handler.log"},
    {ExitCode::usage,
     "the handler was called with words it does not know",
     "run aadssh-handler.sh help, which lists the commands"},
    {ExitCode::repository_unreachable,
     "the package repository cannot be reached",
     "allow HTTPS from the VM to packages.microsoft.com in the network security group, firewall "
     "and proxy, or name a proxy in the setting proxy.url or in the variable https_proxy of the "
     "agent's service, then run the extension again"},
    {ExitCode::verification_failed,
     "sign-in with Microsoft Entra ID is not fully set up after the work was done, or files of "
     "this "
     "VM keep it from being set up",
     "look up the failed check in handler.log, mend what it names, then run the extension again"},
    {ExitCode::no_system_identity,
     "the VM has no system-assigned managed identity",
     "az vm identity assign -g <group> -n <vm>, then run the extension again"},
    {ExitCode::legacy_extension_present,
     "the retired AADLoginForLinux extension or its package is still on the VM",
     "remove the AADLoginForLinux extension and its package aadlogin, then run the extension "
     "again"},
    {ExitCode::unsupported,
     "this Linux distribution, version or processor is not supported, or the package is not "
     "published for it",
     "use a supported distribution version; the list is in the README"},
    {ExitCode::missing_dependency,
     "something that the installation builds on is missing: a package it depends on, disk space, "
     "memory, or a package database in order",
     "mend the package database (dpkg --configure -a and apt-get -f install; with rpm, rpm "
     "--rebuilddb) or free disk space, then run the extension again"},
    {ExitCode::bad_settings,
     "the settings, or the files the agent hands over, cannot be used",
     "correct what the message names, then deploy the extension again"},
    {ExitCode::package_manager_locked,
     "another program held the package manager's lock until our time was up",
     "wait until that program has ended, then run the extension again"},
    {ExitCode::imds_unreachable,
     "the Azure Instance Metadata Service does not say which identity the VM has",
     "allow HTTP from the VM to 169.254.169.254 without a proxy, then run the extension again"},
    {ExitCode::signature_refused,
     "a signature or signing key is not one that we accept",
     "check that no proxy or mirror changes the packages; for a mirror with a key of its own, set "
     "both repository.keyUrl and repository.signingKeys; then run the extension again"},
    {ExitCode::deadline_reached,
     "the command's time was up, or it was asked to end, before the work was done",
     "run the extension again; if it ends so again, see in handler.log what took the time"},
    {ExitCode::another_run,
     "another command of this extension was still running when our time was up",
     "wait until it has ended, then run the extension again"},
    {ExitCode::bundle_refused,
     "kept for offline bundles, which do not exist yet",
     "nothing: no command ends with it"},
    {ExitCode::protected_settings_unreadable,
     "kept for protected settings, which do not exist yet",
     "nothing: no command ends with it"},
    {ExitCode::transaction_running,
     "the package manager was still at work when our time was up; it was left to finish",
     "wait a few minutes, then run the extension again"},
});

constexpr bool ascending_and_complete() {
    for (std::size_t i = 0; i < rows.size(); ++i) {
        if (rows[i].meaning.empty() || rows[i].remedy.empty() ||
            (i > 0 && rows[i - 1].code >= rows[i].code)) {
            return false;
        }
    }
    return true;
}
static_assert(ascending_and_complete());

/// One line without secrets, control characters and the full stop or spaces at its end.
std::string phrase(std::string_view text) {
    std::string line;
    for (const char c : scrub(text)) {
        const bool blank = static_cast<unsigned char>(c) <= ' ' || c == '\x7f';
        if (!blank) {
            line += c;
        } else if (!line.empty() && line.back() != ' ') {
            line += ' ';
        }
    }
    while (!line.empty() && (line.back() == '.' || line.back() == ' ')) {
        line.pop_back();
    }
    return line;
}

/// At most `limit` bytes, ending in "…" when something was cut off, never inside a UTF-8 character.
std::string cut(const std::string& text, std::size_t limit) {
    constexpr std::string_view dots = "…";
    if (text.size() <= limit) {
        return text;
    }
    std::size_t end = limit > dots.size() ? limit - dots.size() : 0;
    while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) {
        --end;
    }
    return text.substr(0, end) + std::string(limit >= dots.size() ? dots : "");
}

}  // namespace

std::string_view phase_name(Phase phase) {
    using enum Phase;
    switch (phase) {
        case start:
            return "start";
        case settings:
            return "settings";
        case preflight:
            return "preflight";
        case repository:
            return "repository";
        case package:
            return "package";
        case verification:
            return "verification";
        case removal:
            return "removal";
    }
    return "unknown";
}

const ExitCodeText& exit_code_text(ExitCode code) {
    const auto* row = std::ranges::find(rows, code, &ExitCodeText::code);
    return row != rows.end() ? *row : exit_code_text(ExitCode::internal_error);
}

const ExitCodeText* exit_code_texts_begin() {
    return rows.data();
}
const ExitCodeText* exit_code_texts_end() {
    return rows.data() + rows.size();
}

Failure::Failure(ExitCode number, Phase where, std::string wrong, std::string why, std::string mend)
    : code(number),
      phase(where),
      problem(std::move(wrong)),
      cause(std::move(why)),
      remedy(std::move(mend)) {}

const char* Failure::what() const noexcept {
    return problem.c_str();
}

std::string Failure::message(std::size_t limit) const {
    const std::string head =
        fmt::format("AADSSH-{} {}: {}", static_cast<int>(code), phase_name(phase), phrase(problem));
    const std::string mend = phrase(remedy);
    const std::string tail = fmt::format(
        ". Fix: {}.", mend.empty() ? exit_code_text(code).remedy : std::string_view(mend));

    constexpr std::size_t brackets = 3;     // " (" and ")"
    constexpr std::size_t worth_while = 8;  // less of a cause says nothing
    const std::string why = phrase(cause);
    const std::size_t fixed = head.size() + tail.size() + brackets;
    const std::size_t room = limit > fixed ? limit - fixed : 0;
    if (!why.empty() && room >= std::min(worth_while, why.size())) {
        return head + " (" + cut(why, room) + ")" + tail;
    }
    if (head.size() + tail.size() <= limit || tail.size() >= limit) {
        return cut(head + tail, limit);
    }
    return cut(head, limit - tail.size()) + tail;
}

}  // namespace aadssh
