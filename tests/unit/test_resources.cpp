// SPDX-License-Identifier: MIT
#include "handler/resources.hpp"
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/tdnf.hpp"
#include "installers/yum.hpp"
#include "installers/zypper.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

constexpr std::uint64_t mebibyte = 1024UL * 1024;

void memory(Machine& vm, const std::string& text) {
    vm.fake.files.add("/proc/meminfo", text);
}

}  // namespace

TEST_CASE("disk space: enough everywhere, or unknown, is no shortage") {
    Machine vm(debian_12);
    CHECK_FALSE(disk_shortage(vm.fake.world(), apt));
    vm.fake.files.free = std::nullopt;
    CHECK_FALSE(disk_shortage(vm.fake.world(), apt));
}

TEST_CASE("disk space: places of one file system add up, and the amounts are told") {
    Machine vm(debian_12);
    vm.fake.files.free = 38 * mebibyte;  // more than any one place, less than all together
    const auto shortage = disk_shortage(vm.fake.world(), apt);
    REQUIRE(shortage);
    CHECK(shortage->code == ExitCode::missing_dependency);
    CHECK(contains_text(shortage->cause, "has 38 MiB free and 39 MiB are needed"));
    CHECK(contains_text(shortage->cause,
                        "/etc, /usr, /var/lib/aadsshlogin-handler, "
                        "/var/cache/aadsshlogin-handler, /var/lib/dpkg"));
    CHECK(contains_text(shortage->remedy, "df -h /etc"));
    vm.fake.files.free = 39 * mebibyte;
    CHECK_FALSE(disk_shortage(vm.fake.world(), apt));
}

TEST_CASE("disk space: each file system is asked for what lies on it, named when it is too small") {
    Machine vm(debian_12);
    vm.fake.files.add_folder("/var/cache");
    vm.fake.files.devices = {{"/var", 7}};
    vm.fake.files.free_below = {{"/var", 25 * mebibyte}};
    const auto shortage = disk_shortage(vm.fake.world(), apt);
    REQUIRE(shortage);
    CHECK(contains_text(shortage->cause, "has 25 MiB free and 26 MiB are needed"));
    CHECK_FALSE(contains_text(shortage->cause, "/usr"));
}

TEST_CASE("disk space: every tool asks for its own cache and database") {
    for (const auto* distribution : {&debian_12, &rhel_9}) {
        CAPTURE(distribution->repository);
        Machine vm(*distribution);
        const auto& tool = distribution->has_rpm() ? dnf : apt;
        vm.fake.files.devices = {{"/var/cache", 8}};
        vm.fake.files.free_below = {{"/var/cache", 0}};
        const auto shortage = disk_shortage(vm.fake.world(), tool);
        REQUIRE(shortage);
        CHECK(contains_text(shortage->cause, "0 MiB free"));
    }
}

TEST_CASE("disk space: tools on rpm's database need a place for the scripts of packages") {
    Machine vm(rhel_9);
    vm.fake.files.add_folder("/var/tmp");
    vm.fake.files.devices = {{"/var/tmp", 9}};
    vm.fake.files.free_below = {{"/var/tmp", 0}};
    for (const auto* tool : {&dnf, &yum, &tdnf, &zypper}) {
        CAPTURE(tool->name);
        const auto shortage = disk_shortage(vm.fake.world(), *tool);
        REQUIRE(shortage);
        CHECK(contains_text(shortage->cause,
                            "the file system of /var/tmp has 0 MiB free and 1 MiB are needed"));
    }
    CHECK_FALSE(disk_shortage(vm.fake.world(), apt));
}

TEST_CASE("enable: a repair for which there is no room is 52, and is not begun") {
    Machine vm(rhel_9);
    vm.set_up_by_us();
    vm.reset_ssh();
    vm.fake.files.free = 3 * mebibyte;
    const auto before = vm.system();
    const auto ended = vm.command("enable");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "not enough free disk space to install aadsshlogin again"));
    CHECK(contains_text(ended.err, "has 3 MiB free and "));
    CHECK(vm.check_level("repair") == "error");
    CHECK(vm.package_manager_commands().empty());
    CHECK(vm.system() == before);
    vm.fake.files.add("/etc/aadsshlogin/settings.json", R"({"repair": false})");
    CHECK(vm.command("enable").code == 21);  // nothing would be installed
}

TEST_CASE("enable: without room for a repair the configuration step is run where there is one") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.reset_ssh();
    vm.fake.files.free = 3 * mebibyte;
    CHECK(vm.command("enable").code == 0);
    CHECK(contains_text(vm.check("repair"), "for lack of free disk space"));
    CHECK(vm.fake.processes.ran({"dpkg-reconfigure"}) == 1);
}

TEST_CASE("install: on a full disk it is 52 with the amounts, before anything is touched") {
    Machine vm(debian_12);
    vm.fake.files.free_below = {{"/var", 3 * mebibyte}};
    vm.fake.files.devices = {{"/var", 2}};
    const auto before = vm.system();
    const auto ended = vm.command("install");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "has 3 MiB free and 26 MiB are needed"));
    CHECK(vm.package_manager_commands().empty());
    CHECK(vm.system() == before);
    CHECK(vm.command("plan").code == 52);
    CHECK(vm.command("enable").code == 52);  // it would have to install, too
}

TEST_CASE("install: a machine that works stays as it is when there is no room for an upgrade") {
    Machine vm(debian_12);
    vm.set_up_by_hand("1.0.1");
    vm.fake.files.free = 0;
    const auto ended = vm.command("install");
    CHECK(ended.code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.1");
    CHECK(vm.check_level("repository") == "warning");
    CHECK(contains_text(vm.check("repository"), "0 MiB free"));
    CHECK(vm.package_manager_commands().empty());
    CHECK(vm.command("enable").code == 0);
}

TEST_CASE("install: a machine that works stays as it is when a download fills the disk") {
    Machine vm(debian_12);
    vm.set_up_by_hand("1.0.1");
    vm.fake.processes.on_match([](const Command& c) { return has_word(c, "update"); },
                               [&](const Command&) {
                                   vm.fake.files.free = 0;
                                   return exits(100, "E: Failed to fetch x  Connection failed");
                               });
    CHECK(vm.command("install").code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.1");
    CHECK(vm.check_level("repository") == "warning");
    CHECK(contains_text(vm.check("repository"), "little free disk space"));
}

TEST_CASE("memory: little of it is a warning with the amounts, swap counts") {
    Machine vm(debian_12);
    SUBCASE("little") {
        memory(vm, "MemAvailable:     204800 kB\nSwapFree:         51200 kB\n");
        CHECK(vm.command("install").code == 0);
        CHECK(vm.check_level("memory") == "warning");
        CHECK(contains_text(vm.check("memory"), "200 MiB of memory and 50 MiB of swap are free"));
    }
    SUBCASE("swap makes up for it") {
        memory(vm, "MemAvailable:     204800 kB\nSwapFree:        1048576 kB\n");
        CHECK(vm.command("install").code == 0);
        CHECK(vm.check("memory") == "(none)");
    }
    SUBCASE("a healthy enable starts no package manager and does not care") {
        vm.set_up_by_hand();
        memory(vm, "MemAvailable:     1 kB\n");
        CHECK(vm.command("enable").code == 0);
        CHECK(vm.check("memory") == "(none)");
    }
    SUBCASE("what the kernel does not tell is nothing") {
        memory(vm, "MemAvailable: many kB\n");
        CHECK(vm.command("install").code == 0);
        CHECK(vm.check("memory") == "(none)");
    }
}

TEST_CASE("memory: a package manager that was killed is told as such, with what was free") {
    Machine vm(debian_12);
    memory(vm, "MemAvailable:     20480 kB\nSwapFree:         0 kB\n");
    std::string word = "--download-only";
    CommandResult end = exits(0);
    SUBCASE("by the kernel, while it downloads") {
        end.signal = 9;
    }
    SUBCASE("by the kernel, while it installs") {
        word = "--no-download";
        end.signal = 9;
    }
    SUBCASE("behind a wrapper") {
        end.code = 137;
    }
    SUBCASE("dpkg below apt, apt-pkg/deb/dpkgpm.cc") {
        end = exits(100, "E: Sub-process /usr/bin/dpkg received signal 9.\n");
    }
    SUBCASE("it had none to fork with") {
        end = exits(100, "E: Could not exec dpkg! - fork (12: Cannot allocate memory)\n");
    }
    vm.fake.processes.on_match(
        [word](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, word); },
        [end](const Command&) { return end; });
    const auto ended = vm.command("install");
    CHECK(ended.code == 52);
    CHECK(contains_text(ended.err, "ran out of memory"));
    CHECK(contains_text(ended.err, "20 MiB of memory and 0 MiB of swap are free"));
    CHECK(contains_text(ended.err, "mkswap"));
}

TEST_CASE("memory: other ends are no lack of it") {
    CHECK_FALSE(killed_for_memory(exits(100, "E: Failed\n")));
    CHECK_FALSE(killed_for_memory(exits(0, "MemoryError is a word\n")));
    CommandResult late = exits(0);
    late.timed_out = true;
    late.signal = 9;
    CHECK_FALSE(killed_for_memory(late));
    CommandResult crashed = exits(0);
    crashed.signal = 11;
    CHECK_FALSE(killed_for_memory(crashed));
    CHECK(memory_in_words(Machine(debian_12).fake.world()).empty());
}
