// SPDX-License-Identifier: MIT
// What a run of apt or dpkg came to. The texts are those of LC_ALL=C, measured with apt 2.2, 2.6
// and 3.0; those of older versions are from their sources.
#include "installers/apt_parts.hpp"
#include "installers/text.hpp"

#include <array>

namespace aadssh {

namespace {

enum Kinds : unsigned { fetching = 1, installing = 2, refreshing = 4, any = 7 };

unsigned kinds_of(ToolRun kind) {
    switch (kind) {
        case ToolRun::refresh:
            return fetching | refreshing;
        case ToolRun::download:
            return fetching | installing;
        case ToolRun::transaction:
            return installing;
        case ToolRun::query:
            break;
    }
    return any;
}

struct Rule {
    unsigned kinds;
    std::string_view text;
    Outcome outcome;
};

/// What is certain whatever else was printed.
constexpr Rule first_rules[] = {
    {any, "No space left on device", Outcome::no_space},
    {any, "You don't have enough free space", Outcome::no_space},
    {any, "is another process using it?", Outcome::locked},
    {any, "Could not get lock", Outcome::locked},
    {any, "is locked by another process", Outcome::locked},
    {any, "lock was locked by", Outcome::locked},
    {any, "dpkg was interrupted", Outcome::interrupted},
    {any, "install' with no packages", Outcome::interrupted},
    {any, "The list of sources could not be read", Outcome::failed},
    {any, "required for verification, but", Outcome::failed},
};

/// Asked when no HTTP error was printed. Behind a portal, a page in place of the index looks like a
/// bad signature.
constexpr Rule last_rules[] = {
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

template <std::size_t size>
const Rule* first_match(const Rule (&rules)[size], ToolRun kind, std::string_view text) {
    const Rule* found = std::ranges::find_if(rules, [&](const Rule& rule) {
        return (rule.kinds & kinds_of(kind)) != 0 && contains(text, rule.text);
    });
    return found == std::end(rules) ? nullptr : found;
}

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
    if (code == 0 && kind == ToolRun::query) {
        return contains(text, " | ") ? Outcome::ok
                                     : Outcome::not_published;  // A row of "apt-cache madison".
    }
    if (code == 0 && !(kind == ToolRun::refresh && failed_with_zero(text))) {
        return Outcome::ok;
    }
    if (const Rule* rule = first_match(first_rules, kind, text)) {
        return rule->outcome;
    }
    const int status = last_http_error(text);
    if (status != 0 && (kind == ToolRun::refresh || kind == ToolRun::download)) {
        return from_http_error(kind, status, text);
    }
    const Rule* rule = first_match(last_rules, kind, text);
    return rule != nullptr ? rule->outcome : Outcome::failed;
}

namespace {

/// Lines that explain, the best first. "*" stands for a line that nothing else fits.
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

constexpr std::size_t longest_culprit = 300;
constexpr std::size_t no_rank = std::size(explaining);

std::size_t rank_of(std::string_view line) {
    const auto in_line = [&](std::string_view part) { return contains(line, part); };
    if (std::ranges::any_of(empty_talk, in_line)) {
        return no_rank;
    }
    return static_cast<std::size_t>(std::ranges::find_if(explaining, in_line) -
                                    std::begin(explaining));
}

struct Candidate {
    std::size_t rank;
    std::string text;
};

std::vector<Candidate> candidates_in(std::string_view text) {
    std::vector<Candidate> found;
    bool continued = false;
    for (const std::string_view line : lines_of(text)) {
        const std::size_t rank = rank_of(line);
        if (continued && line.starts_with(' ')) {
            found.back().text.append(" ").append(
                trim(line));  // dpkg gives the reason on the next line.
        } else if (rank != no_rank) {
            found.push_back(
                {rank,
                 std::string(trim(line.substr(line.starts_with(preface) ? preface.size() : 0)))});
        }
        continued = rank != no_rank && line.ends_with(':');
    }
    return found;
}

}  // namespace

std::string apt_culprit(std::string_view text) {
    std::vector<Candidate> found = candidates_in(text);
    std::ranges::stable_sort(found, {}, &Candidate::rank);
    std::string culprit;
    for (const Candidate& each : found) {
        if (contains(culprit, each.text)) {
            continue;
        }
        if (!culprit.empty()) {
            culprit += "; " + each.text;
            break;
        }
        culprit = each.text;
    }
    if (culprit.size() > longest_culprit) {
        culprit.resize(longest_culprit - 3);
        culprit += "...";
    }
    return culprit;
}

}  // namespace aadssh
