// SPDX-License-Identifier: MIT
#include "installers/zypper.hpp"

#include "installers/outcome_rules.hpp"
#include "installers/rpm_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

// libzypp (zypp/zypp_detail/ZYppImpl.cc, zypp/ZYppFactory.cc): one pid file for everything.
constexpr ToolLock locks[] = {
    {"/run/zypp.pid", ToolLock::Kind::pid_file}, rpm_lock, rpm_lock_in_usr};

constexpr SourcePlace source_places[] = {{"/etc/zypp/repos.d", ".repo"}};

/// Never --gpg-auto-import-keys: it trusts whatever key is served.
Words zypper_words(const Words& rest) {
    return Words{"zypper", "--non-interactive"} + rest;
}

Words install_words(const Words& options, const std::string& package) {
    return zypper_words(
               {"--no-refresh", "install", "--auto-agree-with-licenses", "--no-recommends"}) +
           options + Words{package};
}

Words index_question(const RpmRepositories& at, const std::string& package) {
    return zypper_words({"--no-refresh",
                         "search",
                         "--details",
                         "--match-exact",
                         "--type",
                         "package",
                         "--repo",
                         at.ours,
                         package});
}

constexpr RpmCommands commands = {
    .refresh =
        [](const RpmRepositories& at) {
            return zypper_words({"refresh", "--force", "--repo", at.ours});
        },
    .refresh_all = [](const RpmRepositories& /*at*/) { return zypper_words({"refresh"}); },
    .query = index_question,
    .hidden_query = nullptr,
    .versions_query = index_question,
    .version_link = "=",
    .download =
        [](const RpmRepositories& /*at*/, const std::string& package) {
            return install_words({"--download-only"}, package);
        },
    .install = [](const RpmRepositories& /*at*/,
                  const std::string& package) { return install_words({}, package); },
    .download_again =
        [](const RpmRepositories& /*at*/, const std::string& package) {
            return install_words({"--force", "--download-only"}, package);
        },
    .reinstall = [](const RpmRepositories& /*at*/,
                    const std::string& package) { return install_words({"--force"}, package); },
    .reinstall_upgrades = true,
    .download_version =
        [](const RpmRepositories& /*at*/, const std::string& package, const std::string& version) {
            return install_words({"--oldpackage", "--download-only"}, package + "=" + version);
        },
    .install_version =
        [](const RpmRepositories& /*at*/, const std::string& package, const std::string& version) {
            return install_words({"--oldpackage"}, package + "=" + version);
        },
    .download_certificates = nullptr,
    .renew_certificates = nullptr,
    .past_caches = nullptr,   // --force
    .forget_proxy = nullptr,  // it has no option for that
};

Plan install_plan(const InstallInputs& inputs) {
    return rpm_install_plan(inputs, commands);
}

/// Of a table like "v | aadsshlogin | package | 1.0.033070001-1 | x86_64 | packages-...", newest
/// first.
std::vector<std::string> published_versions(std::string_view text) {
    std::vector<std::string> versions;
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string_view> fields = split(line, '|');
        if (fields.size() == 6 && trim(fields[2]) == "package" && words_of(fields[3]).size() == 1) {
            versions.emplace_back(trim(fields[3]));
        }
    }
    return versions;
}

std::string newest_version(std::string_view text) {
    const std::vector<std::string> versions = published_versions(text);
    return versions.empty() ? std::string() : versions.front();
}

/// zypper(8), "EXIT CODES". Informational ones are no failures: the database tells what was done.
enum ZypperCode : int {
    done = 0,
    library = 4,
    no_repositories = 6,
    locked = 7,
    commit = 8,
    reboot_needed = 102,
    restart_needed = 103,
    not_found = 104,
    repository_skipped = 106,
    script_failed = 107,
};

/// The texts are those of LC_ALL=C, measured with zypper 1.14.
constexpr OutcomeRule rules[] = {
    {any_run, "No space left on device", Outcome::no_space},  // rpm's
    {any_run, " more space on the ", Outcome::no_space},
    {fetching | installing, "Can't hardlink/copy", Outcome::no_space},  // it does not tell why
    {any_run, "can't create transaction lock", Outcome::locked},
    {any_run, "cannot open Packages database", Outcome::interrupted},
    {any_run, "Signature verification failed", Outcome::signature},
    {installing, "nothing provides", Outcome::unmet},
    {installing, "conflicting requests", Outcome::unmet},
    {installing, "conflicts with", Outcome::unmet},
    {installing, "not found on medium", Outcome::unmet},
    {installing, "No provider of", Outcome::unmet},
    {refreshing, "Repository type can't be determined", Outcome::not_published},
    {fetching, "Digest verification failed", Outcome::mismatch},
    {fetching, "temporarily unaccessible", Outcome::busy},  // 503 (libzypp, MediaCurl.cc)
    {fetching, "Permission to access", Outcome::network},
    {fetching, "Download (curl) error", Outcome::network},
    {fetching, "Timeout exceeded", Outcome::network},
    {fetching, "Valid metadata not found", Outcome::network},
};

Outcome classify_failure(ToolRun kind, int code, std::string_view text) {
    if (code == locked) {
        return Outcome::locked;
    }
    if (says_busy(kind, text, "HTTP response: ")) {
        return Outcome::busy;
    }
    const OutcomeRule* rule = first_match(rules, kind, text);
    return rule != nullptr ? rule->outcome : Outcome::failed;
}

Outcome classify(ToolRun kind, int code, std::string_view text) {
    switch (code) {
        case done:
        case reboot_needed:
        case restart_needed:
        case repository_skipped:  // one of the others: ours was refreshed by name before
            return kind == ToolRun::query && newest_version(text).empty() ? Outcome::not_published
                                                                          : Outcome::ok;
        case script_failed:  // installed; the checks afterwards tell what is missing
            return Outcome::ok;
        case not_found:
            return kind == ToolRun::query ? Outcome::not_published
                                          : classify_failure(kind, code, text);
        default:
            return classify_failure(kind, code, text);
    }
}

constexpr std::string_view explaining[] = {
    "No space left on device",
    " more space on the ",
    "Can't hardlink/copy",
    "nothing provides",
    "remove lock",
    "Key Fingerprint",
    "is unsigned",
    "Signature verification failed",
    "Download (curl) error for",
    "Error message:",
    "Permission to access",
    "temporarily unaccessible",
    "Timeout exceeded",
    "type can't be determined",
    "has wrong checksum",
    "corrupted during transfer",
    "on medium",
    "locked by",
    "scriptlet failed",
    "contains garbage",
    "No provider of",
    "cannot open Packages database",
    "error:",
    "Problem",
    "not found",
};

std::string culprit(std::string_view text) {
    return culprit_in(text, {.lines = explaining, .empty_talk = {}});
}

/// Without the version it would take the newest, which an older release may not be able to use.
std::string reinstall_hint(const std::string& package, const std::string& version) {
    return fmt::format(
        "zypper install --force {}{}{}", package, version.empty() ? "" : "=", version);
}

std::string downgrade_hint(const std::string& package, const std::string& version) {
    return fmt::format("zypper install --oldpackage {}={}", package, version);
}

/// The cache holds the index of every repository, of which a large one may be there already.
constexpr SpaceNeed space[] = {
    {"/var/cache/zypp", 32},
    {"/var/lib/rpm", 16},
    {"/var/tmp", 1},
};

constexpr Hint hints[] = {
    {Outcome::locked, "ps -o pid,etime,args -p $(cat /run/zypp.pid)"},
    {Outcome::interrupted, "rpm --rebuilddb && zypper verify"},
    {Outcome::no_space, "df -h / /usr /var"},
    {Outcome::unmet, "zypper refresh"},
    {Outcome::failed, "zypper verify"},
};

}  // namespace

std::span<const OutcomeRule> zypper_rules() {
    return rules;
}

constinit const PackageTool zypper = [] {
    PackageTool tool = rpm_tool;
    tool.name = "zypper";
    tool.program = "/usr/bin/zypper";
    tool.locks = locks;
    tool.source_places = source_places;
    tool.source_file = "/etc/zypp/repos.d/microsoft-prod.repo";
    tool.own_source_file = "/etc/zypp/repos.d/aadsshlogin-handler.repo";
    tool.install_plan = install_plan;
    tool.classify = classify;
    tool.newest_version = newest_version;
    tool.published_versions = published_versions;
    tool.proxy_file = "/etc/sysconfig/proxy";
    tool.parse_proxy = suse_proxy;
    tool.forgets_proxy = commands.forget_proxy != nullptr;
    tool.culprit = culprit;
    tool.reinstall_hint = reinstall_hint;
    tool.downgrade_hint = downgrade_hint;
    tool.space = space;
    tool.hints = hints;
    return tool;
}();

}  // namespace aadssh
