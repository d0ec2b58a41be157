// SPDX-License-Identifier: MIT
// The programs of a Machine of Red Hat's family: rpm and dnf.
#include "installers/openpgp.hpp"
#include "installers/plan.hpp"
#include "tests/unit/machines.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace aadssh {
namespace {

const std::string key_prefix = "gpg-pubkey-";

/// As the queries' format wants it: name, version, release.
std::string line(const std::string& name, const Machine::Package& package) {
    return name.starts_with(key_prefix)
               ? fmt::format("gpg-pubkey\t{}\t5631588c\n", name.substr(key_prefix.size()))
               : fmt::format("{}\t{}\t1\n", name, package.version);
}

}  // namespace

void Machine::script_rpm() {
    auto& processes = fake.processes;
    processes.on_call({"rpm", "-q"}, [this](const Command& c) { return rpm_query(c); });
    processes.on_call({"rpm", "-qa"}, [this](const Command& c) { return rpm_query(c); });
    processes.on_call({"rpm", "-qf"}, [this](const Command& c) {
        const auto owner = owners.find(c.argv.back());
        return owner == owners.end()
                   ? exits(1, "file " + c.argv.back() + " is not owned by any package\n")
                   : exits(0, owner->second + "\n");
    });
    processes.on_call({"rpm", "-e"}, [this](const Command& c) { return purge(c); });
    processes.on_call({"rpm", "--import"}, [this](const Command& c) { return rpm_import(c); });
}

void Machine::script_dnf() {
    const auto dnf = [&](const std::string& word, FakeProcesses::Call call) {
        fake.processes.on_match(
            [word](const Command& c) { return c.argv[0] == "dnf" && has_word(c, word); },
            std::move(call));
    };
    dnf("makecache", [](const Command&) { return exits(0, "Metadata cache created.\n"); });
    dnf("repoquery", [this](const Command& c) {
        const auto found = published.find(c.argv.back());
        return exits(0, found == published.end() ? "" : found->second + "-1\n");
    });
    dnf("reinstall", [this](const Command& c) {
        return has_word(c, "--downloadonly") ? exits(0, "Complete!\n") : install(c);
    });
    dnf("install", [this](const Command& c) {
        return has_word(c, "--downloadonly") ? exits(0, "Complete!\n") : install(c);
    });
}

/// rpm's exit code counts what is not there.
CommandResult Machine::rpm_query(const Command& command) const {
    std::string text;
    int absent = 0;
    const auto add = [&](const std::string& name) {
        bool any = false;
        for (const auto& [known, package] : dpkg) {
            if (known == name || (name == "gpg-pubkey" && known.starts_with(key_prefix))) {
                text += line(known, package);
                any = true;
            }
        }
        if (!any) {
            text += "package " + name + " is not installed\n";
            ++absent;
        }
    };
    std::for_each(command.argv.begin() + 4, command.argv.end(), add);
    if (command.argv.at(1) == "-qa") {
        for (const auto& [name, package] : dpkg) {
            text += line(name, package);
        }
    }
    return exits(absent, text);
}

CommandResult Machine::rpm_import(const Command& command) {
    const auto file = read_key_file(fake.files.text(command.argv.at(2)));
    int failed = file.error.empty() ? 0 : 1;
    for (const Fingerprint& key : file.primary) {
        const auto name = key_package(key);
        if (std::ranges::find(refused_keys, name) == refused_keys.end()) {
            dpkg[name] = {};
        } else {
            ++failed;
        }
    }
    return failed == 0
               ? exits(0)
               : exits(failed, fmt::format("error: {}: key 1 import failed.\n", command.argv[2]));
}

}  // namespace aadssh
