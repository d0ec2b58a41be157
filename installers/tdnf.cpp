// SPDX-License-Identifier: MIT
#include "installers/tdnf.hpp"

#include "installers/outcome_rules.hpp"
#include "installers/rpm_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

// tdnf waits for its own lock without end and knows no option against that; it takes it with
// fcntl (vmware/tdnf, common/lock.c).
constexpr ToolLock locks[] = {{"/var/run/.tdnf-instance-lockfile"}, rpm_lock};

constexpr SourcePlace source_places[] = {{"/etc/yum.repos.d", ".repo"}};

/// tdnf stops at any repository that does not answer unless each of them may be left out
/// (tdnf.conf(5), skip_if_unavailable); ours may not.
Words tdnf_words(const RpmRepositories& at, const Words& rest) {
    Words words = {"tdnf", "-y"};
    for (const std::string& other : at.others) {
        words.push_back("--setopt=" + other + ".skip_if_unavailable=1");
    }
    if (!at.ours.empty()) {
        words.push_back("--enablerepo=" + at.ours);
    }
    return words + rest;
}

Words index_question(const RpmRepositories& at, const Words& options, const std::string& package) {
    return Words{"tdnf", "-q", "--disablerepo=*", "--enablerepo=" + at.ours} + options +
           Words{"list", "available", package};
}

Words versions_question(const RpmRepositories& at, const std::string& package) {
    return index_question(at, {}, package);
}

/// With -C no index is fetched, and packages are those that --downloadonly has left in the cache
/// (tdnf(8), --cacheonly; vmware/tdnf, client/repo.c, TDNFGetRepoMD; client/rpmtrans.c,
/// TDNFRpmExecTransaction); only one that is not there any more it would fetch even so
/// (client/remoterepo.c, TDNFDownloadPackageToCache). Others' repositories without a cache are left
/// out as ever.
constexpr RpmCommands commands = {
    .refresh =
        [](const RpmRepositories& at) {
            return Words{"tdnf", "-y", "--disablerepo=*", "--enablerepo=" + at.ours} +
                   Words{
                       "--setopt=" + at.ours + ".skip_if_unavailable=0", "--refresh", "makecache"};
        },
    .refresh_all =
        [](const RpmRepositories& at) {
            return tdnf_words(at, {"--refresh", "makecache"});
        },
    .query = versions_question,
    .hidden_query =
        [](const RpmRepositories& at, const std::string& package) {
            return index_question(at, {"--disableexcludes"}, package);
        },
    .versions_query = versions_question,
    .version_link = "-",
    .download =
        [](const RpmRepositories& at, const std::string& package) {
            return tdnf_words(at, {"--downloadonly", "install", package});
        },
    .install =
        [](const RpmRepositories& at, const std::string& package) {
            return tdnf_words(at, {"-C", "install", package});
        },
    .download_again =
        [](const RpmRepositories& at, const std::string& package) {
            return tdnf_words(at, {"--downloadonly", "reinstall", package});
        },
    .reinstall =
        [](const RpmRepositories& at, const std::string& package) {
            return tdnf_words(at, {"-C", "reinstall", package});
        },
    .reinstall_upgrades = false,
    .download_version =
        [](const RpmRepositories& at, const std::string& package, const std::string& version) {
            return tdnf_words(at, {"--downloadonly", "install", package + "-" + version});
        },
    .install_version =
        [](const RpmRepositories& at, const std::string& package, const std::string& version) {
            return tdnf_words(at, {"-C", "install", package + "-" + version});
        },
    .download_certificates = nullptr,
    .renew_certificates = nullptr,
    .past_caches = nullptr,
    .forget_proxy = nullptr,  // its manual names no option for that
};

Plan install_plan(const InstallInputs& inputs) {
    return rpm_install_plan(inputs, commands);
}

/// "aadsshlogin.x86_64   1.0.033070001-1   azurelinux-official-ms-non-oss", oldest first. What is
/// installed stands there as @System.
std::vector<std::string> published_versions(std::string_view text) {
    std::vector<std::string> versions;
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string> words = words_of(line);
        if (words.size() == 3 && contains(words[0], ".") && words[2] != "@System") {
            versions.push_back(words[1]);
        }
    }
    return versions;
}

std::string newest_version(std::string_view text) {
    const std::vector<std::string> versions = published_versions(text);
    return versions.empty() ? std::string() : versions.back();
}

/// tdnf's exit code is its error number modulo 256, so the number in the text is what counts
/// (vmware/tdnf, include/tdnferror.h, client/defines.h, plugins/repogpgcheck/defines.h). Measured
/// with 3.6.0 where nothing else is said.
constexpr OutcomeRule rules[] = {
    {any_run, "No space left on device", Outcome::no_space},  // rpm's and curl's
    {any_run, " more space on the ", Outcome::no_space},      // rpm's
    {any_run, "Error(1036)", Outcome::no_space},              // its source: the cache is full
    {any_run, "can't create transaction lock", Outcome::locked},
    {any_run, "cannot open Packages database", Outcome::interrupted},  // rpm's
    {any_run, "Error(1510)", Outcome::signature},                      // its source: not signed
    {any_run, "Error(1513)", Outcome::signature},                      // its source: a bad key
    {any_run, "Error(1514)", Outcome::signature},
    {any_run, "repogpgcheck plugin error", Outcome::signature},  // its source: of the index
    {installing, "Error: 404 when downloading", Outcome::unmet},
    {installing, "nothing provides", Outcome::unmet},  // libsolv's
    {installing, "conflicts with", Outcome::unmet},    // libsolv's
    {fetching, "Error(1528)", Outcome::mismatch},      // a checksum
    {fetching, "when downloading", Outcome::network},
    {fetching, "Failed to synchronize cache", Outcome::network},
    {fetching, "Error(12", Outcome::network},  // 1201 + curl's number
    {installing, "Error(1011)", Outcome::unmet},
    {installing, "Error(1034)", Outcome::unmet},  // its source: -C, and a repository has no cache
};

/// Also with exit code 0 when tdnf has left the repository out ("Disabling Repo").
bool left_out(ToolRun kind, std::string_view text) {
    return (kind == ToolRun::refresh || kind == ToolRun::query) &&
           contains(text, "Failed to synchronize cache");
}

Outcome classify(ToolRun kind, int code, std::string_view text) {
    if (left_out(kind, text)) {
        code = code == 0 ? 1 : code;
    } else if (kind == ToolRun::query && (code == 0 || contains(text, "Error(1011)"))) {
        return newest_version(text).empty() ? Outcome::not_published : Outcome::ok;
    }
    if (code == 0) {
        return Outcome::ok;
    }
    if (kind == ToolRun::refresh && says_of_index(text, "Error: 404 when downloading")) {
        return Outcome::not_published;
    }
    if (says_busy(kind, text, "Error: ")) {
        return Outcome::busy;
    }
    const OutcomeRule* rule = first_match(rules, kind, text);
    return rule != nullptr ? rule->outcome : Outcome::failed;
}

constexpr std::string_view explaining[] = {
    "No space left on device",
    " more space on the ",
    "nothing provides",
    "conflicts with",
    "signature check",
    "when downloading",
    "not found or not installed",
    "scriptlet failed",
    "Error(",
    "error: ",
};

std::string culprit(std::string_view text) {
    return culprit_in(text, {.lines = explaining, .empty_talk = {}});
}

std::string reinstall_hint(const std::string& package, const std::string& /*version*/) {
    return "tdnf reinstall " + package;
}

std::string downgrade_hint(const std::string& package, const std::string& version) {
    return fmt::format("tdnf downgrade {}-{}", package, version);
}

/// The cache holds the index of every repository, of which a large one may be there already.
constexpr SpaceNeed space[] = {
    {"/var/cache/tdnf", 16},
    {"/var/lib/rpm", 16},
    {"/var/tmp", 1},
};

constexpr Hint hints[] = {
    {Outcome::locked, "ps -C tdnf,rpm -o pid,etime,args"},
    {Outcome::interrupted, "rpm --rebuilddb"},
    {Outcome::no_space, "df -h / /usr /var"},
    {Outcome::unmet, "tdnf clean all && tdnf makecache"},
    {Outcome::failed, "rpm --verifydb"},
};

}  // namespace

std::span<const OutcomeRule> tdnf_rules() {
    return rules;
}

constinit const PackageTool tdnf = [] {
    PackageTool tool = rpm_tool;
    tool.name = "tdnf";
    tool.program = "/usr/bin/tdnf";
    tool.locks = locks;
    tool.waits_without_end = true;
    tool.source_places = source_places;
    tool.source_file = "/etc/yum.repos.d/microsoft-prod.repo";
    tool.own_source_file = "/etc/yum.repos.d/aadsshlogin-handler.repo";
    tool.install_plan = install_plan;
    tool.classify = classify;
    tool.newest_version = newest_version;
    tool.published_versions = published_versions;
    tool.hiding_places = "excludepkgs= in /etc/tdnf/tdnf.conf, /etc/tdnf/locks.d";
    tool.proxy_file = "/etc/tdnf/tdnf.conf";
    tool.forgets_proxy = commands.forget_proxy != nullptr;
    tool.culprit = culprit;
    tool.reinstall_hint = reinstall_hint;
    tool.downgrade_hint = downgrade_hint;
    tool.space = space;
    tool.hints = hints;
    return tool;
}();

}  // namespace aadssh
