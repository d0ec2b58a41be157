// SPDX-License-Identifier: MIT
#include "installers/yum.hpp"

#include "installers/dnf_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

constexpr ToolLock locks[] = {rpm_lock, {"/var/run/yum.pid", ToolLock::Kind::pid_file}};

Words install_command(const RpmRepositories& at, const Words& how, const Words& what) {
    return Words{"yum"} + yum_install_options(at.ours) + how + what;
}

Words index_question(const RpmRepositories& at, const Words& options, const std::string& package) {
    return Words{"yum",
                 "-q",
                 "-C",
                 "--setopt=exit_on_lock=1",
                 "--disablerepo=*",
                 "--enablerepo=" + at.ours} +
           options + Words{"--showduplicates", "list", package};
}

Words versions_question(const RpmRepositories& at, const std::string& package) {
    return index_question(at, {}, package);
}

constexpr RpmCommands commands = {
    .refresh =
        [](const RpmRepositories& at) {
            return Words{"yum",
                         "-y",
                         "--setopt=exit_on_lock=1",
                         "--setopt=timeout=20",
                         "--setopt=retries=3",
                         "--disablerepo=*",
                         "--enablerepo=" + at.ours,
                         repository_option(at.ours, "skip_if_unavailable", "0"),
                         repository_option(at.ours, "metadata_expire", "0"),
                         "makecache"};
        },
    .refresh_all =
        [](const RpmRepositories& at) {
            return Words{"yum"} + yum_install_options(at.ours) +
                   Words{repository_option("*", "metadata_expire", "0"), "makecache"};
        },
    .query = versions_question,
    .hidden_query =
        [](const RpmRepositories& at, const std::string& package) {
            return index_question(at, yum_past_excludes(), package);
        },
    .versions_query = versions_question,
    .version_link = "-",
    .download =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"--downloadonly", "install"}, {package});
        },
    .install =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"-C", "install"}, {package});
        },
    .download_again =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"--downloadonly", "reinstall"}, {package});
        },
    .reinstall =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"-C", "reinstall"}, {package});
        },
    .reinstall_upgrades = false,
    .download_version =
        [](const RpmRepositories& at, const std::string& package, const std::string& version) {
            return install_command(at, {"--downloadonly", "downgrade"}, {package + "-" + version});
        },
    .install_version =
        [](const RpmRepositories& at, const std::string& package, const std::string& version) {
            return install_command(at, {"-C", "downgrade"}, {package + "-" + version});
        },
    .download_certificates = [] { return yum_renew_certificates("yum", "--downloadonly"); },
    .renew_certificates = [] { return yum_renew_certificates("yum", "-C"); },
    .past_caches = [] { return Words{"--setopt=http_caching=none"}; },  // yum.conf(5)
    .forget_proxy = [] { return yum_forget_proxy(); },
};

Plan install_plan(const InstallInputs& inputs) {
    return rpm_install_plan(inputs, commands);
}

/// Of "yum --showduplicates list": below "Available Packages" lines like
/// "aadsshlogin.x86_64  1.0.033070001-1  packages-microsoft-com-prod", oldest first.
std::vector<std::string> published_versions(std::string_view text) {
    std::vector<std::string> versions;
    bool available = false;
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string> words = words_of(line);
        if (line.starts_with("Available Packages")) {
            available = true;
        } else if (available && words.size() == 3 && contains(words[0], ".")) {
            versions.push_back(words[1]);
        }
    }
    return versions;
}

std::string newest_version(std::string_view text) {
    const std::vector<std::string> versions = published_versions(text);
    return versions.empty() ? std::string() : versions.back();
}

Outcome classify(ToolRun kind, int code, std::string_view text) {
    if (kind == ToolRun::query) {
        const bool absent = contains(text, "No matching Packages") || code == 0;
        if (!newest_version(text).empty()) {
            return Outcome::ok;
        }
        return absent ? Outcome::not_published : yum_classify_failure(kind, code, text);
    }
    // Whether --downloadonly ends with 0 or 1 differs between builds; the sentence does not
    // (yum's cli.py, doTransaction).
    const bool fetched =
        kind == ToolRun::download && contains(text, "exiting because \"Download Only\"");
    return code == 0 || fetched ? Outcome::ok : yum_classify_failure(kind, code, text);
}

std::string reinstall_hint(const std::string& package, const std::string& /*version*/) {
    return "yum reinstall " + package;
}

std::string downgrade_hint(const std::string& package, const std::string& version) {
    return fmt::format("yum downgrade {}-{}", package, version);
}

/// The cache holds the index of every repository, of which a large one may be there already.
constexpr SpaceNeed space[] = {
    {"/var/cache/yum", 32},
    {"/var/lib/rpm", 16},
    {"/var/tmp", 1},
};

}  // namespace

constinit const PackageTool yum = [] {
    PackageTool tool = rpm_tool;
    tool.name = "yum";
    tool.program = "/usr/bin/yum";
    tool.locks = locks;
    tool.source_places = yum_source_places;
    tool.source_file = yum_source_file;
    tool.own_source_file = yum_own_source_file;
    tool.install_plan = install_plan;
    tool.classify = classify;
    tool.newest_version = newest_version;
    tool.published_versions = published_versions;
    tool.hiding_places = "exclude= in /etc/yum.conf and /etc/yum.repos.d, yum versionlock list";
    tool.proxy_file = "/etc/yum.conf";
    tool.culprit = yum_culprit;
    tool.reinstall_hint = reinstall_hint;
    tool.downgrade_hint = downgrade_hint;
    tool.space = space;
    tool.hints = yum_hints;
    return tool;
}();

}  // namespace aadssh
