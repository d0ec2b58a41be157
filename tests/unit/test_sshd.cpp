// SPDX-License-Identifier: MIT
#include "handler/sshd.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace aadssh;

namespace {

struct Sshd {
    FakeWorld fake;
    World world = fake.world();

    std::vector<std::string> places(const std::string& option = "allowgroups") {
        return places_of_option(world, option);
    }
    void file(const std::string& name, const std::string& text) {
        fake.files.add("/etc/ssh/" + name, text);
    }
};

}  // namespace

TEST_CASE("sshd: where an option stands is found through Include") {
    Sshd sshd;
    CHECK(sshd.places().empty());
    sshd.fake.files.add("/usr/etc/ssh/sshd_config", "AllowGroups x\n");
    CHECK(sshd.places() == std::vector<std::string>{"/usr/etc/ssh/sshd_config line 1"});
    sshd.file("sshd_config",
              "# AllowGroups a\nInclude /etc/ssh/sshd_config.d/*.conf\n\n  aLLowgroups b c\n");
    sshd.file("sshd_config.d/50-cis.conf", "UsePAM yes\nAllowGroups=sshusers\n");
    sshd.file("sshd_config.d/60-more.conf", "Include \"more/x?.inc\"\n");
    sshd.file("sshd_config.d/70.conf.off", "AllowGroups no\n");
    sshd.file("sshd_config.d/.hidden.conf", "AllowGroups no\n");
    sshd.file("more/x1.inc", "AllowUsers x\nAllowGroups = d\n");
    CHECK(sshd.places() == std::vector<std::string>{"/etc/ssh/sshd_config.d/50-cis.conf line 2",
                                                    "/etc/ssh/more/x1.inc line 2",
                                                    "/etc/ssh/sshd_config line 4"});
    CHECK(sshd.places("allowusers") == std::vector<std::string>{"/etc/ssh/more/x1.inc line 1"});
    CHECK(sshd.places("denyusers").empty());
}

TEST_CASE("sshd: files that include each other, and a great many places, come to an end") {
    Sshd sshd;
    sshd.file("sshd_config", "Include a b\nAllowGroups 1\nAllowGroups 2\n");
    sshd.file("a", "Include b\nInclude a\n");
    sshd.file("b", "Include a\nInclude b\nAllowGroups 3\n");
    CHECK(sshd.places().size() == 3);
    CHECK(sshd.places("port").empty());
}

TEST_CASE("sshd: its version, old and new") {
    Sshd sshd;
    const auto says = [&](CommandResult result) {
        sshd.fake.processes.on({"/usr/sbin/sshd", "-V"}, std::move(result));
        return sshd_version(sshd.world);
    };
    CHECK(says(exits(0, "OpenSSH_9.2, OpenSSL 3.0.17\n")) == SshdVersion{9, 2});
    CHECK(
        says(exits(1, "unknown option -- V\nOpenSSH_7.4p1, OpenSSL 1.0.2k-fips\nusage: sshd\n")) ==
        SshdVersion{7, 4});
    CHECK(says(exits(0, "OpenSSH_10.0p2 Debian-7")) == SshdVersion{10, 0});
    CHECK_FALSE(says(exits(0, "OpenSSH_")));
    CHECK_FALSE(says(exits(0, "OpenSSH_9")));
    CHECK_FALSE(says(exits(127)));
    CHECK(SshdVersion{7, 8} < SshdVersion{7, 10});
}

TEST_CASE("sshd: an option may be said several times, and its name in any spelling") {
    Sshd sshd;
    sshd.fake.files.add_folder("/run/sshd");
    sshd.fake.processes.on({"/usr/sbin/sshd", "-T"},
                           exits(0, "Port 22\nallowusers a\nAllowUsers b c\nbanner none\nodd\n"));
    const auto answer = ask_sshd(sshd.world);
    CHECK(answer.trouble.empty());
    CHECK(answer.values("allowusers") == std::vector<std::string>{"a", "b c"});
    CHECK(answer.values("port") == std::vector<std::string>{"22"});
    CHECK(answer.values("odd").empty());
}

TEST_CASE("sshd: its opinion of its files is not asked for by who may not make its folder") {
    Machine vm(debian_12);
    World world = vm.fake.world();
    vm.fake.processes.on({"/usr/sbin/sshd", "-t"}, exits(255, "line 3: bad\n"));
    CHECK(sshd_complaint(world) == "line 3: bad (exit code 255)");
    CHECK(sshd_complaint(world, RunSshd::leave_absent).empty());
    world.root = false;
    CHECK(sshd_complaint(world).empty());
    CHECK(vm.fake.processes.ran({"/usr/sbin/sshd", "-t"}) == 1);
}
