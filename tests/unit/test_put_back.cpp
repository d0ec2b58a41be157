// SPDX-License-Identifier: MIT
// A failed upgrade leaves, or puts back, the version that worked.
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <memory>

using namespace aadssh;

namespace {

/// The transaction that installs the newest version ends like this, without sign-in; others are as
/// always.
void break_upgrade(Machine& vm, const std::string& status, const CommandResult& end) {
    vm.published["aadsshlogin"] = "1.0.3";
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "apt-get" && has_word(c, "--no-download") &&
                   has_word(c, "aadsshlogin");
        },
        [&vm, status, end](const Command&) {
            vm.dpkg["aadsshlogin"] = {status, "1.0.3"};
            vm.aad_in_sshd = false;
            return end;
        });
}

void break_upgrade(Machine& vm) {
    break_upgrade(vm,
                  "iF ",
                  exits(100,
                        "dpkg: error processing package aadsshlogin (--configure):\n"
                        " installed post-installation script returned error exit status 1\n"));
}

}  // namespace

TEST_CASE(
    "put back: after an upgrade that failed half-way the version that worked is there again") {
    Machine vm(debian_12);
    SUBCASE("one that we installed") {
        vm.set_up_by_us();
    }
    SUBCASE("one that was there before us") {
        vm.set_up_by_hand();
        vm.dependencies.clear();
    }
    const auto before = vm.system();
    const auto state = vm.state_text();
    break_upgrade(vm);
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(
        contains_text(ended.err, "aadsshlogin 1.0.2, which worked before, was put back and works"));
    CHECK(contains_text(ended.err, "error exit status 1"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(vm.check_level("rollback") == "warning");
    CHECK(vm.system() == before);
    CHECK(vm.state_text() == state);
    CHECK(vm.fake.processes.ran({"dpkg", "--force-remove-reinstreq"}) == 0);
    CHECK(vm.command("enable").code == 0);
}

TEST_CASE("put back: with dnf, too") {
    Machine vm(rhel_9);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "dnf" && has_word(c, "-C") && has_word(c, "install") &&
                   has_word(c, "aadsshlogin");
        },
        [&vm](const Command&) {
            vm.dpkg.erase("aadsshlogin");  // as after a transaction that erased and did not install
            vm.aad_in_sshd = false;
            return exits(1, "Error: Transaction failed\n");
        });
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "aadsshlogin 1.0.2-1, which worked before, was put back"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("put back: where the repository has that version no more, it says so with the command") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    break_upgrade(vm);
    vm.keeps_old_versions = false;
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "could not be put back"));
    CHECK(contains_text(ended.err, "apt-get install --allow-downgrades aadsshlogin=1.0.2"));
    CHECK(vm.check_level("rollback") == "error");
    CHECK(vm.version("aadsshlogin") == "1.0.3");  // and nothing was removed
}

TEST_CASE("put back: an upgrade that failed before it changed anything says what is there") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--download-only"); },
        [](const Command&) { return exits(100, "E: No space left on device\n"); });
    const auto ended = vm.command("install");
    CHECK(ended.code == 52);
    CHECK(
        contains_text(ended.err, "aadsshlogin 1.0.2, which was there before, is still installed"));
    CHECK(vm.fake.processes.ran({"apt-get", "-q", "-y"}) == 1);
}

TEST_CASE("put back: a new version that does not pass the checks gives way to the one that did") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    break_upgrade(vm, "ii ", exits(0));
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "was put back and works"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE(
    "put back: a first installation that fails is taken back, there is nothing to return to") {
    Machine vm(debian_12);
    const auto before = vm.system();
    break_upgrade(vm);
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(vm.check("rollback") == "(none)");
    CHECK(vm.version("aadsshlogin") == "(absent)");
    CHECK(vm.system() == before);
}

TEST_CASE("put back: a new version that spoils sshd's files gives way to the one that did not") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    const auto spoilt = [&vm](const CommandResult& good) {
        return vm.version("aadsshlogin") == "1.0.3" ? exits(255, "line 9: Bad option\n") : good;
    };
    vm.fake.processes.on_call({"/usr/sbin/sshd", "-t"},
                              [spoilt](const Command&) { return spoilt(exits(0)); });
    vm.fake.processes.on_call({"/usr/sbin/sshd", "-T"}, [spoilt](const Command&) {
        return spoilt(exits(0, "authorizedkeyscommand /usr/sbin/aad_certhandler %u %k\n"));
    });
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "refuses it afterwards"));
    CHECK(contains_text(ended.err, "line 9: Bad option"));
    CHECK(contains_text(ended.err, "1.0.2, which worked before, was put back and works"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("put back: the version that stayed is set up again where the failed one undid that") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "apt-get" && has_word(c, "--no-download") &&
                   has_word(c, "aadsshlogin");
        },
        [&vm](const Command&) {  // dpkg unpacked nothing, but the old prerm had run
            vm.aad_in_sshd = false;
            return exits(100, "dpkg: error processing archive\n");
        });
    SUBCASE("by a repair") {
        const auto ended = vm.command("install");
        CHECK(ended.code == 21);
        CHECK(contains_text(ended.err,
                            "1.0.2, which was there before, is still installed and was "
                            "set up again"));
        CHECK(vm.aad_in_sshd);
        CHECK(vm.check_level("rollback") == "warning");
    }
    SUBCASE("or what is missing is named") {
        vm.fake.files.add("/etc/aadsshlogin/settings.json", R"({"repair": false})");
        const auto ended = vm.command("install");
        CHECK(ended.code == 21);
        CHECK(contains_text(ended.err, "is still installed, but does not work: sshd: "));
        CHECK(vm.check_level("rollback") == "error");
    }
}

TEST_CASE("put back: an upgrade for which no time was left is no failure of a machine in order") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.fake.files.add("/etc/aadsshlogin/settings.json", R"({"deadlineSeconds": 100})");
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--download-only"); },
        [&vm](const Command&) {
            vm.fake.clock.sleep(Seconds(60));
            return exits(0);
        });
    const auto ended = vm.command("install");
    CHECK(ended.code == 0);
    CHECK(contains_text(vm.check("repository"), "no time was left to install aadsshlogin"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("put back: a failed upgrade that left little time, or none, is put back all the same") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    auto end = exits(100, "dpkg: error processing package aadsshlogin (--configure):\n");
    SUBCASE("less than a transaction wants") {
        end.duration = Seconds(20);
    }
    SUBCASE("next to none") {
        end.duration = Seconds(129);
    }
    break_upgrade(vm, "iF ", end);
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "apt-get" && has_word(c, "--download-only") &&
                   has_word(c, "aadsshlogin");
        },
        [&vm](const Command&) {
            vm.fake.clock.sleep(Seconds(710));
            return exits(0);
        });
    const auto ended = vm.command("install");
    CHECK(ended.code == 21);
    CHECK(
        contains_text(ended.err, "aadsshlogin 1.0.2, which worked before, was put back and works"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("put back: asked to end after the transaction, a new version that works stays") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    bool installed = false;
    vm.fake.processes.on_call({"/usr/sbin/sshd", "-t"}, [&](const Command&) {
        CommandResult end = exits(0);
        if (vm.version("aadsshlogin") == "1.0.3" && !installed) {
            installed = true;
            end.interrupted = true;
            vm.fake.processes.stop_requested = true;
        }
        return end;
    });
    const auto ended = vm.command("install");
    CHECK(ended.code == 62);
    CHECK(contains_text(ended.err, "aadsshlogin 1.0.3 is installed and passes the checks"));
    CHECK(vm.version("aadsshlogin") == "1.0.3");
}

namespace {

/// An upgrade that outlived its run, and whose scripts failed after that.
void outlived_and_failed(Machine& vm, const std::string& status) {
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    const auto outlived = std::make_shared<bool>(false);
    vm.fake.processes.on_match(
        [](const Command& c) {
            return c.argv[0] == "apt-get" && has_word(c, "--no-download") &&
                   has_word(c, "aadsshlogin");
        },
        [&vm, status, outlived](const Command&) {
            vm.dpkg["aadsshlogin"] = {status, "1.0.3"};
            vm.aad_in_sshd = false;
            auto end = exits(100, "post-installation script returned error exit status 1\n");
            end.timed_out = !*outlived;
            *outlived = true;
            return end;
        });
    CHECK(vm.command("install").code == 66);
    vm.fake.processes.living.clear();
}

}  // namespace

TEST_CASE("put back: after an upgrade that outlived its run and failed, the next run does it") {
    for (const auto* command : {"install", "enable"}) {
        CAPTURE(command);
        Machine vm(debian_12);
        outlived_and_failed(vm, "iF ");
        CHECK(contains_text(vm.state_text(), R"("upgrade":{"from":"1.0.2","to":"1.0.3"})"));
        const auto ended = vm.command(command);
        CHECK(ended.code == 21);
        CHECK(contains_text(ended.err,
                            "aadsshlogin 1.0.2, which worked before, was put back and works"));
        CHECK(vm.version("aadsshlogin") == "1.0.2");
        CHECK_FALSE(contains_text(vm.state_text(), "\"upgrade\""));
    }
}

TEST_CASE("put back: an upgrade that outlived its run and can be mended stays") {
    Machine vm(debian_12);
    outlived_and_failed(vm, "ii ");
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.aad_in_sshd);
    CHECK(vm.version("aadsshlogin") == "1.0.3");
    CHECK_FALSE(contains_text(vm.state_text(), "\"upgrade\""));
}

TEST_CASE("put back: an upgrade that outlived its run and went well leaves nothing to put back") {
    Machine vm(debian_12);
    outlived_and_failed(vm, "ii ");
    vm.aad_in_sshd = true;
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.3");
    CHECK_FALSE(contains_text(vm.state_text(), "\"upgrade\""));
}

TEST_CASE("put back: the version that could not be put back is tried again by the next run") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    break_upgrade(vm);
    vm.keeps_old_versions = false;
    CHECK(vm.command("install").code == 21);
    CHECK(vm.version("aadsshlogin") == "1.0.3");
    vm.keeps_old_versions = true;
    CHECK(contains_text(vm.command("install").err, "was put back and works"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("put back: what the administrator has chosen since then is not touched") {
    Machine vm(debian_12);
    outlived_and_failed(vm, "iF ");
    SUBCASE("another version") {
        vm.dpkg["aadsshlogin"] = {"ii ", "1.0.4"};
        vm.scripts_work = false;
    }
    SUBCASE("a hold") {
        vm.dpkg["aadsshlogin"] = {"hF ", "1.0.3"};
    }
    SUBCASE("the old version") {
        vm.dpkg["aadsshlogin"] = {"ii ", "1.0.2"};
        vm.scripts_work = false;
    }
    const auto version = vm.version("aadsshlogin");
    CHECK(vm.command("enable").code == 21);
    CHECK(vm.version("aadsshlogin") == version);
    CHECK(vm.check("rollback") == "(none)");
}

TEST_CASE("put back: what others change while enable looks is theirs") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.processes.on_call({"/usr/sbin/sshd", "-V"}, [&](const Command&) {
        vm.dpkg["aadsshlogin"] = {"ii ", "1.0.3"};
        vm.aad_in_sshd = false;
        return exits(0, "OpenSSH_9.2p1\n");
    });
    CHECK(vm.command("enable").code == 21);
    CHECK(vm.version("aadsshlogin") == "1.0.3");
}

TEST_CASE("put back: not from a source that others may write") {
    Machine vm(debian_12);
    outlived_and_failed(vm, "iF ");
    vm.fake.files.entries.at(vm.own_source()).owner = 1000;
    const auto ended = vm.command("enable");
    CHECK(ended.code == 61);
    CHECK(contains_text(ended.err, "could not be put back"));
    CHECK(vm.version("aadsshlogin") == "1.0.3");
}

TEST_CASE("put back: through the proxy, although nothing was downloaded before") {
    Machine vm(debian_12);
    outlived_and_failed(vm, "ii ");
    vm.fake.environment["https_proxy"] = "http://proxy.example:3128";
    vm.fake.files.add(vm.folder + "/config/0.settings",
                      R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":)"
                      R"({"repair":false}}}]})");
    vm.forget_history();
    CHECK(contains_text(vm.command("enable").err, "was put back and works"));
    const auto& ran = vm.fake.processes.commands;
    CHECK(std::ranges::any_of(ran, [](const Command& c) {
        return c.argv[0] == "apt-get" && has_word(c, "--download-only") &&
               c.environment.contains("https_proxy");
    }));
}

TEST_CASE("put back: IMDS need not answer for it") {
    Machine vm(debian_12);
    outlived_and_failed(vm, "iF ");
    vm.fake.http.forget("http://169.254.169.254/metadata/identity/oauth2/token");
    CHECK(contains_text(vm.command("enable").err, "was put back and works"));
}

TEST_CASE("put back: an upgrade of which a part still runs is not called a lock") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--no-download"); },
        [&vm](const Command&) {
            vm.fake.files.lock_holders["/var/lib/dpkg/lock"] = 9;
            CommandResult killed;
            killed.signal = 9;
            return killed;
        });
    CHECK(vm.command("install").code == 66);
    CHECK(contains_text(vm.state_text(), R"("upgrade":{"from":"1.0.2","to":"1.0.3"})"));
}

TEST_CASE("put back: an uninstall forgets the upgrade") {
    Machine vm(debian_12);
    outlived_and_failed(vm, "iF ");
    vm.fake.processes.on({"apt-get", "purge"}, exits(100, "E: no\n"));
    vm.fake.processes.on({"dpkg", "--force-remove-reinstreq"}, exits(1, "dpkg: error: no\n"));
    vm.command("uninstall");
    CHECK_FALSE(contains_text(vm.state_text(), "\"upgrade\""));
}

TEST_CASE("put back: sshd is told to read its files again") {
    Machine vm(debian_12);
    vm.fake.files.add_folder("/run/systemd/system");
    vm.fake.processes.on({"systemctl", "show"},
                         exits(0, "Id=ssh.service\nCanReload=yes\nActiveState=active\n"));
    vm.fake.processes.on({"systemctl", "reload"}, exits(0));
    vm.set_up_by_us();
    const std::size_t before = vm.fake.processes.ran({"systemctl", "reload"});
    SUBCASE("after the version that worked is back") {
        break_upgrade(vm);
        CHECK(vm.command("install").code == 21);
        CHECK(vm.aad_in_sshd);
        CHECK(vm.fake.processes.ran({"systemctl", "reload"}) == before + 1);
    }
    SUBCASE("and after a transaction that outlived its run") {
        outlived_and_failed(vm, "ii ");
        vm.aad_in_sshd = true;
        CHECK(vm.command("enable").code == 0);
        CHECK(vm.fake.processes.ran({"systemctl", "reload"}) == before + 1);
    }
}

TEST_CASE("put back: a transaction that still runs is left alone") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, "--no-download"); },
        [](const Command&) {
            CommandResult endless;
            endless.timed_out = true;
            return endless;
        });
    CHECK(vm.command("install").code == 66);
    CHECK(vm.check("rollback") == "(none)");
}
