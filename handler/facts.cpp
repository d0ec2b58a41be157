// SPDX-License-Identifier: MIT
#include "handler/facts.hpp"

#include "handler/digest.hpp"
#include "handler/failure.hpp"
#include "handler/packages.hpp"
#include "installers/openpgp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace aadssh {
namespace {

constexpr std::size_t text_limit = 256UL * 1024;
constexpr std::string_view legacy_folder_name =
    "Microsoft.Azure.ActiveDirectory.LinuxSSH.AADLoginForLinux-";

std::string read_os_release(const World& world) {
    // os-release(5): /etc first, /usr/lib where that is absent.
    for (const char* path : {"/etc/os-release", "/usr/lib/os-release"}) {
        const auto file = world.files.read(path, text_limit);
        if (file.ok()) {
            return file.text;
        }
    }
    return {};
}

void find_legacy_packages(World& world,
                          const PackageTool& tool,
                          std::vector<LegacyRemnant>& remnants) {
    for (const auto& state : ask_packages(world, tool, {"aadlogin", "aadlogin-selinux"})) {
        // Removed but not purged ("config-files") is not installed.
        if (state.status != PackageState::Status::installed &&
            state.status != PackageState::Status::broken) {
            continue;
        }
        remnants.push_back({fmt::format("the package {} {}", state.name, state.version),
                            tool.removal_hint(state.name)});
    }
}

void find_legacy_folders(const World& world,
                         const std::string& waagent_folder,
                         std::vector<LegacyRemnant>& remnants) {
    for (const auto& name : world.files.list(waagent_folder)) {
        const auto folder = fmt::format("{}/{}", waagent_folder, name);
        const auto info = world.files.info(folder);
        if (!name.starts_with(legacy_folder_name) || !info ||
            info->kind != FileInfo::Kind::folder) {
            continue;
        }
        // WALinuxAgent ga/exthandlers.py ExtHandlerState: one word, absent means NotInstalled.
        auto state = world.files.read(folder + "/config/HandlerState", 64).text;
        std::erase_if(state, [](unsigned char c) { return c <= ' '; });
        const bool runs = state == "Installed" || state == "Enabled";
        remnants.push_back(
            {fmt::format("the extension AADLoginForLinux ({}, {})",
                         name,
                         state.empty() ? "no state" : state),
             runs ? "az vm extension delete -g <group> --vm-name <vm> -n AADLoginForLinux"
                  : "rm -r " + folder,
             runs});
    }
}

Selinux read_selinux(const World& world) {
    const auto enforce = world.files.read("/sys/fs/selinux/enforce", 16);
    if (!enforce.ok()) {
        return {false, "not active in this kernel"};
    }
    std::string policy = "unknown";
    const auto config = "\n" + world.files.read("/etc/selinux/config", text_limit).text;
    const auto at = config.find("\nSELINUXTYPE=");
    if (at != std::string::npos) {
        const auto start = at + std::string_view("\nSELINUXTYPE=").size();
        policy = config.substr(start, config.find_first_of(" \t\r\n", start) - start);
    }
    return {
        true,
        fmt::format(
            "{}, policy {}", enforce.text.starts_with("1") ? "enforcing" : "permissive", policy)};
}

/// Whether the keyring that our source, or an existing one, names can be left as it is.
bool keyring_in_place(const World& world, const InstallInputs& inputs, const State& state) {
    const auto file = world.files.read(inputs.keyring, text_limit);
    const bool names_it =
        !inputs.existing_source || inputs.existing_source->signed_by == inputs.keyring;
    if (file.state == FileText::State::absent) {
        return !names_it;  // removing packages-microsoft-prod takes the keyring along and leaves
                           // its source
    }
    const auto keys = read_key_file(file.text).primary;
    const std::set<Fingerprint> there(keys.begin(), keys.end());
    const std::set<Fingerprint> wanted(inputs.accepted_keys.begin(), inputs.accepted_keys.end());
    const auto* record = state.file(inputs.keyring);
    const bool ours =
        record != nullptr &&
        std::ranges::find(record->sha256, sha256_hex(file.text)) != record->sha256.end();
    // Ours holds no key that the settings have withdrawn. Somebody else's is used as it is; if it
    // lacks the key, apt says so.
    return !ours || there == wanted;
}

/// Whether our own source file needs no writing: it says what we would write, or the administrator
/// has changed it since.
bool source_in_place(const World& world,
                     const CatalogueRow& row,
                     const InstallInputs& inputs,
                     const State& state) {
    const std::string path(row.tool->source_file);
    const auto file = world.files.read(path, text_limit);
    if (file.text == own_source_text(inputs.repository, inputs.architecture, inputs.signed_by)) {
        return true;
    }
    const auto* record = state.file(path);
    return file.ok() && record != nullptr &&
           std::ranges::find(record->sha256, sha256_hex(file.text)) == record->sha256.end();
}

void choose_keys(InstallInputs& inputs, const Settings& settings) {
    for (const auto& key : pinned_keys) {
        inputs.shipped_keys.emplace_back(key.file);
        inputs.accepted_keys.emplace_back(key.fingerprint);
    }
    if (!settings.key_url.empty()) {
        inputs.key_url = settings.key_url;
        inputs.accepted_keys.insert(
            inputs.accepted_keys.end(), settings.signing_keys.begin(), settings.signing_keys.end());
    }
}

}  // namespace

Support find_support(const World& world) {
    const auto found = look_up(parse_os_release(read_os_release(world)), world.machine);
    if (const auto* no = std::get_if<Unsupported>(&found)) {
        throw Failure(ExitCode::unsupported,
                      Phase::preflight,
                      "this Linux distribution is not supported",
                      no->reason,
                      "use one of " + supported_list());
    }
    auto support = std::get<Support>(found);
    if (!world.files.info(std::string(support.row->tool->program))) {
        throw Failure(
            ExitCode::missing_dependency,
            Phase::preflight,
            fmt::format(
                "{} is missing on this {}", support.row->tool->program, support.distribution),
            "the package manager is needed to install aadsshlogin",
            "repair the image or use one that has its package manager");
    }
    return support;
}

std::vector<SourceEntry> read_sources(const World& world,
                                      const PackageTool& tool,
                                      std::vector<std::string>& unread) {
    std::vector<std::string> paths{"/etc/apt/sources.list"};
    for (const auto& name : world.files.list("/etc/apt/sources.list.d")) {
        const auto path = "/etc/apt/sources.list.d/" + name;
        if ((name.ends_with(".list") || name.ends_with(".sources")) && path != tool.source_file) {
            paths.push_back(path);
        }
    }
    std::vector<SourceEntry> entries;
    for (const auto& path : paths) {
        const auto file = world.files.read(path, 1024UL * 1024);
        if (!file.ok() && file.state != FileText::State::absent) {
            unread.push_back(fmt::format("{} ({})", path, file.why));
        }
        for (auto& entry : parse_source_file(path, file.text)) {
            entries.push_back(std::move(entry));
        }
    }
    return entries;
}

Facts gather_facts(World& world, const HandlerEnvironment& environment) {
    Facts facts;
    facts.support = find_support(world);
    const auto& tool = *facts.support.row->tool;
    facts.login = ask_package(world, tool, login_package);
    facts.selinux = read_selinux(world);
    facts.selinux_package =
        ask_package(world, tool, std::string(facts.support.row->selinux_package));
    find_legacy_packages(world, tool, facts.legacy);
    find_legacy_folders(world, environment.waagent_folder, facts.legacy);
    facts.ca_bundle_missing = find_ca_bundle(world.files).empty();
    facts.sources = read_sources(world, tool, facts.unread);
    return facts;
}

InstallInputs install_inputs(const World& world,
                             const Facts& facts,
                             const Repository& repository,
                             const Settings& settings,
                             const ProxySettings& proxies,
                             const State& state) {
    const auto& row = *facts.support.row;
    InstallInputs inputs;
    inputs.repository = repository;
    inputs.architecture = facts.support.architecture;
    inputs.signed_by = row.signed_by;
    inputs.keyring = row.keyring;
    choose_keys(inputs, settings);
    if (const auto* existing = find_source(facts.sources, repository, inputs.architecture)) {
        inputs.existing_source = *existing;
    }
    inputs.source_in_place = source_in_place(world, row, inputs, state);
    inputs.keyring_in_place = keyring_in_place(world, inputs, state);
    if (facts.selinux.in_use) {
        inputs.packages.emplace_back(row.selinux_package);
        inputs.optional_packages.emplace_back(row.selinux_package);
    }
    inputs.packages.emplace_back(login_package);
    if (facts.login.reinstall) {
        inputs.reinstall.emplace_back(
            login_package);  // "already the newest version" would leave it as it is
    }
    inputs.ca_bundle_missing = facts.ca_bundle_missing;
    inputs.proxy_variables = proxies.variables();
    return inputs;
}

}  // namespace aadssh
