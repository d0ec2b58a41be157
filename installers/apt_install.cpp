// SPDX-License-Identifier: MIT
// The steps that install packages with apt. Options are apt.conf(5)'s unless a comment says more.
#include "installers/apt.hpp"
#include "installers/apt_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

using Words = std::vector<std::string>;

std::string in_scratch(std::string_view name) {
    return fmt::format("{}/{}", apt_scratch, name);
}

Words operator+(Words left, const Words& right) {
    left.insert(left.end(), right.begin(), right.end());
    return left;
}

Words options(std::initializer_list<std::string> settings) {
    Words words;
    for (const std::string& setting : settings) {
        words.insert(words.end(), {"-o", setting});
    }
    return words;
}

/// Of every apt command. Empty names of caches: built in memory, where other lists cannot confuse
/// them.
Words private_folders() {
    return options({"Dir::State::lists=" + in_scratch("lists"),
                    "Dir::Cache::pkgcache=",
                    "Dir::Cache::srcpkgcache="});
}

/// Number of tries and time limits differ between versions of apt when they are not given. A file
/// named on the command line wins over apt's own (apt.conf(5)).
Words network_options(const InstallInputs& inputs) {
    Words words =
        options({"Acquire::Retries=3", "Acquire::http::Timeout=20", "Acquire::https::Timeout=20"});
    if (inputs.proxy_imposed) {
        words.push_back(fmt::format("--config-file={}", apt_proxy_file));
    }
    return words;
}

/// The methods for http and https both look here (apt-transport-https(1)).
Words past_caches() {
    return options({"Acquire::http::No-Cache=true"});
}

/// AutomaticRemove would make --no-remove fail on machines that switch it on for all.
Words package_options() {
    return options({
        "Dir::Cache::archives=" + in_scratch("archives"),
        "APT::Get::AutomaticRemove=0",
        "APT::ExtractTemplates::TempDir=" + in_scratch("tmp"),
        "Dpkg::Options::=--force-confdef",
        "Dpkg::Options::=--force-confold",
        "Dpkg::Use-Pty=0",
    });
}

std::string one_source_path(const InstallInputs& inputs) {
    return in_scratch(inputs.existing_source && inputs.existing_source->deb822 ? "source.sources"
                                                                               : "source.list");
}

/// Reads one source alone, so that nobody else's broken repository can fail us, and keeps all other
/// lists.
Words one_source(const InstallInputs& inputs) {
    return options({"Dir::Etc::sourcelist=" + one_source_path(inputs), "Dir::Etc::sourceparts=-"}) +
           private_folders();
}

/// The folder for temporary files matters where /tmp is mounted noexec: debconf runs scripts from
/// there.
std::map<std::string, std::string> environment(const InstallInputs& inputs) {
    std::map<std::string, std::string> variables = apt_silence();
    variables["TMPDIR"] = in_scratch("tmp");
    variables.insert(inputs.proxy_variables.begin(), inputs.proxy_variables.end());
    return variables;
}

RunTool run(const InstallInputs& inputs, ToolRun kind, std::string purpose, Words argv) {
    RunTool step;
    step.purpose = std::move(purpose);
    step.kind = kind;
    step.argv = std::move(argv);
    step.environment = environment(inputs);
    return step;
}

RunTool refresh_all(const InstallInputs& inputs) {
    RunTool step = run(inputs,
                       ToolRun::refresh,
                       "refresh the index of every source of this machine, into the scratch folder",
                       Words{"apt-get", "-q", "update"} + options({"APT::Get::List-Cleanup=0"}) +
                           private_folders() + network_options(inputs));
    step.best_effort =
        true;  // Any source of the machine may be broken; the resolver tells whether it was needed.
    return step;
}

/// Error-Mode makes apt from 2.1 on fail when nothing could be fetched; for older ones there is
/// `proof`. Unsigned repositories were still allowed by apt before 1.5 (its NEWS file).
RunTool refresh_one(const InstallInputs& inputs, const std::string& list_prefix) {
    RunTool step =
        run(inputs,
            ToolRun::refresh,
            fmt::format(
                "refresh the index of {} {} alone", inputs.repository.url, inputs.repository.suite),
            Words{"apt-get", "-q", "update"} +
                options({"APT::Update::Error-Mode=any",
                         "APT::Get::List-Cleanup=0",
                         "Acquire::AllowInsecureRepositories=0"}) +
                one_source(inputs) + network_options(inputs));
    step.proof = in_scratch("lists/" + list_prefix);
    step.remedies = patience(metadata_url(inputs.repository), past_caches());
    return step;
}

Words versions_question(const InstallInputs& inputs, const std::string& package) {
    return Words{"apt-cache", "madison", package} + one_source(inputs);
}

RunTool query(const InstallInputs& inputs, const std::string& package) {
    return run(
        inputs, ToolRun::query, "ask the index for " + package, versions_question(inputs, package));
}

/// Reads every source and nothing else: no network, no lock, no lists (apt-get(8), indextargets;
/// since apt 1.1). One that contradicts another, or cannot be parsed, makes apt refuse them all.
RunTool parse_check(const InstallInputs& inputs, std::string purpose) {
    return run(inputs,
               ToolRun::check,
               std::move(purpose),
               Words{"apt-get", "indextargets", "--format", "$(SITE)"} + private_folders());
}

/// --no-remove: apt would silently remove what conflicts, such as the legacy package aadlogin.
Words install_command(const InstallInputs& inputs, std::string_view phase, const Words& what) {
    return Words{"apt-get",
                 "-q",
                 "-y",
                 "--no-remove",
                 "--no-install-recommends",
                 std::string(phase),
                 "install"} +
           what + private_folders() + package_options() + network_options(inputs);
}

/// "dpkg was interrupted", and packages unpacked without their dependencies, which apt mends only
/// when no package is named.
Remedy repair(const InstallInputs& inputs) {
    Remedy remedy{Outcome::interrupted, {}};
    remedy.steps = {
        run(inputs,
            ToolRun::transaction,
            "finish the installation that was cut off",
            {"dpkg", "--force-confdef", "--force-confold", "--configure", "-a"}),
        refresh_all(inputs),
        run(inputs,
            ToolRun::download,
            "fetch what it still lacks",
            install_command(inputs, "--download-only", {"--fix-broken"})),
        run(inputs,
            ToolRun::transaction,
            "install what it still lacks",
            install_command(inputs, "--no-download", {"--fix-broken"})),
    };
    for (RunTool& step : remedy.steps) {
        step.best_effort = true;
    }
    return remedy;
}

/// Fetching and changing are two commands: the first may be stopped at any time, the second never.
void add_package(Plan& plan,
                 const InstallInputs& inputs,
                 const std::string& package,
                 const std::vector<RunTool>& refresh) {
    const auto among = [&](const Words& list) {
        return std::ranges::find(list, package) != list.end();
    };
    const bool again = among(inputs.reinstall);
    Words what = {package};
    if (again) {
        what = {"--reinstall", inputs.version.empty() ? package : package + "=" + inputs.version};
    } else if (!inputs.version.empty()) {
        what = {"--allow-downgrades", fmt::format("{}={}", package, inputs.version)};
    }
    RunTool download = run(inputs,
                           ToolRun::download,
                           fmt::format("download {} and what it depends on", package),
                           install_command(inputs, "--download-only", what));
    const bool of_distribution = refresh.empty();
    download.remedies = patience(
        of_distribution ? std::string() : metadata_url(inputs.repository), past_caches(), refresh);
    if (!of_distribution) {
        // Lists that are empty or old are normal on a machine's first boot.
        download.remedies.push_back({Outcome::unmet, {refresh_all(inputs)}});
    }
    RunTool install = run(inputs,
                          ToolRun::transaction,
                          fmt::format("install {}{}", package, again ? " again" : ""),
                          install_command(inputs, "--no-download", what));
    for (RunTool* step : {&download, &install}) {
        step->remedies.push_back(repair(inputs));
        step->package = package;
        // Put back, it is as much ours, or not, as it was before.
        step->dependency = !among(inputs.packages) || (!again && !inputs.version.empty());
        step->optional = among(inputs.optional_packages);
        if (!again && inputs.version.empty() && among(inputs.packages)) {
            step->older_question = versions_question(inputs, package);
            step->older_argv = step->argv;
            *std::ranges::find(step->older_argv, package) += fmt::format("={}", version_mark);
        }
        plan.steps.emplace_back(*step);
    }
}

std::string list_prefix(const InstallInputs& inputs) {
    const std::string uri =
        inputs.existing_source
            ? std::string(matching_uri(*inputs.existing_source, inputs.repository))
            : inputs.repository.url;
    return list_file_prefix(uri, inputs.repository.suite);
}

void add_source(Plan& plan, const InstallInputs& inputs) {
    const std::string text =
        inputs.existing_source ? inputs.existing_source->text : apt.source_text(inputs);
    if (inputs.existing_source) {
        plan.notes.push_back(
            fmt::format("{} already offers this repository. It is used as it is, with the key that "
                        "it names, and not changed.",
                        inputs.existing_source->file));
    }
    const bool writes = !inputs.existing_source && !inputs.source_in_place;
    if (writes) {
        plan.steps.emplace_back(
            parse_check(inputs, "see that apt can read the sources of this machine"));
    }
    // Also for an existing source: removing packages-microsoft-prod takes its keyring along and
    // leaves its source.
    if (!inputs.keyring_in_place) {
        plan.steps.emplace_back(WriteKeyring{
            inputs.keyring, inputs.shipped_keys, inputs.key_url, inputs.accepted_keys});
    }
    if (writes) {
        plan.steps.emplace_back(WriteFile{.path = std::string(apt_source_file), .content = text});
        plan.steps.emplace_back(
            parse_check(inputs, "see that apt can read them together with ours"));
    }
    plan.steps.emplace_back(WriteFile{
        .path = one_source_path(inputs), .content = text, .mode = 0644, .temporary = true});
}

}  // namespace

std::map<std::string, std::string> apt_silence() {
    return {
        {"APT_LISTBUGS_FRONTEND", "none"},
        {"APT_LISTCHANGES_FRONTEND", "none"},
        {"DEBCONF_NONINTERACTIVE_SEEN", "true"},
        {"DEBIAN_FRONTEND", "noninteractive"},
        {"NEEDRESTART_MODE", "l"},
        {"NEEDRESTART_SUSPEND", "1"},
        {"UCF_FORCE_CONFFOLD", "1"},
    };
}

Plan apt_install_plan(const InstallInputs& inputs) {
    const Repository& repository = inputs.repository;
    Plan plan;
    const bool repair = !inputs.version.empty() && !inputs.reinstall.empty();
    plan.title = fmt::format("{} {}{}{} from {} {} {} ({})",
                             repair ? "Repair" : "Install",
                             fmt::join(inputs.packages, " and "),
                             inputs.version.empty() ? "" : " ",
                             inputs.version,
                             repository.url,
                             repository.suite,
                             repository.component,
                             inputs.architecture);
    const std::string prefix = list_prefix(inputs);
    plan.steps.emplace_back(
        MakeScratch{.folder = std::string(apt_scratch),
                    .subfolders = {"lists", "lists/partial", "archives", "archives/partial", "tmp"},
                    .seed_from = "/var/lib/apt/lists",
                    .except_prefix = prefix});
    if (inputs.proxy_imposed) {
        plan.steps.emplace_back(WriteFile{.path = std::string(apt_proxy_file),
                                          .content = apt_proxy_options(inputs),
                                          .mode = 0600,
                                          .temporary = true,
                                          .secret = true});
    }
    if (inputs.ca_bundle_missing) {
        plan.steps.emplace_back(refresh_all(inputs));
        add_package(plan, inputs, "ca-certificates", {});
        plan.notes.emplace_back(
            "This machine has no CA certificates, without which no HTTPS server can be checked. "
            "ca-certificates is installed from the distribution and stays when the extension is "
            "removed.");
    }
    add_source(plan, inputs);
    const RunTool refresh = refresh_one(inputs, prefix);
    plan.steps.emplace_back(refresh);
    RunTool again = refresh;  // as part of a remedy it has none of its own
    again.remedies.clear();
    again.argv = again.argv + past_caches();
    // Where one version is wanted, the newest is not, even if it is there.
    for (const std::string& package : inputs.version.empty() ? inputs.packages : Words()) {
        RunTool step = query(inputs, package);
        step.package = package;
        step.optional =
            std::ranges::find(inputs.optional_packages, package) != inputs.optional_packages.end();
        plan.steps.emplace_back(std::move(step));
    }
    for (const std::string& package : inputs.packages) {
        add_package(plan, inputs, package, {again});
    }
    plan.steps.emplace_back(RemoveScratch{std::string(apt_scratch)});
    return plan;
}

/// dpkg-reconfigure runs "prerm upgrade" and "postinst configure" from dpkg's database, as a
/// reinstallation does, also of packages that have no questions (debconf, dpkg-reconfigure).
Plan apt_configuration_plan(const std::string& package) {
    RunTool step;
    step.purpose = fmt::format("run the configuration step of {} again", package);
    step.kind = ToolRun::transaction;
    step.argv = {"dpkg-reconfigure", "--frontend=noninteractive", package};
    step.environment = apt_silence();
    step.package = package;
    return {.title = fmt::format("Configure {} again without its package file", package),
            .steps = {step},
            .notes = {}};
}

}  // namespace aadssh
