// SPDX-License-Identifier: MIT
// Sources and keyrings of others into which anybody may write.
#include "handler/exposed_file.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

const std::string source = "/etc/apt/sources.list.d/our-site.list";

/// The administrator's source, which names the keyring; both closed to others.
struct Configured {
    Machine vm{debian_12};

    Configured() {
        vm.fake.files.add(source,
                          "deb [signed-by=" + debian_12.keyring + "] " + debian_12.repository +
                              " bookworm main\n");
        vm.fake.files.add(debian_12.keyring, "theirs");
    }
    void open(const std::string& path, unsigned mode, gid_t group = 0) {
        vm.fake.files.entries.at(path).mode = mode;
        vm.fake.files.entries.at(path).group = group;
    }
    void check_refused(const std::string& path) {
        const auto before = vm.system();
        const auto ended = vm.command("install");
        CHECK(ended.code == 61);
        CHECK(contains_text(ended.err, "because others than root may write into it"));
        CHECK(contains_text(ended.err, "chown root:root " + path + " && chmod go-w " + path + ";"));
        CHECK(vm.system() == before);
        CHECK(vm.package_manager_commands().empty());
        CHECK(vm.command("plan").code == 61);
    }
};

}  // namespace

TEST_CASE("exposed file: a source or keyring that others may write is not relied on") {
    Configured machine;
    SUBCASE("keyring") {
        machine.open(debian_12.keyring, 0666);
        machine.check_refused(debian_12.keyring);
    }
    SUBCASE("source") {
        machine.open(source, 0646);
        machine.check_refused(source);
    }
    SUBCASE("written by a group") {
        machine.open(source, 0664, 100);
        machine.check_refused(source);
    }
    SUBCASE("belongs to somebody") {
        machine.vm.fake.files.entries.at(source).owner = 1000;
        machine.check_refused(source);
        CHECK(contains_text(machine.vm.command("install").err, "it belongs to user id 1000"));
    }
    SUBCASE("behind a link") {
        machine.vm.fake.files.add("/opt/key.gpg", "theirs", 0666);
        machine.vm.fake.files.add_link(debian_12.keyring, "/opt/key.gpg");
        machine.check_refused(debian_12.keyring);
    }
}

TEST_CASE("exposed file: what nobody else may write, or is not relied on, stops nothing") {
    Configured machine;
    SUBCASE("both closed") {}
    SUBCASE("root's own group has nobody else in it") {
        machine.open(source, 0664);
        machine.open(debian_12.keyring, 0664);
    }
    SUBCASE("the source names another keyring") {
        machine.vm.fake.files.add("/etc/apt/keyrings/a.gpg", "theirs");
        machine.vm.fake.files.add(
            source,
            "deb [signed-by=/etc/apt/keyrings/a.gpg] " + debian_12.repository + " bookworm main\n");
        machine.open(debian_12.keyring, 0666);
    }
    SUBCASE("another source") {
        machine.vm.fake.files.add("/etc/apt/sources.list.d/other.list",
                                  "deb https://other.example/x stable main\n",
                                  0666);
    }
    const auto ended = machine.vm.command("install");
    CHECK_MESSAGE(ended.code == 0, ended.err);
}

TEST_CASE("exposed file: the keyring that the source names, under whatever name") {
    Configured machine;
    const std::string other = "/etc/apt/keyrings/a.gpg";
    machine.vm.fake.files.add(other, "theirs", 0666);
    machine.vm.fake.files.add(
        source, "deb [signed-by=" + other + "] " + debian_12.repository + " bookworm main\n");
    machine.check_refused(other);
}

TEST_CASE("exposed file: with rpm, the file whose keys would be imported") {
    Machine vm(rhel_9);
    vm.fake.files.add(rhel_9.keyring, "theirs", 0666);
    const auto ended = vm.command("install");
    CHECK(ended.code == 61);
    CHECK(contains_text(ended.err, "chmod go-w " + rhel_9.keyring));
    CHECK(vm.package_manager_commands().empty());
}

TEST_CASE("exposed file: a machine that works stays so, and enable does not mind") {
    Configured machine;
    machine.vm.set_up_by_hand();
    machine.open(source, 0666);
    CHECK(machine.vm.command("enable").code == 0);
    machine.check_refused(source);
    CHECK(machine.vm.version("aadsshlogin") == "1.0.2");
}
