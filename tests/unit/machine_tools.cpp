// SPDX-License-Identifier: MIT
// The programs and servers of a Machine: dpkg, apt, sshd, IMDS and the repository.
#include "installers/repository.hpp"
#include "tests/unit/machines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aadssh {
namespace {

constexpr const char* vm_claim =
    "/subscriptions/s/resourcegroups/g/providers/Microsoft.Compute/virtualMachines/vm1";
constexpr const char* match_block =
    "Match User *@*\n    AuthorizedKeysCommand /usr/sbin/aad_certhandler %u %k\n";

/// RFC 4648, section 5, without padding.
std::string base64url(const std::string& bytes) {
    static constexpr std::string_view digits =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    std::string text;
    unsigned value = 0;
    int bits = 0;
    for (const char c : bytes) {
        value = (value << 8U) | static_cast<unsigned char>(c);
        for (bits += 8; bits >= 6; bits -= 6) {
            text += digits[(value >> static_cast<unsigned>(bits - 6)) & 63U];
        }
    }
    return bits == 0 ? text : text + digits[(value << static_cast<unsigned>(6 - bits)) & 63U];
}

void replace(std::string& text, const std::string& from, const std::string& to) {
    if (const auto at = text.find(from); at != std::string::npos) {
        text.replace(at, from.size(), to);
    }
}

/// The package on a command line, the last word that is in `known`, and the version that is asked
/// for: "aadsshlogin=1.0.2", or the published one.
std::pair<std::string, std::string> named_package(const Command& command,
                                                  const std::map<std::string, std::string>& known) {
    std::pair<std::string, std::string> found;
    for (const std::string& word : command.argv) {
        const auto name = word.substr(0, word.find('='));
        if (known.contains(name)) {
            found = {name,
                     name.size() < word.size() ? word.substr(name.size() + 1) : known.at(name)};
        }
    }
    return found;
}

}  // namespace

void Machine::script_dpkg() {
    auto& processes = fake.processes;
    processes.on_call({"dpkg-query", "-W"}, [this](const Command& c) { return query(c); });
    processes.on_call({"dpkg-query", "-S"}, [this](const Command& c) {
        const auto owner = owners.find(c.argv.back());
        return owner == owners.end()
                   ? exits(1, "dpkg-query: no path found matching pattern " + c.argv.back() + "\n")
                   : exits(0, owner->second + ": " + owner->first + "\n");
    });
    processes.on_match(
        [](const Command& c) { return c.argv[0] == "dpkg" && has_word(c, "--purge"); },
        [this](const Command& c) { return purge(c); });
    processes.on_match(
        [](const Command& c) { return c.argv[0] == "dpkg" && has_word(c, "--configure"); },
        [](const Command&) { return exits(0); });
    processes.on_call({"dpkg-reconfigure"}, [this](const Command&) {
        configure(scripts_work);
        return exits(0);
    });
}

void Machine::script_apt() {
    auto& processes = fake.processes;
    const auto apt_get = [&](const std::string& word, FakeProcesses::Call call) {
        processes.on_match(
            [word](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, word); },
            std::move(call));
    };
    apt_get("indextargets", [](const Command&) { return exits(0, "http://deb.example\n"); });
    apt_get("update", [this](const Command& c) { return refresh(c); });
    apt_get("--download-only", [](const Command&) { return exits(0); });
    apt_get("--no-download", [this](const Command& c) { return install(c); });
    processes.on_call({"apt-cache", "madison"}, [this](const Command& c) {
        const auto found = published.find(c.argv.at(2));
        return exits(0,
                     found == published.end() ? ""
                                              : fmt::format("{} | {} | {} {}/main amd64 Packages\n",
                                                            found->first,
                                                            found->second,
                                                            distribution.repository,
                                                            distribution.suite));
    });
}

void Machine::script_others() {
    fake.processes.on({"/usr/sbin/sshd", "-t"}, exits(0));
    fake.processes.on_call({"/usr/sbin/sshd", "-T"}, [this](const Command&) {
        return exits(0,
                     aad_in_sshd
                         ? "port 22\nauthorizedkeyscommand /usr/sbin/aad_certhandler %u %k\n"
                         : "port 22\nauthorizedkeyscommand none\n");
    });
    fake.http.on("http://169.254.169.254/metadata/instance/", answer(200, "AzurePublicCloud"));
    identity_claim(vm_claim);
    fake.http.on(distribution.repository, answer(200, "Suite: " + distribution.suite));
}

void Machine::identity_claim(const std::string& xms_mirid) {
    const auto token = fmt::format("{}.{}.c2ln",
                                   base64url(R"({"alg":"RS256"})"),
                                   base64url(R"({"xms_mirid":")" + xms_mirid + "\"}"));
    const std::string url = "http://169.254.169.254/metadata/identity/oauth2/token";
    fake.http.forget(url);
    fake.http.on(url, answer(200, R"({"access_token":")" + token + "\"}"));
}

CommandResult Machine::query(const Command& command) const {
    const auto line = [](const std::string& name, const Package& package) {
        return fmt::format("{}\t{}\t{}\n", name, package.state, package.version);
    };
    std::string text;
    bool all = true;
    for (auto name = command.argv.begin() + 4; name != command.argv.end(); ++name) {
        const auto found = dpkg.find(*name);
        all = all && found != dpkg.end();
        text += found == dpkg.end() ? "dpkg-query: no packages found matching " + *name + "\n"
                                    : line(found->first, found->second);
    }
    if (command.argv.size() == 4) {
        for (const auto& [name, package] : dpkg) {
            text += line(name, package);
        }
    }
    return exits(all ? 0 : 1, text);
}

/// Leaves the index where the options say.
CommandResult Machine::refresh(const Command& command) {
    for (const auto& word : command.argv) {
        if (const std::string option = "Dir::State::lists="; word.starts_with(option)) {
            fake.files.add(word.substr(option.size()) + "/" +
                               list_file_prefix(distribution.repository, distribution.suite) +
                               "InRelease",
                           "Suite: " + distribution.suite + "\n");
        }
    }
    return exits(0, "Get:1 " + distribution.repository + "\n");
}

CommandResult Machine::install(const Command& command) {
    auto [name, version] = named_package(command, published);
    if (distribution.has_rpm()) {
        for (const auto& word : command.argv) {  // aadsshlogin-1.0.1-1
            const std::string begin = "aadsshlogin-";
            if (word.starts_with(begin + "1")) {
                name = "aadsshlogin";
                version = word.substr(begin.size(), word.rfind('-') - begin.size());
            }
        }
    }
    if (name.empty() || (!keeps_old_versions && version != published.at(name))) {
        return exits(100, "E: Unable to locate package\n");
    }
    dpkg[name] = {"ii ", has_word(command, "reinstall") ? dpkg.at(name).version : version};
    if (name == "aadsshlogin") {
        for (const auto& [dependency, its_version] : dependencies) {
            dpkg[dependency] = {"ii ", its_version};
        }
        configure(scripts_work);
    }
    return exits(0, "Setting up " + name + "\n");
}

CommandResult Machine::purge(const Command& command) {
    for (const auto& word : command.argv) {
        if (dpkg.erase(word) > 0 && word == "aadsshlogin") {
            configure(false);
        }
    }
    return exits(0, "Purging configuration files\n");
}

/// What aadsshlogin's scripts do, or take back.
void Machine::configure(bool in) {
    auto& nss = fake.files.entries.at("/etc/nsswitch.conf").content;
    auto& pam = fake.files.entries.at(pam_file()).content;
    auto& sshd = fake.files.entries.at("/etc/ssh/sshd_config").content;
    replace(nss, "files systemd aad\ngroup", "files systemd\ngroup");
    replace(pam, "account sufficient pam_aad.so\n", "");
    replace(sshd, match_block, "");
    if (in) {
        replace(nss, "files systemd\ngroup", "files systemd aad\ngroup");
        pam = "account sufficient pam_aad.so\n" + pam;
        sshd += match_block;
    }
    aad_in_sshd = in;
}

void Machine::reset_ssh() {
    fake.files.add("/etc/ssh/sshd_config", "UsePAM yes\n");
    aad_in_sshd = false;
}

}  // namespace aadssh
