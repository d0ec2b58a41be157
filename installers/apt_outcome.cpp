// SPDX-License-Identifier: MIT
// What a run of apt or dpkg came to. The texts are those of LC_ALL=C, measured with apt 2.2, 2.6
// and 3.0; those of older versions are from their sources.
#include "installers/apt_parts.hpp"
#include "installers/outcome_rules.hpp"
#include "installers/text.hpp"

namespace aadssh {

namespace {

/// What is certain whatever else was printed.
constexpr OutcomeRule first_rules[] = {
    {any_run, "No space left on device", Outcome::no_space},
    {any_run, "You don't have enough free space", Outcome::no_space},
    {any_run, "is another process using it?", Outcome::locked},
    {any_run, "Could not get lock", Outcome::locked},
    {any_run, "is locked by another process", Outcome::locked},
    {any_run, "lock was locked by", Outcome::locked},
    {any_run, "dpkg was interrupted", Outcome::interrupted},
    {any_run, "install' with no packages", Outcome::interrupted},
    {any_run, "The list of sources could not be read", Outcome::sources},
    {any_run, "required for verification, but", Outcome::failed},
};

/// Asked when no HTTP error was printed. Behind a portal, a page in place of the index looks like a
/// bad signature.
constexpr OutcomeRule last_rules[] = {
    {fetching, "Hash Sum mismatch", Outcome::mismatch},
    {fetching, "Mirror sync in progress?", Outcome::mismatch},  // a file of another size
    {refreshing, "Splitting up", Outcome::network},
    {refreshing, "NOSPLIT", Outcome::network},
    {refreshing, "NODATA", Outcome::network},
    {refreshing, "does not have a Release file", Outcome::network},
    {refreshing, "NO_PUBKEY", Outcome::signature},
    {refreshing, "signatures were invalid", Outcome::signature},
    {refreshing, "signatures couldn't be verified", Outcome::signature},
    {refreshing, "signature verification", Outcome::signature},
    {refreshing, "GPG error", Outcome::signature},
    {refreshing, "is not signed", Outcome::signature},
    {refreshing, "is expired (invalid since", Outcome::signature},
    {refreshing, "is not valid yet", Outcome::signature},
    {installing, "Hash Sum mismatch", Outcome::mismatch},
    {installing, "File has unexpected size", Outcome::mismatch},
    {installing, "unauthenticated packages", Outcome::signature},
    {installing, "unmet dependencies", Outcome::unmet},
    {installing, "Unable to satisfy dependencies", Outcome::unmet},
    {installing, "Unable to locate package", Outcome::unmet},
    {installing, "has no installation candidate", Outcome::unmet},
    {installing, "remove is disabled", Outcome::unmet},
    {fetching, "Failed to fetch", Outcome::network},
    {fetching, "Some index files failed to download", Outcome::network},
    {fetching, "Unable to fetch some archives", Outcome::network},
};

/// The last "  404  Not Found" or its like; apt puts two blanks around the number. 0: none.
int last_http_error(std::string_view text) {
    for (std::size_t at = text.rfind("  "); at != std::string_view::npos && at > 0;
         at = text.rfind("  ", at - 1)) {
        const std::string_view mark = text.substr(at, 7);
        const bool error = mark.size() == 7 && (mark[2] == '4' || mark[2] == '5') &&
                           is_digit(mark[3]) && is_digit(mark[4]);
        if (error && mark.substr(5) == "  ") {
            return (mark[2] - '0') * 100 + (mark[3] - '0') * 10 + (mark[4] - '0');
        }
    }
    return 0;
}

Outcome from_http_error(ToolRun kind, int status, std::string_view text) {
    if (is_busy(status)) {
        return Outcome::busy;
    }
    if (status != 404) {
        return Outcome::network;
    }
    if (kind == ToolRun::download) {
        return Outcome::unmet;  // Listed but gone: the lists are old.
    }
    const bool no_release = contains(text, "does not have a Release file") ||
                            contains(text, "no longer has a Release file");
    return no_release ? Outcome::not_published : Outcome::network;
}

/// Before apt 2.1 a refresh that fetched nothing ended with 0 and a warning.
bool failed_with_zero(std::string_view text) {
    constexpr std::string_view warnings[] = {
        "W: Failed to fetch", "W: GPG error", "W: Some index files failed", "is not signed"};
    return std::ranges::any_of(warnings,
                               [&](std::string_view warning) { return contains(text, warning); });
}

}  // namespace

Outcome apt_classify(ToolRun kind, int code, std::string_view text) {
    // With exit code 0: no index has the version that is installed (apt, apt-private/
    // private-install.cc).
    if (contains(text, "Reinstallation of ") && contains(text, "is not possible")) {
        return Outcome::unmet;
    }
    if (code == 0 && kind == ToolRun::query) {
        return contains(text, " | ") ? Outcome::ok
                                     : Outcome::not_published;  // A row of "apt-cache madison".
    }
    if (code == 0 && !(kind == ToolRun::refresh && failed_with_zero(text))) {
        return Outcome::ok;
    }
    if (const OutcomeRule* rule = first_match(first_rules, kind, text)) {
        return rule->outcome;
    }
    const int status = last_http_error(text);
    if (status != 0 && (kind == ToolRun::refresh || kind == ToolRun::download)) {
        return from_http_error(kind, status, text);
    }
    const OutcomeRule* rule = first_match(last_rules, kind, text);
    return rule != nullptr ? rule->outcome : Outcome::failed;
}

namespace {

/// Lines that explain, the best first.
constexpr std::string_view explaining[] = {
    "pam-auth-update: Local modifications",
    "No space left on device",
    "You don't have enough free space",
    "Conflicting values set for option Signed-By",
    " : Depends: ",
    " : PreDepends: ",
    "dpkg: error processing",
    "GPG error",
    "signature verification failed",
    "E: ",
    "dpkg: error",
    "W: Failed to fetch",
};

/// Lines that begin like the others but only repeat that something failed.
constexpr std::string_view empty_talk[] = {
    "E: Sub-process /usr/bin/dpkg returned",
    "E: Some index files failed",
    "E: Some files failed",
    "E: Unable to fetch some archives",
    "E: Unable to correct problems",
    "E: The list of sources could not be read",
    "E: The following information from --solver",
};

/// Takes the room that the reason behind it needs.
constexpr std::string_view preface =
    "W: An error occurred during the signature verification. The repository is not updated and the "
    "previous index "
    "files will be used. ";

}  // namespace

std::string apt_culprit(std::string_view text) {
    return culprit_in(text, {.lines = explaining, .empty_talk = empty_talk, .preface = preface});
}

}  // namespace aadssh
