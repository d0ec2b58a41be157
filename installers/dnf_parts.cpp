// SPDX-License-Identifier: MIT
#include "installers/dnf_parts.hpp"

#include "installers/text.hpp"

#include <fmt/format.h>

namespace aadssh {

namespace {

constexpr int locked_code = 200;  // exit_on_lock

/// The texts are those of LC_ALL=C, measured with dnf 4.5, 4.14 and 4.23; yum 3's are from its
/// source (yum/__init__.py, yum/yumRepo.py, cli.py, yummain.py) and from public reports.
constexpr OutcomeRule first_rules[] = {
    {any_run, "No space left on device", Outcome::no_space},
    {any_run, "Curl error (23)", Outcome::no_space},
    {any_run, "Disk Requirements:", Outcome::no_space},
    {any_run, "can't create transaction lock", Outcome::locked},
    {any_run, "currently holding the yum lock", Outcome::locked},  // yum
    {any_run, "cannot open Packages database", Outcome::interrupted},
    {installing, "GPG check FAILED", Outcome::signature},
    {installing, "read a file:// file", Outcome::signature},           // that gpgkey names
    {installing, "not correct for this package", Outcome::signature},  // yum: its keys
    {installing, "Public key for", Outcome::signature},                // yum
    {any_run, "repomd.xml signature could not be verified", Outcome::signature},  // yum
    {any_run, "GPG signature verification error", Outcome::signature},
    // Of RHUI, whose client certificate expires (learn.microsoft.com, "Troubleshoot Red Hat RHUI
    // certificate issues in Azure"; MicrosoftDocs/azure-docs#19430, openshift/release#36741).
    {any_run, "peer rejected your certificate as expired", Outcome::certificate},
    {any_run, "alert certificate expired", Outcome::certificate},
    {any_run, "alert bad certificate", Outcome::certificate},
};

constexpr OutcomeRule last_rules[] = {
    {installing, "nothing provides", Outcome::unmet},
    {installing, "Requires: ", Outcome::unmet},  // yum
    {installing, "conflicts with", Outcome::unmet},
    {installing, "Unable to find a match", Outcome::unmet},
    {installing, "No package ", Outcome::unmet},                       // yum
    {installing, "No packages marked for reinstall", Outcome::unmet},  // dnf: that version is gone
    {installing, "Cache-only enabled but no cache", Outcome::unmet},
    {installing, "due to \"--cacheonly\" option", Outcome::unmet},
    {installing, "Caching enabled but no local cache", Outcome::unmet},  // yum
    {installing, "checksum doesn't match", Outcome::mismatch},
    {installing, "does not match intended download", Outcome::mismatch},  // yum
    // A file that the index lists is gone; any other trouble with one is the network's.
    {installing, "Status code: 404", Outcome::unmet},
    {installing, " Error 404 - ", Outcome::unmet},  // yum
    {fetching, "checksum doesn't match", Outcome::mismatch},
    {fetching, "does not match checksum", Outcome::mismatch},  // yum: a file of the index
    {fetching, "Failed to download metadata", Outcome::network},
    {fetching, "Curl error", Outcome::network},
    {fetching, "No more mirrors to try", Outcome::network},
};

constexpr std::string_view explaining[] = {
    "No space left on device",
    "nothing provides",
    "conflicts with",
    "Requires: ",
    "not correct for this package",
    "Public key for",
    "is not signed",
    "could not be verified",
    "Status code:",
    "Curl error",
    "[Errno 1",
    "Disk Requirements:",
    "already locked by",
    "another copy is running",
    "matches were filtered out by",
    "checksum doesn't match",
    "does not match checksum",
    "does not match intended download",
    "no local cache",
    "scriptlet failed",
    "Error: ",
    "error: ",
    "No package ",
};
constexpr std::string_view empty_talk[] = {
    "Error: Could not run transaction",
    "Error: Nothing to do",
    "Error: Error downloading packages",
};

}  // namespace

std::string repository_option(std::string_view id,
                              std::string_view option,
                              std::string_view value) {
    return fmt::format("--setopt={}.{}={}", id, option, value);
}

Words yum_install_options(const std::string& id) {
    Words options = {"-y",
                     "--setopt=exit_on_lock=1",
                     "--setopt=timeout=20",
                     "--setopt=retries=3",
                     repository_option("*", "skip_if_unavailable", "1")};
    if (!id.empty()) {
        options.push_back(repository_option(id, "skip_if_unavailable", "0"));
        options.push_back("--enablerepo=" + id);
    }
    return options;
}

Words yum_forget_proxy() {
    Words words;
    for (const std::string option : {"proxy", "proxy_username"}) {
        words.push_back(fmt::format("--setopt={}=", option));
        words.push_back(repository_option("*", option, ""));
    }
    return words;
}

Words yum_past_excludes() {
    return {"--disableexcludes=all", "--disableplugin=versionlock"};
}

Words yum_renew_certificates(std::string_view program, std::string_view how) {
    return {std::string(program),
            "-y",
            std::string(how),
            "--setopt=exit_on_lock=1",
            "--disablerepo=*",
            "--enablerepo=*microsoft-azure*",
            "update",
            "rhui-*"};
}

std::span<const OutcomeRule> yum_first_rules() {
    return first_rules;
}

std::span<const OutcomeRule> yum_last_rules() {
    return last_rules;
}

Outcome yum_classify_failure(ToolRun kind, int code, std::string_view text) {
    if (code == locked_code) {
        return Outcome::locked;
    }
    if (const OutcomeRule* rule = first_match(first_rules, kind, text)) {
        return rule->outcome;
    }
    if (kind == ToolRun::refresh &&
        (says_of_index(text, "Status code: 404") || says_of_index(text, " Error 404 - "))) {
        return Outcome::not_published;
    }
    const OutcomeRule* rule = first_match(last_rules, kind, text);
    const bool unmet = rule != nullptr && rule->outcome == Outcome::unmet;  // whoever was busy
    if (!unmet && (says_busy(kind, text, "Status code: ") || says_busy(kind, text, " Error "))) {
        return Outcome::busy;  // dnf, yum
    }
    return rule != nullptr ? rule->outcome : Outcome::failed;
}

std::string yum_culprit(std::string_view text) {
    return culprit_in(text, {.lines = explaining, .empty_talk = empty_talk});
}

}  // namespace aadssh
