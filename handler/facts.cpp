// SPDX-License-Identifier: MIT
#include "handler/facts.hpp"

#include "handler/digest.hpp"
#include "handler/extension_folders.hpp"
#include "handler/failure.hpp"
#include "handler/packages.hpp"
#include "installers/openpgp.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <set>

namespace aadssh {
namespace {

constexpr std::size_t text_limit = 256UL * 1024;
constexpr std::string_view legacy_extension =
    "Microsoft.Azure.ActiveDirectory.LinuxSSH.AADLoginForLinux";

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
                            "on the VM, as root: " + tool.removal_hint(state.name)});
    }
}

void find_legacy_folders(const World& world,
                         const std::string& waagent_folder,
                         std::vector<LegacyRemnant>& remnants) {
    for (const auto& folder : extension_folders(world, waagent_folder)) {
        if (folder.name != legacy_extension) {
            continue;
        }
        remnants.push_back(
            {fmt::format("the extension AADLoginForLinux ({}-{}, {})",
                         folder.name,
                         folder.version,
                         folder.state.empty() ? "no state" : folder.state),
             folder.runs() ? "with the Azure CLI: az vm extension delete -g <group> --vm-name <vm> "
                             "-n AADLoginForLinux"
                           : "on the VM, as root: rm -r " + folder.path,
             folder.runs()});
    }
}

/// Whether the keyring that our source, or an existing one, names can be left as it is.
bool keyring_in_place(const World& world,
                      const PackageTool& tool,
                      const InstallInputs& inputs,
                      const State& state) {
    const auto file = world.files.read(inputs.keyring, text_limit);
    const bool names_it = tool.imports_keys || !inputs.existing_source ||
                          inputs.existing_source->signed_by == inputs.keyring;
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
                     const PackageTool& tool,
                     const InstallInputs& inputs,
                     const State& state) {
    const auto file = world.files.read(inputs.source_file, text_limit);
    if (file.text == tool.source_text(inputs)) {
        return true;
    }
    const auto* record = state.file(inputs.source_file);
    return file.ok() && record != nullptr &&
           std::ranges::find(record->sha256, sha256_hex(file.text)) == record->sha256.end();
}

void choose_keys(InstallInputs& inputs, const CatalogueRow& row, const Settings& settings) {
    for (const auto& key : pinned_keys) {
        if (std::ranges::find(row.keys, key.file) != row.keys.end()) {
            inputs.shipped_keys.emplace_back(key.file);
            inputs.accepted_keys.emplace_back(key.fingerprint);
        }
    }
    if (!settings.key_url.empty()) {
        inputs.key_url = settings.key_url;
        inputs.accepted_keys.insert(
            inputs.accepted_keys.end(), settings.signing_keys.begin(), settings.signing_keys.end());
    }
}

/// Our own source takes the name and the repository id of Microsoft's config package, unless
/// somebody else has taken them for something else (a disabled entry, another URL).
void choose_source(InstallInputs& inputs,
                   const World& world,
                   const PackageTool& tool,
                   const std::vector<SourceEntry>& others,
                   const State& state) {
    if (const auto* existing = find_source(others, inputs.repository, inputs.architecture)) {
        inputs.existing_source = *existing;
    }
    inputs.source_file = tool.source_file;
    if (!inputs.repository.provider.empty()) {
        return;  // no file of ours: the distribution's section is used, enabled or not
    }
    const bool file_taken = world.files.info(inputs.source_file).has_value() &&
                            !is_ours(world, tool, inputs.source_file, state);
    const bool id_taken =
        !inputs.repository.id.empty() &&
        std::ranges::find(others, inputs.repository.id, &SourceEntry::id) != others.end();
    if (!inputs.existing_source && (file_taken || id_taken)) {
        inputs.source_file = tool.own_source_file;
        if (!inputs.repository.id.empty()) {
            inputs.repository.id = own_repository_id;
        }
    }
}

/// Systems whose /usr is not changed by a package manager, by what only they have.
struct ImmutableMark {
    std::string_view path;
    std::string_view what;
};
constexpr ImmutableMark immutable_marks[] = {
    {"/run/ostree-booted", "this system is an image managed by ostree"},
    {"/usr/sbin/transactional-update",
     "this system is changed by transactional-update only, after a restart"},
};

std::string why_immutable(const World& world) {
    for (const auto& mark : immutable_marks) {
        if (world.files.info(std::string(mark.path))) {
            return fmt::format("{} ({} is there)", mark.what, mark.path);
        }
    }
    return world.files.read_only("/usr")
               ? "/usr is mounted read-only: an immutable system, or a file system that was set "
                 "read-only after an error"
               : "";
}

}  // namespace

bool is_ours(const World& world,
             const PackageTool& tool,
             const std::string& path,
             const State& state) {
    if (path == tool.own_source_file) {
        return true;
    }
    const auto* record = state.file(path);
    return record != nullptr &&
           std::ranges::find(record->sha256, sha256_hex(world.files.read(path, text_limit).text)) !=
               record->sha256.end();
}

Failure immutable_system(const std::string& why) {
    return {ExitCode::unsupported,
            Phase::preflight,
            "packages cannot be installed on this system",
            why,
            "use an image of a supported distribution whose /usr is writable, or one that has "
            "aadsshlogin built in"};
}

Support find_support(const World& world) {
    const auto found = look_up(parse_os_release(read_os_release(world)), world.machine);
    if (const auto* no = std::get_if<Unsupported>(&found)) {
        if (const auto immutable = why_immutable(world); !immutable.empty()) {
            throw immutable_system(fmt::format("{}; {}", immutable, no->reason));
        }
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

const PackageTool* machine_tool(const World& world) {
    const auto there = [&](const PackageTool& tool) {
        return world.files.info(std::string(tool.program)).has_value();
    };
    const auto found = look_up(parse_os_release(read_os_release(world)), world.machine);
    if (const auto* support = std::get_if<Support>(&found);
        support != nullptr && there(*support->row->tool)) {
        return support->row->tool;
    }
    for (const auto& row : catalogue()) {
        if (there(*row.tool)) {
            return row.tool;
        }
    }
    return nullptr;
}

std::vector<SourceEntry> read_sources(const World& world,
                                      const PackageTool& tool,
                                      std::vector<std::string>& unread) {
    std::vector<std::string> paths;
    for (const auto& place : tool.source_places) {
        if (place.suffix.empty()) {
            paths.emplace_back(place.path);
            continue;
        }
        for (const auto& name : world.files.list(std::string(place.path))) {
            if (name.ends_with(place.suffix)) {
                paths.push_back(fmt::format("{}/{}", place.path, name));
            }
        }
    }
    std::vector<SourceEntry> entries;
    for (const auto& path : paths) {
        const auto file = world.files.read(path, 1024UL * 1024);
        if (!file.ok() && file.state != FileText::State::absent) {
            unread.push_back(fmt::format("{} ({})", path, file.why));
        }
        for (auto& entry : tool.parse_sources(path, file.text)) {
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
    facts.selinux = read_selinux(world, tool);
    facts.selinux_package = ask_package(world, tool, std::string(selinux_package));
    facts.immutable = why_immutable(world);
    find_legacy_packages(world, tool, facts.legacy);
    find_legacy_folders(world, environment.waagent_folder, facts.legacy);
    facts.twins = twins(world, environment);
    facts.ca_bundle_missing = find_ca_bundle(world.files).empty();
    facts.sources = read_sources(world, tool, facts.unread);
    if (tool.imports_keys) {
        facts.trusted_keys = imported_keys(world, tool);
    }
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
    inputs.pin = row.pin;
    choose_keys(inputs, row, settings);
    auto others = facts.sources;
    std::erase_if(others, [&](const SourceEntry& entry) {
        return is_ours(world, *row.tool, entry.file, state);
    });
    choose_source(inputs, world, *row.tool, others, state);
    const auto& ours = inputs.existing_source ? inputs.existing_source->id : inputs.repository.id;
    for (const auto& entry : others) {
        if (entry.enabled && !entry.id.empty() && entry.id != ours) {
            inputs.other_sources.push_back(entry.id);
        }
    }
    inputs.source_in_place = source_in_place(world, *row.tool, inputs, state);
    inputs.keyring_in_place = keyring_in_place(world, *row.tool, inputs, state);
    inputs.keys_trusted = std::ranges::all_of(inputs.accepted_keys, [&](const Fingerprint& key) {
        return std::ranges::find(facts.trusted_keys, key_package(key)) != facts.trusted_keys.end();
    });
    if (facts.selinux.wants_package) {
        inputs.packages.emplace_back(selinux_package);
        inputs.optional_packages.emplace_back(selinux_package);
    }
    inputs.packages.emplace_back(login_package);
    if (facts.login.reinstall) {
        inputs.reinstall.emplace_back(
            login_package);  // "already the newest version" would leave it as it is
    }
    inputs.ca_bundle_missing = facts.ca_bundle_missing;
    inputs.proxy_variables = proxies.variables();
    inputs.proxy_imposed = proxies.reach == ProxyReach::imposed;
    return inputs;
}

}  // namespace aadssh
