// SPDX-License-Identifier: MIT
#include "handler/advice.hpp"

#include "handler/pam_stack.hpp"
#include "installers/text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>

namespace aadssh {
namespace {

/// What the advice is drawn from.
struct Sight {
    World& world;
    SshdAnswer sshd;
};

std::string at_places(const World& world, std::string_view option) {
    const auto places = places_of_option(world, option);
    return places.empty() ? "in none of the files that sshd_config names"
                          : fmt::format("{}", fmt::join(places, ", "));
}

/// Who is let in (sshd_config(5)). At the first sign-in an Entra user has no local group yet
/// (learn.microsoft.com, "Log in to a Linux virtual machine in Azure by using Microsoft Entra ID").
std::string access(const Sight& sight) {
    struct Option {
        std::string_view printed;
        std::string_view name;
    };
    constexpr Option options[] = {{"allowgroups", "AllowGroups"},
                                  {"denygroups", "DenyGroups"},
                                  {"allowusers", "AllowUsers"},
                                  {"denyusers", "DenyUsers"}};
    std::vector<std::string> found;
    for (const auto& option : options) {
        if (!sight.sshd.values(option.printed).empty()) {
            found.push_back(
                fmt::format("{} ({})", option.name, at_places(sight.world, option.printed)));
        }
    }
    return found.empty()
               ? ""
               : fmt::format(
                     "sshd limits who may sign in, by {}. Entra users whose name or group "
                     "is not let in there are refused, and at their first sign-in they are "
                     "in no local group.",
                     fmt::join(found, " and "));
}

/// Whether a public key alone, which the certificate is for sshd, can be enough: one list is
/// "publickey", or nothing is demanded (sshd_config(5), AuthenticationMethods).
bool publickey_suffices(const std::vector<std::string>& methods) {
    if (methods.empty()) {
        return true;
    }
    const auto lists = words_of(fmt::format("{}", fmt::join(methods, " ")));
    return std::ranges::any_of(lists, [](const std::string& list) {
        return list == "any" || list == "publickey" || list.starts_with("publickey:");
    });
}

std::string options(const Sight& sight) {
    std::vector<std::string> found;
    const auto says_no = [&](std::string_view printed, std::string_view name) {
        if (const auto values = sight.sshd.values(printed); !values.empty() && values[0] == "no") {
            found.push_back(fmt::format("{} no ({})", name, at_places(sight.world, printed)));
        }
    };
    says_no("pubkeyauthentication", "PubkeyAuthentication");
    says_no("usepam", "UsePAM");
    const std::string methods = "authenticationmethods";
    if (const auto values = sight.sshd.values(methods); !publickey_suffices(values)) {
        found.push_back(fmt::format("AuthenticationMethods {} ({})",
                                    fmt::join(values, " "),
                                    at_places(sight.world, methods)));
    }
    return found.empty() ? ""
                         : fmt::format(
                               "For Entra users sshd is set to {}. They sign in with a "
                               "certificate, which is a public key, and need PAM.",
                               fmt::join(found, " and to "));
}

/// Newer clients sign with rsa-sha2, which OpenSSH takes for certificates from 7.8 on
/// (openssh.com/txt/release-7.8).
std::string version(const Sight& sight) {
    const auto found = sshd_version(sight.world);
    return !found || !(*found < SshdVersion{7, 8})
               ? ""
               : fmt::format(
                     "This VM's OpenSSH is {}.{}. Before 7.8 it refuses the RSA "
                     "certificates of newer clients (\"Permission denied\"); upgrade "
                     "openssh-server where the distribution offers it.",
                     found->major,
                     found->minor);
}

/// By what an identity system is known: a file, and where that is there on machines that do not use
/// it, its module in sshd's PAM stack, too.
struct IdentityStack {
    std::string_view name;
    std::string_view file;    ///< empty: any machine
    std::string_view module;  ///< empty: the file is enough
};
constexpr IdentityStack identity_stacks[] = {
    {"Centrify", "/etc/centrifydc/centrifydc.conf", ""},
    {"SSSD", "/etc/sssd/sssd.conf", "pam_sss.so"},
    {"winbind", "", "pam_winbind.so"},
    {"himmelblau", "/etc/himmelblau/himmelblau.conf", ""},
    {"himmelblau", "", "pam_himmelblau.so"},
    {"Ubuntu's aad-auth", "/etc/aad.conf", ""},
};

std::string other_stacks(const Sight& sight) {
    std::set<std::string_view> names;
    for (const auto& stack : identity_stacks) {
        std::set<std::string> seen;
        const bool file = stack.file.empty() || sight.world.files.info(std::string(stack.file));
        if (file && (stack.module.empty() || sshd_pam_has(sight.world, stack.module, seen))) {
            names.insert(stack.name);
        }
    }
    return names.empty() ? ""
                         : fmt::format(
                               "This VM also has {}. Two systems that bring users from "
                               "outside can stand in each other's way in PAM and NSS; if "
                               "sign-in fails, look at the order in /etc/pam.d and "
                               "/etc/nsswitch.conf.",
                               fmt::join(names, " and "));
}

/// What AKS puts on its nodes (github.com/Azure/AgentBaker).
std::string kubernetes(const Sight& sight) {
    const bool node = sight.world.files.info("/etc/kubernetes/azure.json") &&
                      sight.world.files.info("/opt/azure/containers");
    return node ? "This VM looks like a node of AKS (/etc/kubernetes/azure.json is there), where "
                  "Microsoft does not support this extension: the node's own scripts change "
                  "sshd_config."
                : "";
}

/// Each gives full sentences, or nothing.
struct Adviser {
    const char* name;  ///< of the substatus
    std::string (*advise)(const Sight&);
};
constexpr Adviser advisers[] = {
    {"sshd-access", access},
    {"sshd-options", options},
    {"sshd-version", version},
    {"identity-systems", other_stacks},
    {"aks", kubernetes},
};

}  // namespace

void note_advice(RunContext& run, RunSshd folder) {
    const Sight sight{run.world, ask_sshd(run.world, folder)};
    for (const auto& adviser : advisers) {
        if (auto text = adviser.advise(sight); !text.empty()) {
            run.note({adviser.name, Substatus::Level::warning, 0, std::move(text)});
        }
    }
}

}  // namespace aadssh
