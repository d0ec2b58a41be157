// SPDX-License-Identifier: MIT
// The steps that install packages on rpm distributions; the command lines are each tool's own.
#include "installers/rpm_parts.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

bool among(const std::vector<std::string>& list, const std::string& item) {
    return std::ranges::find(list, item) != list.end();
}

/// Makes the steps of one plan; they share inputs, commands and the repository's id.
class Maker {
  public:
    Maker(const InstallInputs& inputs, const RpmCommands& commands)
        : inputs_(inputs),
          commands_(commands),
          at_{inputs.existing_source ? inputs.existing_source->id : inputs.repository.id,
              inputs.other_sources} {}

    void add_source();
    void add_refresh();
    void add_query(const std::string& package);
    void add_package(const std::string& package, bool of_distribution);

    Plan plan;

  private:
    std::string specification(const std::string& package, bool again) const;
    RunTool run(ToolRun kind, std::string purpose, Words argv) const;
    RunTool refresh() const;
    Words past_caches() const;
    Remedy renewed_certificates() const;

    const InstallInputs& inputs_;
    const RpmCommands& commands_;
    RpmRepositories at_;
};

RunTool Maker::run(ToolRun kind, std::string purpose, Words argv) const {
    RunTool step;
    step.purpose = std::move(purpose);
    step.kind = kind;
    step.argv = std::move(argv);
    step.environment = inputs_.proxy_variables;
    const bool fetches = kind == ToolRun::refresh || kind == ToolRun::download;
    if (fetches && inputs_.proxy_imposed && commands_.forget_proxy != nullptr) {
        step.argv = step.argv + commands_.forget_proxy();
    }
    return step;
}

/// The certificates by which Azure's update servers know a Red Hat VM expire; their package comes
/// from a repository that needs none (Azure's documentation on Red Hat Update Infrastructure).
Remedy Maker::renewed_certificates() const {
    return {Outcome::certificate,
            {run(ToolRun::download,
                 "download new certificates for the distribution's repositories in Azure",
                 commands_.download_certificates()),
             run(ToolRun::transaction,
                 "install new certificates for the distribution's repositories",
                 commands_.renew_certificates())}};
}

/// The distribution's packages for its own repository, or a file and keys of ours.
void Maker::add_source() {
    if (inputs_.existing_source) {
        plan.notes.push_back(
            fmt::format("{} already offers this repository. It is used as it is and not changed.",
                        inputs_.existing_source->file));
    } else if (!inputs_.repository.provider.empty()) {
        add_package(inputs_.repository.provider, true);
        return;
    }
    if (!inputs_.keyring.empty() && !inputs_.keyring_in_place) {
        plan.steps.emplace_back(WriteKeyring{.path = inputs_.keyring,
                                             .shipped = inputs_.shipped_keys,
                                             .url = inputs_.key_url,
                                             .accepted = inputs_.accepted_keys,
                                             .armoured = true});
    }
    if (!inputs_.keyring.empty() && !inputs_.keys_trusted) {
        plan.steps.emplace_back(ImportKeys{.path = inputs_.keyring,
                                           .keys = inputs_.accepted_keys,
                                           .argv = {"rpm", "--import", inputs_.keyring}});
    }
    if (!inputs_.existing_source && !inputs_.source_in_place) {
        plan.steps.emplace_back(
            WriteFile{.path = inputs_.source_file, .content = rpm_source_text(inputs_)});
    }
}

Words Maker::past_caches() const {
    return commands_.past_caches == nullptr ? Words() : commands_.past_caches();
}

RunTool Maker::refresh() const {
    return run(ToolRun::refresh,
               fmt::format("refresh the index of {} alone", inputs_.repository.url),
               commands_.refresh(at_));
}

void Maker::add_refresh() {
    RunTool step = refresh();
    step.remedies = patience(metadata_url(inputs_.repository), past_caches());
    plan.steps.emplace_back(std::move(step));
}

void Maker::add_query(const std::string& package) {
    RunTool step =
        run(ToolRun::query, "ask the index for " + package, commands_.query(at_, package));
    step.package = package;
    step.optional = among(inputs_.optional_packages, package);
    step.not_after = inputs_.pin;
    if (commands_.hidden_query != nullptr) {
        step.hidden_question = commands_.hidden_query(at_, package);
    }
    plan.steps.emplace_back(std::move(step));
}

/// zypper(8), "Package and capability specification": <= takes the newest that is not too new.
std::string Maker::specification(const std::string& package, bool again) const {
    if (again && commands_.reinstall_upgrades && !inputs_.version.empty()) {
        return fmt::format("{}={}", package, inputs_.version);
    }
    return again || inputs_.pin.empty() ? package : fmt::format("{}<={}", package, inputs_.pin);
}

/// Fetching and changing are two commands: the first may be stopped at any time, the second never.
void Maker::add_package(const std::string& package, bool of_distribution) {
    const bool again = among(inputs_.reinstall, package);
    const RpmRepositories at = {of_distribution ? std::string() : at_.ours, at_.others};
    const std::string what = of_distribution ? package : specification(package, again);
    RunTool download = run(ToolRun::download,
                           fmt::format("download {} and what it depends on", package),
                           (again ? commands_.download_again : commands_.download)(at, what));
    const bool one_version = !of_distribution && !again && !inputs_.version.empty();
    if (one_version) {
        download.argv = commands_.download_version(at, package, inputs_.version);
    }
    RunTool refresh_all = run(ToolRun::refresh,
                              "refresh the index of every repository of this machine",
                              commands_.refresh_all(at));
    refresh_all.best_effort =
        true;  // any of them may be broken; the resolver tells whether it matters
    download.remedies =
        of_distribution ? patience({}, past_caches())
                        : patience(metadata_url(inputs_.repository), past_caches(), {refresh()});
    download.remedies.push_back({Outcome::unmet, {refresh_all}});
    if (commands_.renew_certificates != nullptr) {
        download.remedies.push_back(renewed_certificates());
    }
    RunTool install = run(ToolRun::transaction,
                          fmt::format("install {}{}", package, again ? " again" : ""),
                          (again ? commands_.reinstall : commands_.install)(at, what));
    if (one_version) {
        install.argv = commands_.install_version(at, package, inputs_.version);
    } else if (!again && !of_distribution && inputs_.pin.empty()) {
        // Not beside a pin: which of the versions come before it is the resolver's knowledge.
        const auto older = fmt::format("{}{}{}", package, commands_.version_link, version_mark);
        download.older_argv = commands_.download(at, older);
        install.older_argv = commands_.install(at, older);
        download.older_question = install.older_question = commands_.versions_query(at, package);
    }
    for (RunTool* step : {&download, &install}) {
        step->package = package;
        // Put back, it is as much ours, or not, as it was before.
        step->dependency = one_version || (!of_distribution && !among(inputs_.packages, package));
        step->optional = among(inputs_.optional_packages, package);
        plan.steps.emplace_back(*step);
    }
}

}  // namespace

std::string rpm_source_text(const InstallInputs& inputs) {
    return own_repo_text(inputs.repository, inputs.keyring);
}

Plan rpm_install_plan(const InstallInputs& inputs, const RpmCommands& commands) {
    Maker maker(inputs, commands);
    const bool repair = !inputs.version.empty() && !inputs.reinstall.empty();
    maker.plan.title = fmt::format("{} {}{}{} from {} ({})",
                                   repair ? "Repair" : "Install",
                                   fmt::join(inputs.packages, " and "),
                                   inputs.version.empty() ? "" : " ",
                                   inputs.version,
                                   inputs.repository.url,
                                   inputs.architecture);
    maker.add_source();
    maker.add_refresh();
    if (inputs.version.empty()) {  // else the newest is not wanted, even if it is there
        for (const std::string& package : inputs.packages) {
            maker.add_query(package);
        }
    }
    for (const std::string& package : inputs.packages) {
        maker.add_package(package, false);
    }
    if (!inputs.pin.empty() && !repair) {
        maker.plan.notes.push_back(fmt::format(
            "Versions after {} need a newer libsemanage than this release has, so none is "
            "installed.",
            inputs.pin));
    }
    return maker.plan;
}

}  // namespace aadssh
