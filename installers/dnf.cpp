// SPDX-License-Identifier: MIT
#include "installers/dnf.hpp"

#include "installers/dnf_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

// Its own (dnf/lock.py, dnf/base.py) hold a pid each, which stays there after a crash.
constexpr ToolLock locks[] = {rpm_lock,
                              rpm_lock_in_usr,
                              {"/var/cache/dnf/metadata_lock.pid", ToolLock::Kind::pid_file},
                              {"/var/cache/dnf/download_lock.pid", ToolLock::Kind::pid_file},
                              {"/var/lib/dnf/rpmdb_lock.pid", ToolLock::Kind::pid_file}};

/// dnf(8). What it waits for without end it is told to report instead; see yum_install_options.
Words install_command(const RpmRepositories& at, const Words& how, const Words& what) {
    return Words{"dnf"} + yum_install_options(at.ours) + how + what;
}

/// Of the index at hand of our repository. The newest alone, or a few of the newest; dnf sorts them
/// as words, not as versions (dnf/cli/commands/repoquery.py).
Words index_question(const RpmRepositories& at,
                     const std::string& package,
                     int how_many,
                     const Words& options = {}) {
    return Words{"dnf",
                 "-q",
                 "-C",
                 "--setopt=exit_on_lock=1",
                 "--disablerepo=*",
                 "--enablerepo=" + at.ours} +
           options +
           Words{"repoquery",
                 fmt::format("--latest-limit={}", how_many),
                 "--queryformat=%{version}-%{release}\\n",
                 package};
}

constexpr RpmCommands commands = {
    .refresh =
        [](const RpmRepositories& at) {
            return Words{"dnf",
                         "-y",
                         "--setopt=exit_on_lock=1",
                         "--setopt=timeout=20",
                         "--setopt=retries=3",
                         "--disablerepo=*",
                         "--enablerepo=" + at.ours,
                         repository_option(at.ours, "skip_if_unavailable", "0"),
                         "--refresh",
                         "makecache"};
        },
    .refresh_all =
        [](const RpmRepositories& at) {
            return Words{"dnf"} + yum_install_options(at.ours) + Words{"--refresh", "makecache"};
        },
    .query = [](const RpmRepositories& at,
                const std::string& package) { return index_question(at, package, 1); },
    .hidden_query =
        [](const RpmRepositories& at, const std::string& package) {
            // Past modules, too (dnf.conf(5), module_hotfixes; dnf.modularity(7)).
            return index_question(
                at,
                package,
                1,
                yum_past_excludes() + Words{repository_option(at.ours, "module_hotfixes", "1")});
        },
    .versions_query = [](const RpmRepositories& at,
                         const std::string& package) { return index_question(at, package, 2); },
    .version_link = "-",
    .download =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"install", "--downloadonly"}, {package});
        },
    .install =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"-C", "install"}, {package});
        },
    .download_again =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"reinstall", "--downloadonly"}, {package});
        },
    .reinstall =
        [](const RpmRepositories& at, const std::string& package) {
            return install_command(at, {"-C", "reinstall"}, {package});
        },
    .reinstall_upgrades = false,
    .download_version =
        [](const RpmRepositories& at, const std::string& package, const std::string& version) {
            return install_command(at, {"install", "--downloadonly"}, {package + "-" + version});
        },
    .install_version =
        [](const RpmRepositories& at, const std::string& package, const std::string& version) {
            return install_command(at, {"-C", "install"}, {package + "-" + version});
        },
    .download_certificates = [] { return yum_renew_certificates("dnf", "--downloadonly"); },
    .renew_certificates = [] { return yum_renew_certificates("dnf", "-C"); },
    .past_caches = nullptr,  // it has no option for that
    .forget_proxy = [] { return yum_forget_proxy(); },
};

Plan install_plan(const InstallInputs& inputs) {
    return rpm_install_plan(inputs, commands);
}

/// "1.0.033070001-1": the answer to `query`. A blank anywhere makes it a message.
std::vector<std::string> published_versions(std::string_view text) {
    std::vector<std::string> versions;
    for (const std::string_view line : lines_of(text)) {
        if (!line.empty() && is_digit(line.front()) && !contains(line, " ")) {
            versions.emplace_back(line);
        }
    }
    return versions;
}

std::string newest_version(std::string_view text) {
    const std::vector<std::string> versions = published_versions(text);
    return versions.empty() ? std::string() : versions.front();
}

Outcome classify(ToolRun kind, int code, std::string_view text) {
    if (code != 0) {
        return yum_classify_failure(kind, code, text);
    }
    return kind == ToolRun::query && newest_version(text).empty() ? Outcome::not_published
                                                                  : Outcome::ok;
}

std::string reinstall_hint(const std::string& package, const std::string& /*version*/) {
    return "dnf reinstall " + package;
}

std::string downgrade_hint(const std::string& package, const std::string& version) {
    return fmt::format("dnf install {}-{}", package, version);
}

/// The cache holds the index of every repository, of which a large one may be there already.
constexpr SpaceNeed space[] = {
    {"/var/cache/dnf", 32},
    {"/var/lib/rpm", 16},
    {"/var/tmp", 1},
};

}  // namespace

constinit const PackageTool dnf = [] {
    PackageTool tool = rpm_tool;
    tool.name = "dnf";
    tool.program = "/usr/bin/dnf";
    tool.locks = locks;
    tool.source_places = yum_source_places;
    tool.source_file = yum_source_file;
    tool.own_source_file = yum_own_source_file;
    tool.install_plan = install_plan;
    tool.classify = classify;
    tool.newest_version = newest_version;
    tool.published_versions = published_versions;
    tool.hiding_places =
        "exclude= in /etc/dnf/dnf.conf and /etc/yum.repos.d, dnf versionlock list, dnf module list";
    tool.proxy_file = "/etc/dnf/dnf.conf";
    tool.culprit = yum_culprit;
    tool.reinstall_hint = reinstall_hint;
    tool.downgrade_hint = downgrade_hint;
    tool.space = space;
    tool.hints = yum_hints;
    return tool;
}();

}  // namespace aadssh
