// SPDX-License-Identifier: MIT
#pragma once
#include "installers/package_tool.hpp"

#include <string>
#include <string_view>
#include <vector>

// What dnf, yum, tdnf and zypper have in common: rpm's database and .repo files. One file each for
// the database, the plans and the removal.
namespace aadssh {

using Words = std::vector<std::string>;

inline Words operator+(Words left, const Words& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

// --- the database (rpm(8)) ---

Words rpm_state_query(const std::vector<std::string>& packages);
std::vector<PackageState> rpm_parse_states(std::string_view text);
bool rpm_query_failed(int code, std::string_view text);
Words rpm_owner_query(const std::string& path);
std::string rpm_parse_owner(std::string_view text);

/// Where rpm keeps its lock: rpm before 4.16 and its successors, and SUSE and Fedora since.
inline constexpr ToolLock rpm_lock = {"/var/lib/rpm/.rpm.lock"};
inline constexpr ToolLock rpm_lock_in_usr = {"/usr/lib/sysimage/rpm/.rpm.lock"};

// --- outcomes ---

/// Whether a line says this of a repository's repomd.xml, and not of another file of it.
bool says_of_index(std::string_view text, std::string_view mark);

// --- the plans ---

/// The repositories that a command is about: the one that offers aadsshlogin (empty for a package
/// of the distribution), and all others that are enabled.
struct RpmRepositories {
    std::string ours;
    std::vector<std::string> others;
};

/// The command lines of one tool.
struct RpmCommands {
    /// Fetches the index of our repository alone, even if the one at hand is fresh.
    Words (*refresh)(const RpmRepositories& at);
    /// Fetches the index of every repository; one that is broken is left out.
    Words (*refresh_all)(const RpmRepositories& at);
    /// Asks the index at hand of our repository for a package.
    Words (*query)(const RpmRepositories& at, const std::string& package);
    /// The same past excludes, locked versions and modules; nullptr: its queries know none.
    Words (*hidden_query)(const RpmRepositories& at, const std::string& package);
    /// Like `query` for every version, or for the two newest.
    Words (*versions_query)(const RpmRepositories& at, const std::string& package);
    /// How the tool wants one version of a package named, between name and version.
    std::string_view version_link;
    /// Fetches, or installs from what was fetched, this package and what it depends on. Whatever
    /// installs asks the network for nothing: it is never stopped.
    Words (*download)(const RpmRepositories& at, const std::string& package);
    Words (*install)(const RpmRepositories& at, const std::string& package);
    Words (*download_again)(const RpmRepositories& at, const std::string& package);
    Words (*reinstall)(const RpmRepositories& at, const std::string& package);
    /// Whether the two above would take the newest version unless another one is named.
    bool reinstall_upgrades;
    /// The same for one version, also an older one than is installed.
    Words (*download_version)(const RpmRepositories& at,
                              const std::string& package,
                              const std::string& version);
    Words (*install_version)(const RpmRepositories& at,
                             const std::string& package,
                             const std::string& version);
    /// Fetches, or installs from what was fetched, the newest client certificates of Azure's Red
    /// Hat repositories; nullptr, both: this tool's distributions have none.
    Words (*download_certificates)();
    Words (*renew_certificates)();
    /// Further words that keep caches on the way from answering; nullptr: none are needed or known.
    Words (*past_caches)();
    /// Further words by which it forgets the proxy that it has configured itself, so that the
    /// variables count; nullptr: there are none. The address itself stays off the command line,
    /// where everybody could read its password.
    Words (*forget_proxy)();
};

Plan rpm_install_plan(const InstallInputs& inputs, const RpmCommands& commands);

/// rpm itself: reads no repositories, which may be broken by now, and refuses rather than removes
/// what somebody made depend on ours; the tools would take dependencies along (dnf's
/// clean_requirements_on_remove).
Plan rpm_removal_plan(const RemovalInputs& inputs);

std::string rpm_source_text(const InstallInputs& inputs);

std::string rpm_removal_hint(const std::string& package);

// --- the tools ---

inline constexpr std::string_view rpm_selinux_policies[] = {"targeted"};

/// What is the same for all of them; each adds the rest.
inline constexpr PackageTool rpm_tool = {
    .name = {},
    .program = {},
    .architectures = {"x86_64", "aarch64"},
    .locks = {},
    .source_places = {},
    .parse_sources = parse_repo_file,
    .source_file = {},
    .own_source_file = {},
    .source_text = rpm_source_text,
    .imports_keys = true,
    .scratch = {},
    .selinux_policies = rpm_selinux_policies,
    .space = {},
    .install_plan = nullptr,
    .removal_plan = rpm_removal_plan,
    .configuration_plan = nullptr,
    .classify = nullptr,
    .state_query = rpm_state_query,
    .parse_states = rpm_parse_states,
    .query_failed = rpm_query_failed,
    .owner_query = rpm_owner_query,
    .parse_owner = rpm_parse_owner,
    .newest_version = nullptr,
    .published_versions = nullptr,
    .hiding_places = {},
    .proxy_file = {},
    .proxy_query = nullptr,
    .parse_proxy = yum_proxy,
    .culprit = nullptr,
    .removal_hint = rpm_removal_hint,
    .reinstall_hint = nullptr,
    .downgrade_hint = nullptr,
    .hints = {},
};

}  // namespace aadssh
