// SPDX-License-Identifier: MIT
// After a kill, or a failed change, at any point: the next run ends in the good state, and a later
// uninstall takes everything back.
#include "tests/unit/machines.hpp"
#include "tests/unit/mortal.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <functional>

using namespace aadssh;

namespace {

using Lines = std::vector<std::string>;

/// The transaction that a killed run left behind ends while the next run waits for it.
void let_orphans_end(Machine& vm) {
    vm.fake.clock.at_sleep = [&vm] { vm.fake.processes.living.clear(); };
}

/// Paths that are new or other than before.
Lines added_or_changed(const Machine& vm, const std::map<std::string, std::string>& before) {
    Lines paths;
    for (const auto& [path, text] : vm.system()) {
        const auto found = before.find(path);
        if (found == before.end() || found->second != text) {
            paths.push_back(path);
        }
    }
    return paths;
}

/// Whether the machine is as if we had never been there; `before` is what was there then.
void check_clean(const Machine& vm, const std::map<std::string, std::string>& before) {
    CHECK(added_or_changed(vm, before) == Lines{});
    CHECK(vm.system().size() == before.size());
    CHECK(vm.version("aadsshlogin") == "(absent)");
    CHECK(std::ranges::none_of(
        vm.dpkg, [](const auto& known) { return known.first.starts_with("gpg-pubkey-"); }));
    CHECK_FALSE(vm.fake.files.has("/var/lib/aadsshlogin-handler"));
    CHECK_FALSE(vm.fake.files.has("/var/cache/aadsshlogin-handler"));
}

/// Whether the command got as far as its n-th point, where it is killed.
bool killed(Machine& vm, const std::string& command, int n) {
    Mortal mortal(vm.fake);
    mortal.die_at(n);
    try {
        vm.command({command}, mortal.world);
    } catch (const Mortal::Killed&) {
    }
    return mortal.dead();
}

// What is there before the command that is killed.

void nothing(Machine& /*vm*/) {}

void installed(Machine& vm) {
    vm.set_up_by_us();
}

void newer_version(Machine& vm) {
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
}

/// The newer version fails half-way, so the one that worked is put back.
void newer_version_that_fails(Machine& vm) {
    newer_version(vm);
    vm.fake.processes.on_match(
        [&vm](const Command& c) {
            return vm.published.at("aadsshlogin") == "1.0.3" && c.argv[0] == "apt-get" &&
                   has_word(c, "--no-download") && has_word(c, "aadsshlogin");
        },
        [&vm](const Command&) {
            vm.dpkg["aadsshlogin"] = {"iF ", "1.0.3"};
            vm.aad_in_sshd = false;
            return exits(100, "dpkg: error processing package aadsshlogin (--configure):\n");
        });
}

void damaged(Machine& vm) {
    vm.set_up_by_us();
    vm.reset_ssh();
}

/// The agent's variables at `update` of version 2.0.0, which takes over from 1.0.0.
void next_version(Machine& vm) {
    vm.fake.environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = "2.0.0";
    vm.fake.environment["AZURE_GUEST_AGENT_UPDATING_FROM_VERSION"] = "1.0.0";
    vm.fake.environment["VERSION"] = "2.0.0";
}

void updating(Machine& vm) {
    vm.set_up_by_us();
    next_version(vm);
}

// What the agent runs next.

void succeeds(Machine& vm, const std::string& command) {
    const auto ended = vm.command(command);
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK_FALSE(vm.fake.files.has("/var/cache/aadsshlogin-handler"));
}

void check_good(const Machine& vm, const std::string& version) {
    CHECK(vm.version("aadsshlogin") == version);
    CHECK(vm.aad_in_sshd);
}

void install(Machine& vm) {
    succeeds(vm, "install");
    check_good(vm, vm.published.at("aadsshlogin"));
}

void install_a_version_that_works(Machine& vm) {
    vm.published["aadsshlogin"] = "1.0.4";
    install(vm);
}

void enable(Machine& vm) {
    succeeds(vm, "enable");
    check_good(vm, "1.0.2");
}

void uninstall(Machine& vm) {
    succeeds(vm, "uninstall");
    CHECK(vm.version("aadsshlogin") == "(absent)");
}

void update(Machine& vm) {
    succeeds(vm, "update");
    vm.fake.environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = "1.0.0";
    succeeds(vm, "uninstall");
    check_good(vm, "1.0.2");
    vm.fake.environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = "2.0.0";
    install(vm);
}

/// The marker is the last that `update` writes, so there is none yet.
void deletion(Machine& vm) {
    vm.fake.environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = "1.0.0";
    uninstall(vm);
}

struct Scene {
    std::string what;
    const Distribution& distribution;
    void (*before)(Machine&);
    const char* command;  ///< is killed
    void (*next)(Machine&);
    int points;  ///< there are at least so many, or the walk is none
};

/// The command killed at its n-th point, what comes next, and a removal that leaves nothing.
bool survives(const Scene& scene, int n) {
    Machine vm(scene.distribution);
    vm.reset_ssh();  // so that a damaged sshd_config is as it was at first
    const auto system = vm.system();
    scene.before(vm);
    if (!killed(vm, scene.command, n)) {
        return false;
    }
    CAPTURE(scene.what);
    CAPTURE(n);
    let_orphans_end(vm);
    scene.next(vm);
    succeeds(vm, "uninstall");
    check_clean(vm, system);
    return true;
}

/// Install with the n-th change failing: good or taken back, then as above.
bool failure_is_taken_back(const Distribution& distribution, int n) {
    Machine vm(distribution);
    const auto before = vm.system();
    vm.fake.files.fail_on(n);
    const auto first = vm.command("install");
    const auto failed = std::ranges::any_of(vm.fake.files.operations, [](const std::string& line) {
        return line.ends_with(" FAILED");
    });
    if (!failed) {
        return false;
    }
    CAPTURE(n);
    CAPTURE(first.err);
    if (first.code != 0) {
        CHECK(added_or_changed(vm, before) == Lines{});
        CHECK(vm.version("aadsshlogin") == "(absent)");
    }
    const auto again = vm.command("install");
    CHECK_MESSAGE(again.code == 0, again.err);
    CHECK(vm.command("uninstall").code == 0);
    check_clean(vm, before);
    return true;
}

/// How many points there were.
int walk(const std::function<bool(int)>& survives) {
    int n = 1;
    while (survives(n)) {
        ++n;
    }
    return n - 1;
}

}  // namespace

TEST_CASE("kill walk: every command can be killed at every change and every start of a program") {
    const Scene scenes[] = {
        {"install", debian_12, nothing, "install", install, 50},
        {"install", debian_11, nothing, "install", install, 50},
        {"install", rhel_9, nothing, "install", install, 50},
        {"an upgrade", debian_12, newer_version, "install", install, 40},
        {"an upgrade", rhel_9, newer_version, "install", install, 40},
        {"an upgrade that is put back",
         debian_12,
         newer_version_that_fails,
         "install",
         install_a_version_that_works,
         60},
        {"a repair", debian_12, damaged, "enable", enable, 40},
        {"a repair", rhel_9, damaged, "enable", enable, 40},
        {"uninstall, then install", debian_12, installed, "uninstall", install, 30},
        {"uninstall, then install", rhel_9, installed, "uninstall", install, 30},
        {"uninstall twice", debian_12, installed, "uninstall", uninstall, 30},
        {"uninstall twice", rhel_9, installed, "uninstall", uninstall, 30},
        {"update twice", debian_12, updating, "update", update, 5},
        {"update, then deletion", debian_12, updating, "update", deletion, 5},
    };
    for (const Scene& scene : scenes) {
        CAPTURE(scene.what);
        CHECK(walk([&scene](int n) { return survives(scene, n); }) >= scene.points);
    }
}

TEST_CASE("failure walk: whatever change fails, install succeeds or takes back what it added") {
    CHECK(walk([](int n) { return failure_is_taken_back(debian_12, n); }) > 15);
    CHECK(walk([](int n) { return failure_is_taken_back(rhel_9, n); }) > 15);
}
