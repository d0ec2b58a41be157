// SPDX-License-Identifier: MIT
#include "installers/apt.hpp"

#include "installers/apt_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

// Also taken by apt-get --download-only. The locks of index lists and downloads are not among them:
// those lie in a folder of our own.
constexpr ToolLock locks[] = {{"/var/lib/dpkg/lock-frontend"}, {"/var/lib/dpkg/lock"}};

constexpr SourcePlace source_places[] = {
    {"/etc/apt/sources.list", ""},
    {"/etc/apt/sources.list.d", ".list"},
    {"/etc/apt/sources.list.d", ".sources"},
};

std::string source_text(const InstallInputs& inputs) {
    return own_source_text(inputs.repository, inputs.architecture, inputs.signed_by);
}

std::vector<std::string> state_query(const std::vector<std::string>& packages) {
    std::vector<std::string> argv = {
        "dpkg-query", "-W", "-f", "${Package}\\t${db:Status-Abbrev}\\t${Version}\\n"};
    argv.insert(argv.end(), packages.begin(), packages.end());
    return argv;
}

/// db:Status-Abbrev (dpkg-query(1)): what is wanted, what is there, and R when a reinstallation is
/// required.
PackageState::Status status_of(std::string_view abbreviation) {
    using Status = PackageState::Status;
    const bool reinstall = abbreviation.size() > 2 && abbreviation[2] == 'R';
    switch (reinstall ? 'R' : abbreviation[1]) {
        case 'i':
            return Status::installed;
        case 'c':
            return Status::config_files;
        case 'n':
            return Status::absent;
        default:
            return Status::broken;
    }
}

bool is_package_name(std::string_view name) {
    constexpr std::string_view others = "+.-";
    return name.size() > 1 && std::ranges::all_of(name, [&](char c) {
               return (c >= 'a' && c <= 'z') || is_digit(c) || contains(others, {&c, 1});
           });
}

/// Lines of other forms are dpkg-query's own messages. Of a package that is there for several
/// architectures the first line that says "installed" counts.
std::vector<PackageState> parse_states(std::string_view text) {
    std::vector<PackageState> states;
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string_view> fields = split(line, '\t');
        if (fields.size() != 3 || !is_package_name(fields[0]) || fields[1].size() < 2) {
            continue;
        }
        const PackageState state{
            .name = std::string(fields[0]),
            .status = status_of(fields[1]),
            .version = std::string(trim(fields[2])),
            .held = fields[1][0] == 'h',
            .reinstall = fields[1].size() > 2 && fields[1][2] == 'R',
        };
        const auto known = std::ranges::find(states, state.name, &PackageState::name);
        if (known == states.end()) {
            states.push_back(state);
        } else if (!known->installed() && state.status != PackageState::Status::absent) {
            *known = state;
        }
    }
    return states;
}

/// 1 only says that a name is unknown (dpkg-query(1)); more than that is an answer that must not be
/// taken for "absent".
bool query_failed(int code, std::string_view /*text*/) {
    return code > 1;
}

std::vector<std::string> owner_query(const std::string& path) {
    return {"dpkg-query", "-S", path};
}

/// "pkg: /path", "pkg:amd64, other: /path"; lines about diversions and dpkg-query's messages name
/// no owner.
std::string parse_owner(std::string_view text) {
    for (const std::string_view line : lines_of(text)) {
        const std::size_t end = line.find(": /");
        if (end != std::string_view::npos) {
            const std::string_view first = line.substr(0, end).substr(0, line.find(','));
            const std::string_view name = first.substr(0, first.find(':'));
            if (is_package_name(name)) {
                return std::string(name);
            }
        }
    }
    return {};
}

/// "aadsshlogin | 1.0.033070001 | https://... noble/main amd64 Packages", newest first
/// (apt-cache(8), madison).
std::vector<std::string> published_versions(std::string_view text) {
    std::vector<std::string> versions;
    for (const std::string_view line : lines_of(text)) {
        const std::vector<std::string_view> fields = split(line, '|');
        if (fields.size() == 3 && words_of(fields[1]).size() == 1) {
            versions.emplace_back(trim(fields[1]));
        }
    }
    return versions;
}

std::string newest_version(std::string_view text) {
    const std::vector<std::string> versions = published_versions(text);
    return versions.empty() ? std::string() : versions.front();
}

std::string removal_hint(const std::string& package) {
    return "apt-get purge " + package;
}

/// With a refresh before: the lists that apt itself keeps may never have had our repository.
std::string reinstall_hint(const std::string& package, const std::string& /*version*/) {
    return "apt-get update && apt-get install --reinstall " + package;
}

std::string downgrade_hint(const std::string& package, const std::string& version) {
    return fmt::format(
        "apt-get update && apt-get install --allow-downgrades {}={}", package, version);
}

/// The scratch folder: indexes are linked from apt's own, or copied from another file system.
constexpr SpaceNeed space[] = {
    {apt_scratch, 16},
    {"/var/lib/dpkg", 8},
};

// Debian's own policy, selinux-policy-default, is of the type "default".
constexpr std::string_view selinux_policies[] = {"targeted", "default"};

constexpr Hint hints[] = {
    {Outcome::locked, "fuser -v /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock"},
    {Outcome::interrupted, "dpkg --configure -a && apt-get --fix-broken install"},
    {Outcome::no_space, "df -h / /usr /var"},
    {Outcome::unmet, "apt-get update"},
    {Outcome::sources, "apt-get indextargets"},
    {Outcome::failed, "dpkg --audit; apt-get check"},
};

}  // namespace

constinit const PackageTool apt = {
    .name = "apt",
    .program = "/usr/bin/apt-get",
    .architectures = {"amd64", "arm64"},
    .locks = locks,
    .source_places = source_places,
    .parse_sources = parse_source_file,
    .source_file = apt_source_file,
    .own_source_file = apt_source_file,
    .source_text = source_text,
    .scratch = apt_scratch,
    .selinux_policies = selinux_policies,
    .space = space,
    .install_plan = apt_install_plan,
    .removal_plan = apt_removal_plan,
    .configuration_plan = apt_configuration_plan,
    .classify = apt_classify,
    .state_query = state_query,
    .parse_states = parse_states,
    .query_failed = query_failed,
    .owner_query = owner_query,
    .parse_owner = parse_owner,
    .newest_version = newest_version,
    .published_versions = published_versions,
    .hiding_places = {},
    .proxy_file = {},
    .proxy_query =
        [] {
            return std::vector<std::string>{"apt-config", "dump"};
        },
    .parse_proxy = apt_proxy,
    .culprit = apt_culprit,
    .removal_hint = removal_hint,
    .reinstall_hint = reinstall_hint,
    .downgrade_hint = downgrade_hint,
    .hints = hints,
};

}  // namespace aadssh
