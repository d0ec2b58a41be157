// SPDX-License-Identifier: MIT
// What the commands do on systems whose packages no tool changes.
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

TEST_CASE("immutable systems: without the package install and enable are 51, and change nothing") {
    for (const char* word : {"install", "enable"}) {
        CAPTURE(word);
        Machine vm(rhel_9);
        vm.fake.files.add("/run/ostree-booted", "");
        const auto before = vm.system();
        const auto ended = vm.command(word);
        CHECK(ended.code == 51);
        CHECK(contains_text(ended.err, "ostree"));
        CHECK(vm.system() == before);
        CHECK(vm.package_manager_commands().empty());
        CHECK(vm.fake.http.requests.empty());
    }
}

TEST_CASE("immutable systems: with aadsshlogin in the image all is well, and nothing is upgraded") {
    for (const char* word : {"install", "enable"}) {
        CAPTURE(word);
        Machine vm(rhel_9);
        vm.set_up_by_hand("1.0.1");
        vm.fake.files.read_only_paths.insert("/usr");
        const auto before = vm.system();
        const auto ended = vm.command(word);
        CHECK_MESSAGE(ended.code == 0, ended.err);
        CHECK(vm.version("aadsshlogin") == "1.0.1");
        CHECK(vm.system() == before);
        CHECK(vm.package_manager_commands().empty());
        CHECK(vm.check_level("package") == "success");
        if (std::string(word) == "install") {
            CHECK(contains_text(vm.check("repository"), "came with this system's image"));
            CHECK(vm.check_level("repository") == "warning");
        }
    }
}

TEST_CASE("immutable systems: a package in the image that does not work is 51, too") {
    Machine vm(rhel_9);
    vm.set_up_by_hand("1.0.1");
    vm.aad_in_sshd = false;
    vm.fake.files.add("/usr/sbin/transactional-update", "");
    CHECK(vm.command("install").code == 51);
    CHECK(vm.package_manager_commands().empty());
}
