// SPDX-License-Identifier: MIT
// What each command promises, through run() as the agent calls it.
#include "handler/commands.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace aadssh;

namespace {

/// The repository does not answer, as apt and we see it.
void cut_off_repository(Machine& vm) {
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "update"); },
        [](const Command&) {
            return exits(100,
                         "E: Failed to fetch https://packages.microsoft.com/x  Could not resolve "
                         "'packages.microsoft.com'\n");
        });
    vm.fake.http.forget(vm.distribution.repository);
    vm.fake.http.on(vm.distribution.repository,
                    no_answer(HttpResponse::Failure::name_lookup,
                              "Could not resolve host: packages.microsoft.com"));
}

void cut_off_imds(Machine& vm) {
    vm.fake.http.forget("http://169.254.169.254/metadata/identity/oauth2/token");
    vm.fake.http.forget("http://169.254.169.254/metadata/instance/");
    vm.fake.http.on("http://169.254.169.254",
                    no_answer(HttpResponse::Failure::connect, "Connection refused"));
}

}  // namespace

TEST_CASE("commands: each row's time is 60 s inside the agent's own") {
    for (const auto& command : agent_commands()) {
        const bool brief = command.name == "enable" || command.name == "uninstall";
        CHECK(command.limit == Seconds(brief ? 240 : 840));
        CHECK(command.summary.ends_with("."));
    }
}

TEST_CASE("install: brings the package onto every kind of machine") {
    for (const auto* distribution : {&debian_11, &debian_12, &ubuntu_24_04, &rhel_9}) {
        CAPTURE(distribution->repository);
        Machine vm(*distribution);
        const auto ended = vm.command("install");
        CHECK(ended.code == 0);
        CHECK(ended.err.empty());
        const std::string version = distribution->has_rpm() ? "1.0.2-1" : "1.0.2";
        CHECK(contains_text(ended.out, "aadsshlogin " + version + " is installed and verified"));
        CHECK(vm.version("aadsshlogin") == "1.0.2");
    }
}

TEST_CASE(
    "install and uninstall: an rpm machine is afterwards as it was, its database's keys, too") {
    Machine vm(rhel_9);
    const auto before = vm.system();
    REQUIRE(vm.command("install").code == 0);
    CHECK(vm.dpkg.contains("gpg-pubkey-be1229cf"));
    CHECK(vm.fake.files.text(vm.own_source()).starts_with("# Made by the AADSSHLoginForLinux"));
    const auto ended = vm.command("uninstall");
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(vm.system() == before);
    CHECK_FALSE(vm.dpkg.contains("gpg-pubkey-be1229cf"));
    CHECK(vm.version("aadsshlogin") == "(absent)");
}

TEST_CASE("install: a healthy machine with the newest package downloads and changes nothing") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    CHECK(vm.command("install").code == 0);
    const auto lines = vm.package_manager_commands();
    CHECK(lines.size() == 2);                       // refresh of one source, and its index asked
    CHECK(vm.fake.processes.detached.size() == 1);  // the first install's
}

TEST_CASE("install: brings a healthy machine to the newest version") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    CHECK(contains_text(vm.command("install").out, "aadsshlogin 1.0.3"));
    CHECK(vm.version("aadsshlogin") == "1.0.3");
}

TEST_CASE("install: on a healthy machine an outage of the repository is a warning") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    cut_off_repository(vm);
    const auto ended = vm.command("install");
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(vm.status().string("/0/status/status") == "success");
    CHECK(vm.check_level("repository") == "warning");
    CHECK(contains_text(vm.check("repository"), "aadsshlogin stays as it is"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(vm.fake.files.has(vm.own_source()));
}

TEST_CASE("install: on a fresh machine the same outage is 20, and everything is taken back") {
    Machine vm(debian_12);
    const auto before = vm.system();
    cut_off_repository(vm);
    const auto ended = vm.command("install");
    CHECK(ended.code == 20);
    CHECK(ended.out.empty());
    CHECK(contains_text(ended.err, "packages.microsoft.com:443"));
    CHECK(vm.system() == before);
    CHECK_FALSE(vm.fake.files.has("/var/lib/aadsshlogin-handler"));
    CHECK(vm.check_level("repository") == "error");
}

TEST_CASE("install: on a healthy machine an unreachable IMDS is a warning, a clear no is 22") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    cut_off_imds(vm);
    CHECK(vm.command("install").code == 0);
    CHECK(vm.check_level("identity") == "warning");

    vm.fake.http.on("http://169.254.169.254/metadata/identity",
                    answer(400, R"({"error":"invalid_request"})"));
    CHECK(vm.command("install").code == 22);
}

TEST_CASE("install: a package whose scripts did not do their work is 21 and stays") {
    Machine vm(debian_12);
    vm.scripts_work = false;
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "pam: "));
    CHECK(contains_text(ended.err, "nss: "));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(vm.check_level("pam") == "error");
}

TEST_CASE("install: several warnings of one plan are all told") {
    Machine vm(debian_12);
    vm.fake.files.add("/sys/fs/selinux/enforce", "1");  // and no aadsshlogin-selinux is published
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--no-download"); },
        [&](const Command&) {
            vm.set_up_by_hand();
            return exits(100, "dpkg: error processing package other (--configure):\n it failed\n");
        });
    CHECK(vm.command("install").code == 0);
    CHECK(contains_text(vm.status_text(), "aadsshlogin-selinux is not published"));
    CHECK(contains_text(vm.status_text(), "although the package manager reported"));
}

TEST_CASE("install: a derivative's guess is told") {
    Machine vm(debian_12);
    vm.fake.files.add(
        "/etc/os-release",
        "ID=linuxmint\nNAME=\"LMDE\"\nID_LIKE=debian\nVERSION_ID=6\nDEBIAN_CODENAME=bookworm\n");
    CHECK(vm.command("install").code == 0);
    CHECK(vm.check_level("distribution") == "warning");
    CHECK(contains_text(vm.check("distribution"), "LMDE"));
}

TEST_CASE("enable: a healthy machine starts no package manager and asks only IMDS") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    const auto before = vm.system();
    for (int time = 0; time < 2; ++time) {  // the agent repeats sequence numbers
        vm.forget_history();
        const auto ended = vm.command("enable");
        CHECK(ended.code == 0);
        CHECK(vm.package_manager_commands().empty());
        REQUIRE_FALSE(vm.fake.http.requests.empty());
        for (const auto& request : vm.fake.http.requests) {
            CHECK(request.url.starts_with("http://169.254.169.254/"));
        }
        CHECK(vm.status().string("/0/status/status") == "success");
        CHECK(vm.status().string("/0/status/operation") == "enable");
    }
    CHECK(vm.system() == before);
}

TEST_CASE("enable: an older package than the newest is not upgraded") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("enable: without install, as on a clone, or after the package was removed, it installs") {
    Machine vm(debian_12);
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    vm.dpkg["aadsshlogin"].state = "iF ";
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.dpkg["aadsshlogin"].state == "ii ");
}

TEST_CASE("enable: the healthy machine does not wait for strangers who use the package manager") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.files.lock_holders["/var/lib/dpkg/lock-frontend"] = 812;
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.fake.clock.sleeps.empty());
}

TEST_CASE("enable: an unreachable repository or IMDS is nothing to a healthy machine") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    cut_off_repository(vm);
    cut_off_imds(vm);
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.check_level("identity") == "warning");
    CHECK(vm.status().string("/0/status/status") == "success");
}

TEST_CASE("enable: an extra key of our keyring is not fetched again") {
    Machine vm(debian_12);
    const auto served = key_file("served");
    const auto announced = key_file("announced for later");
    vm.fake.http.on("https://keys.example/", answer(200, served));
    vm.fake.files.add(
        vm.folder + "/config/0.settings",
        R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":{"repository":{"keyUrl":)"
        R"("https://keys.example/k.gpg","signingKeys":[")" +
            fingerprint_of(served) + R"(",")" + fingerprint_of(announced) + R"("]}}}}]})");
    vm.set_up_by_us();
    CHECK(vm.command("enable").code == 0);
    const auto fetched = std::ranges::any_of(vm.fake.http.requests, [](const HttpRequest& request) {
        return request.url.starts_with("https://keys.example/");
    });
    CHECK_FALSE(fetched);
}

TEST_CASE("enable: the next run waits for the transaction that the last one left running") {
    Machine vm(debian_12);
    auto endless = exits(0);
    endless.timed_out = true;
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--no-download"); },
        [&](const Command&) {
            vm.dpkg["aadsshlogin"] = {"iU ", "1.0.2"};
            return endless;
        });
    CHECK(vm.command("install").code == 66);
    vm.forget_history();
    vm.fake.clock.at_sleep = [&] {
        if (vm.fake.clock.sleeps.size() == 5) {
            vm.fake.processes.living.clear();
            vm.set_up_by_hand();
        }
    };
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.fake.clock.sleeps.size() == 5);
    CHECK(vm.package_manager_commands().empty());
    CHECK(vm.command("uninstall").code == 0);
    CHECK(vm.version("aadsshlogin") == "(absent)");
}

TEST_CASE("disable: changes nothing and needs nothing") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    const auto before = vm.fake.files.entries.size();
    cut_off_imds(vm);
    cut_off_repository(vm);
    const auto ended = vm.command("disable");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "sign-in keeps working"));
    CHECK(vm.fake.processes.commands.empty());
    CHECK(vm.fake.http.requests.empty());
    CHECK(vm.fake.files.entries.size() == before);
    CHECK(vm.command("enable").code == 0);
}

TEST_CASE("disable: does not wait for another run of the extension") {
    Machine vm(debian_12);
    vm.fake.files.held_elsewhere.insert("/run/aadsshlogin-handler/lock");
    CHECK(vm.command("disable").code == 0);
    CHECK(vm.fake.clock.sleeps.empty());
}

TEST_CASE("install: a held package stays at its version, with a warning, and nobody is asked") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.dpkg["aadsshlogin"].state = "hi ";
    vm.published["aadsshlogin"] = "1.0.3";
    CHECK(vm.command("install").code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(vm.package_manager_commands().empty());
    CHECK(vm.check_level("repository") == "warning");
    CHECK(contains_text(vm.check("repository"), "held at version 1.0.2"));
}

TEST_CASE("install: a half installed package of the newest version is unpacked again") {
    Machine vm(debian_12);
    vm.dpkg["aadsshlogin"] = {"iHR", "1.0.2"};
    CHECK(vm.command("install").code == 0);
    const auto reinstalled = std::ranges::any_of(vm.fake.processes.commands, [](const Command& c) {
        return has_word(c, "--no-download") && has_word(c, "--reinstall");
    });
    CHECK(reinstalled);
    CHECK(vm.dpkg["aadsshlogin"].state == "ii ");
}

TEST_CASE("install: CA certificates that were missing are a dependency and stay") {
    Machine vm(debian_12);
    vm.fake.files.entries.erase("/etc/ssl/certs/ca-certificates.crt");
    vm.fake.processes.on_match(
        [](const Command& c) {
            return has_word(c, "--no-download") && has_word(c, "ca-certificates");
        },
        [&](const Command&) {
            vm.dpkg["ca-certificates"] = {"ii ", "2023"};
            return exits(0);
        });
    CHECK(vm.command("install").code == 0);
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "Dependencies stay: ca-certificates, libaad0."));
    CHECK(vm.version("ca-certificates") == "2023");
}

TEST_CASE("enable: a machine that no source keeps up to date is told so") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.check_level("repository") == "warning");
    CHECK(contains_text(vm.check("repository"), debian_12.repository));
    Machine ours(debian_12);
    ours.set_up_by_us();
    CHECK(ours.command("enable").code == 0);
    CHECK(ours.check_level("repository") == "success");
}
