// SPDX-License-Identifier: MIT
// update and uninstall, through run() as the agent calls them.
#include "handler/update_marker.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

/// The agent's variables at `update` of version `own`, which takes over from `from`.
void as_update(Machine& vm,
               const std::string& own,
               const std::string& from,
               const std::string& version) {
    vm.fake.environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = own;
    vm.fake.environment["AZURE_GUEST_AGENT_UPDATING_FROM_VERSION"] = from;
    vm.fake.environment["VERSION"] = version;
}

/// The agent's variables at any other command.
void as_version(Machine& vm, const std::string& own) {
    vm.fake.environment["AZURE_GUEST_AGENT_EXTENSION_VERSION"] = own;
    vm.fake.environment.erase("AZURE_GUEST_AGENT_UPDATING_FROM_VERSION");
    vm.fake.environment.erase("VERSION");
}

void updated(Machine& vm) {
    vm.set_up_by_us();
    as_update(vm, "2.0.0", "1.0.0", "2.0.0");
    REQUIRE(vm.command("update").code == 0);
    as_version(vm, "1.0.0");
}

const std::string keep = "part of an update";

}  // namespace

TEST_CASE(
    "update: the old version's uninstall keeps everything, and what the new one installs stays "
    "ours") {
    Machine vm(debian_12);
    const auto before = vm.system();
    updated(vm);
    const auto working = vm.system();
    vm.forget_history();
    const auto leaving = vm.command("uninstall");
    CHECK(leaving.code == 0);
    CHECK(contains_text(leaving.out, keep));
    CHECK(vm.fake.processes.commands.empty());
    CHECK(vm.system() == working);
    CHECK(contains_text(vm.state_text(), "aadsshlogin"));

    as_version(vm, "2.0.0");
    CHECK(vm.command("install").code == 0);
    CHECK(vm.command("enable").code == 0);
    CHECK_FALSE(contains_text(vm.command("uninstall").out, keep));
    CHECK(vm.version("aadsshlogin") == "(absent)");
    CHECK(vm.system() == before);
}

TEST_CASE("update: at a downgrade it is the higher version that leaves") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    as_update(vm, "2.0.0", "1.0.0", "1.0.0");
    CHECK(vm.command("update").code == 0);
    as_version(vm, "1.0.0");
    as_version(vm, "2.0.0");
    CHECK(contains_text(vm.command("uninstall").out, keep));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("update: the marker serves one uninstall only") {
    Machine vm(debian_12);
    updated(vm);
    CHECK(contains_text(vm.command("uninstall").out, keep));
    CHECK_FALSE(contains_text(vm.command("uninstall").out, keep));
    CHECK(vm.version("aadsshlogin") == "(absent)");
}

TEST_CASE("update: any other command in between ends it") {
    for (const char* word : {"install", "enable", "disable"}) {
        CAPTURE(word);
        Machine vm(debian_12);
        updated(vm);
        CHECK(vm.command(word).code == 0);
        CHECK_FALSE(contains_text(vm.command("uninstall").out, keep));
        CHECK(vm.version("aadsshlogin") == "(absent)");
    }
}

TEST_CASE("update: even one that fails over its settings ends it") {
    Machine vm(debian_12);
    updated(vm);
    vm.fake.files.add(vm.folder + "/config/0.settings", "{");
    CHECK(vm.command("enable").code == 53);
    CHECK_FALSE(vm.fake.files.has(update_marker_path));
}

TEST_CASE("update: another version, another boot or 15 minutes later, an uninstall is one") {
    Machine vm(debian_12);
    updated(vm);
    SUBCASE("another version") {
        as_version(vm, "2.0.0");
    }
    SUBCASE("another boot") {
        vm.fake.clock.boot = "another-boot";
    }
    SUBCASE("later") {
        vm.fake.clock.advance(Seconds(15 * 60 + 1));
    }
    SUBCASE("garbage") {
        vm.fake.files.add(update_marker_path, "leaving 1.0.0\n");
    }
    SUBCASE("an agent that tells no version") {
        as_version(vm, "");
    }
    CHECK(vm.command("uninstall").code == 0);
    CHECK(vm.version("aadsshlogin") == "(absent)");
    CHECK_FALSE(vm.fake.files.has("/var/lib/aadsshlogin-handler"));
}

TEST_CASE("update: one that fails leaves no marker, not even that of an earlier try") {
    for (int n = 2; n < 7; ++n) {  // 1 is the folder of our lock
        CAPTURE(n);
        Machine vm(debian_12);
        vm.set_up_by_us();
        as_update(vm, "2.0.0", "1.0.0", "2.0.0");
        CHECK(vm.command("update").code == 0);
        vm.fake.files.fail_on(n);
        const auto second = vm.command("update");
        vm.fake.files.fail_on(0);
        as_version(vm, "1.0.0");
        CHECK(contains_text(vm.command("uninstall").out, keep) == (second.code == 0));
    }
}

TEST_CASE("update: a failed one can be repeated") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    as_update(vm, "2.0.0", "1.0.0", "2.0.0");
    vm.fake.files.refused[update_marker_path] = "Input/output error";
    CHECK(vm.command("update").code == 52);
    vm.fake.files.refused.clear();
    CHECK(vm.command("update").code == 0);
    as_version(vm, "1.0.0");
    CHECK(contains_text(vm.command("uninstall").out, keep));
}

TEST_CASE("update: asks neither settings nor network nor programs") {
    Machine vm(debian_12);
    vm.fake.files.add(vm.folder + "/config/0.settings", "{");
    as_update(vm, "2.0.0", "1.0.0", "2.0.0");
    CHECK(vm.command("update").code == 0);
    CHECK(vm.fake.processes.commands.empty());
    CHECK(vm.fake.http.requests.empty());
    as_version(vm, "2.0.0");
    CHECK(vm.command("update").code == 0);  // run by hand: nothing is being left
}

TEST_CASE("uninstall: takes back what was added; the system is as before, dependencies apart") {
    Machine vm(debian_12);
    const auto before = vm.system();
    vm.set_up_by_us();
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "Removed: aadsshlogin."));
    CHECK(contains_text(ended.out, "Dependencies stay: libaad0."));
    CHECK(vm.system() == before);
    CHECK(vm.version("libaad0") == "3.1");
    CHECK_FALSE(vm.fake.files.has("/var/lib/aadsshlogin-handler"));
    CHECK(vm.fake.processes.ran({"apt-get"}) == 0);
}

TEST_CASE("uninstall: another system's package manager that is there, too, is not asked") {
    Machine vm(rhel_9);
    vm.set_up_by_us();
    vm.fake.files.add("/usr/bin/apt-get", "ELF", 0755);
    CHECK(vm.command("uninstall").code == 0);
    CHECK(vm.version("aadsshlogin") == "(absent)");
    CHECK(vm.fake.processes.ran({"dpkg-query"}) == 0);
}

TEST_CASE("uninstall: a package of which there is no record is kept and said so") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    SUBCASE("nothing was ever recorded") {}
    SUBCASE("it was there before us") {
        REQUIRE(vm.command("install").code == 0);
    }
    SUBCASE("the record is damaged") {
        vm.fake.files.add("/var/lib/aadsshlogin-handler/state.json", "{");
    }
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "No package was removed."));
    CHECK(contains_text(
        ended.out,
        "aadsshlogin 1.0.2 stays: this extension has no record of having installed it."));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("uninstall: needs no settings, no network and no usable HandlerEnvironment.json") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.files.entries.erase(vm.folder + "/HandlerEnvironment.json");
    vm.fake.files.add(vm.folder + "/config/0.settings", "{");
    vm.fake.http.forget("http://169.254.169.254/metadata/identity/oauth2/token");
    CHECK(vm.command("disable").code == 0);
    CHECK(vm.command("uninstall").code == 0);
    CHECK(vm.fake.http.requests.empty());
    CHECK(vm.version("aadsshlogin") == "(absent)");
}

TEST_CASE(
    "uninstall: what stays against our will is a failure that names it and the command for it") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.processes.on(
        {"dpkg", "--force-remove-reinstreq"},
        exits(1, "dpkg: error processing package aadsshlogin (--purge):\n in use\n"));
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "could not be removed: the package aadsshlogin"));
    CHECK(contains_text(ended.err, "aadsshlogin"));
    CHECK(contains_text(ended.err, "Fix: on the VM, as root: "));
    CHECK(vm.fake.files.has("/var/lib/aadsshlogin-handler/state.json"));
}

TEST_CASE("uninstall: a key that rpm keeps is named with the command for it, not for the package") {
    Machine vm(rhel_9);
    vm.set_up_by_us();
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "rpm" && has_word(c, "-e") && !has_word(c, "aadsshlogin");
        },
        [](const Command&) { return exits(1, "error: key in use\n"); });
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "rpm" && has_word(c, "-e") && has_word(c, "aadsshlogin");
        },
        [&vm](const Command&) {
            vm.dpkg.erase("aadsshlogin");
            return exits(1, "error: key in use\n");
        });
    const auto ended = vm.command("uninstall");
    CHECK(ended.code != 0);
    CHECK(contains_text(ended.err, "Fix: on the VM, as root: rpm -e gpg-pubkey-be1229cf"));
}

TEST_CASE("uninstall: without a known package manager it says that nothing was removed") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.files.entries.erase("/usr/bin/apt-get");
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "nothing was removed"));
}

TEST_CASE(
    "uninstall: being asked to end in the middle is never a success with the package still there") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.processes.stop_requested = true;
    const auto ended = vm.command("uninstall");
    CHECK(ended.code != 0);
    vm.fake.processes.stop_requested = false;
    CHECK(vm.command("uninstall").code == 0);
    CHECK(vm.version("aadsshlogin") == "(absent)");
}

TEST_CASE("uninstall: a machine with a damaged package database is not said to be clean") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.processes.on({"dpkg-query"},
                         exits(2, "dpkg-query: error: parsing file '/var/lib/dpkg/status'\n"));
    CHECK(vm.command("uninstall").code == 52);
    CHECK(contains_text(vm.state_text(), "aadsshlogin"));
}

TEST_CASE("uninstall: names the dependencies of a package whose installation outlived its run") {
    Machine vm(debian_12);
    auto endless = exits(0);
    endless.timed_out = true;
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--no-download"); },
        [&](const Command&) { return endless; });
    CHECK(vm.command("install").code == 66);
    vm.fake.processes.living.clear();
    vm.set_up_by_hand();
    vm.dpkg["libaad0"] = {"ii ", "3.1"};
    SUBCASE("the next command is a removal") {}
    SUBCASE("there was an enable between") {
        CHECK(vm.command("enable").code == 0);
    }
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "Removed: aadsshlogin."));
    CHECK(contains_text(ended.out, "Dependencies stay: libaad0."));
}
