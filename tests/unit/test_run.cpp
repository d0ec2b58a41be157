// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/run.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace aadssh;

namespace {

const std::string lock = "/run/aadsshlogin-handler/lock";

/// Settings file of sequence number 0 with these public settings.
void public_settings(Machine& vm, const std::string& json) {
    vm.fake.files.add(
        vm.folder + "/config/0.settings",
        R"({"runtimeSettings":[{"handlerSettings":{"protectedSettings":null,"publicSettings":)" +
            json + "}}]}");
}

}  // namespace

TEST_CASE("run: success is one line on stdout and a status file with every check") {
    Machine vm(debian_12);
    const auto ended = vm.command("install");
    CHECK(ended.code == 0);
    CHECK(std::ranges::count(ended.out, '\n') == 1);
    CHECK(ended.err.empty());
    const auto status = vm.status();
    CHECK(status.string("/0/status/status") == "success");
    CHECK(status.string("/0/status/operation") == "install");
    CHECK(status.integer("/0/status/code") == 0);
    CHECK(status.string("/0/status/formattedMessage/lang") == "en-US");
    CHECK(status.string("/0/status/formattedMessage/message").value_or("") + "\n" == ended.out);
    for (const char* name :
         {"identity", "legacy", "repository", "package", "pam", "nss", "sshd", "selinux"}) {
        CAPTURE(name);
        CHECK(vm.check_level(name) == "success");
    }
}

TEST_CASE("run: failure is one line on stderr, its code, and a terminal status file") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/os-release", "ID=arch\nNAME=\"Arch Linux\"\n");
    for (const char* word : {"install", "enable"}) {
        CAPTURE(word);
        const auto ended = vm.command(word);
        CHECK(ended.code == 51);
        CHECK(ended.out.empty());
        CHECK(std::ranges::count(ended.err, '\n') == 1);
        CHECK(ended.err.starts_with("AADSSH-51 preflight: "));
        CHECK(contains_text(ended.err, "Fix: "));
        CHECK(vm.status().string("/0/status/status") == "error");
        CHECK(vm.status().integer("/0/status/code") == 51);
        CHECK(vm.status().string("/0/status/operation") == word);
    }
}

TEST_CASE("run: the status is never \"warning\", whatever was found") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    vm.fake.files.add("/sys/fs/selinux/enforce", "1");
    vm.fake.processes.on({"/usr/sbin/sshd", "-T"}, exits(255, "no\n"));
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.check_level("sshd") == "warning");
    CHECK(vm.check_level("selinux") == "warning");
    CHECK(vm.status().string("/0/status/status") == "success");
}

TEST_CASE("run: enable first writes that it was cut off, then the truth") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    std::string during;
    vm.fake.processes.on_call({"/usr/sbin/sshd", "-T"}, [&](const Command&) {
        during = vm.status_text();
        return exits(0, "authorizedkeyscommand /usr/sbin/aad_certhandler %u %k\n");
    });
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.fake.files.operations.front() == "write " + vm.folder + "/status/0.status 0600");
    CHECK(contains_text(during, R"("status":"error")"));
    CHECK(contains_text(during, "cut off"));
    CHECK(contains_text(during, R"("operation":"enable")"));
    CHECK_FALSE(contains_text(vm.status_text(), "cut off"));

    vm.forget_history();
    CHECK(vm.command("install").code == 0);
    CHECK(vm.fake.files.operations.front() != "write " + vm.folder + "/status/0.status 0600");
}

TEST_CASE("run: only install, enable and what fails write a status") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.files.entries.erase(vm.folder + "/status/0.status");
    for (const char* word : {"disable", "update", "uninstall"}) {
        CHECK(vm.command(word).code == 0);
        CHECK_FALSE(vm.fake.files.has(vm.folder + "/status/0.status"));
    }
    vm.fake.files.entries.erase("/usr/bin/apt-get");
    CHECK(vm.command("uninstall").code == 52);
    CHECK(vm.status().string("/0/status/operation") == "uninstall");
}

TEST_CASE("run: the status goes to the sequence number that the agent names") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    vm.fake.environment["ConfigSequenceNumber"] = "17";
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.fake.files.has(vm.folder + "/status/17.status"));
    CHECK_FALSE(vm.fake.files.has(vm.folder + "/status/0.status"));
}

TEST_CASE("run: a status folder that cannot be written changes neither verdict nor code") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    vm.fake.files.refused[vm.folder + "/status"] = "Read-only file system";
    const auto ended = vm.command("enable");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "is installed and verified"));
    CHECK(contains_text(ended.err, "status file could not be written"));
    CHECK(contains_text(ended.err, "Read-only file system"));
    CHECK(contains_text(ended.err, "Fix: "));
    CHECK(std::ranges::count(ended.err, '\n') == 1);
    CHECK(contains_text(vm.log_text(), "Read-only file system"));
    vm.fake.files.add("/etc/os-release", "ID=arch\n");
    const auto failed = vm.command("enable");
    CHECK(failed.code == 51);
    CHECK(failed.err.starts_with("AADSSH-51 preflight: "));
    CHECK(contains_text(failed.err, "status file could not be written"));
    CHECK(std::ranges::count(failed.err, '\n') == 1);
}

TEST_CASE(
    "run: an unusable HandlerEnvironment.json is 53 on stderr, but not for disable and uninstall") {
    for (const std::string text :
         {"", "{", "[]", "[{\"handlerEnvironment\":{\"logFolder\":\"x\"}}]", "\xff\xfe"}) {
        CAPTURE(text);
        Machine vm(debian_12);
        vm.fake.files.add(vm.folder + "/HandlerEnvironment.json", text);
        for (const char* word : {"install", "enable"}) {
            const auto ended = vm.command(word);
            CHECK(ended.code == 53);
            CHECK(contains_text(ended.err, "HandlerEnvironment.json"));
            CHECK(contains_text(ended.err, "Fix: "));
        }
        CHECK(vm.command("disable").code == 0);
        CHECK(vm.command("uninstall").code == 0);
    }
}

TEST_CASE("run: settings that are nothing are no settings") {
    for (const std::string text :
         {"",
          "null",
          "{}",
          R"({"runtimeSettings":[]})",
          R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":null}}]})"}) {
        CAPTURE(text);
        Machine vm(debian_12);
        vm.set_up_by_hand();
        vm.fake.files.add(vm.folder + "/config/0.settings", text);
        CHECK(vm.command("enable").code == 0);
    }
}

TEST_CASE("run: bad settings are 53 before anything is changed, and uninstall ignores them") {
    Machine vm(debian_12);
    public_settings(vm, R"({"colour":"blue"})");
    const auto ended = vm.command("install");
    CHECK(ended.code == 53);
    CHECK(contains_text(ended.err, "colour"));
    CHECK(vm.fake.processes.commands.empty());
    CHECK(vm.command("uninstall").code == 0);
}

TEST_CASE(
    "run: bad settings come before an unsupported system, that before the legacy extension, that "
    "before identity") {
    Machine vm(debian_12);
    vm.identity_claim(
        "/subscriptions/s/resourcegroups/g/providers/Microsoft.ManagedIdentity/"
        "userAssignedIdentities/u");
    vm.dpkg["aadlogin"] = {"ii ", "1.0"};
    public_settings(vm, R"({"colour":"blue"})");
    const auto os_release = vm.fake.files.text("/etc/os-release");
    vm.fake.files.add("/etc/os-release", "ID=arch\n");
    CHECK(vm.command("install").code == 53);
    public_settings(vm, "{}");
    CHECK(vm.command("install").code == 51);
    vm.fake.files.add("/etc/os-release", os_release);
    CHECK(vm.command("install").code == 23);
    vm.dpkg.erase("aadlogin");
    CHECK(vm.command("install").code == 22);
}

TEST_CASE("run: another run is waited for, by name; 63 at the deadline") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    vm.fake.files.add(lock, "install since 2026-11-22T14:00:00Z");
    vm.fake.files.held_elsewhere.insert(lock);
    SUBCASE("it ends") {
        vm.fake.clock.at_sleep = [&] {
            if (vm.fake.clock.sleeps.size() == 3) {
                vm.fake.files.held_elsewhere.clear();
            }
        };
        CHECK(vm.command("enable").code == 0);
        CHECK(vm.fake.clock.sleeps.size() == 3);
    }
    SUBCASE("it does not end") {
        const auto ended = vm.command("enable");
        CHECK(ended.code == 63);
        CHECK(contains_text(ended.err, "install since 2026-11-22T14:00:00Z"));
        CHECK(vm.fake.clock.slept() == Seconds(240));
        CHECK(vm.status().integer("/0/status/code") == 63);
        CHECK(vm.fake.processes.commands.empty());
    }
    SUBCASE("we are asked to end") {
        vm.fake.processes.stop_requested = true;
        CHECK(vm.command("enable").code == 63);
    }
}

TEST_CASE("run: the lock is free again afterwards, however the run ended") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/os-release", "ID=arch\n");
    CHECK(vm.command("install").code == 51);
    CHECK(vm.fake.files.held_elsewhere.empty());
}

TEST_CASE("run: the setting deadlineSeconds lowers the limit") {
    Machine vm(debian_12);
    public_settings(vm, R"({"deadlineSeconds":10})");
    vm.fake.files.lock_holders["/var/lib/dpkg/lock-frontend"] = 812;
    CHECK(vm.command("install").code == 56);
    CHECK(vm.fake.clock.slept() <= Seconds(10));
}

TEST_CASE("run: a damaged record is set aside with a warning and is no failure") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    vm.fake.files.add("/var/lib/aadsshlogin-handler/state.json", "{ damaged");
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.check_level("record") == "warning");
    CHECK(contains_text(vm.check("record"), "state.json.damaged"));
    CHECK(vm.fake.files.text("/var/lib/aadsshlogin-handler/state.json.damaged") == "{ damaged");
}

TEST_CASE("run: what nobody foresaw is code 1 with a message, not a crash") {
    Machine vm(debian_12);
    vm.fake.processes.on_call({"dpkg-query"}, [](const Command&) -> CommandResult {
        throw std::runtime_error("the moon is full");
    });
    const auto ended = vm.command("install");
    CHECK(ended.code == 1);
    CHECK(contains_text(ended.err, "the moon is full"));
    CHECK(vm.status().integer("/0/status/code") == 1);
}

TEST_CASE("run: the log names the commands that were run and how they ended") {
    Machine vm(debian_12);
    CHECK(vm.command("install").code == 0);
    const auto log = vm.log_text();
    CHECK(contains_text(log, "run: apt-get -q update"));
    CHECK(contains_text(log, "end: apt-get: exit code 0 after"));
    CHECK(contains_text(log, "  | Setting up aadsshlogin"));
    CHECK(contains_text(log, "step: install aadsshlogin"));
    CHECK(contains_text(log, "sequence number 0"));
    CHECK(contains_text(log, "done: "));
}

TEST_CASE("run: half-written files of a killed run are cleared away, those of others are not") {
    Machine vm(debian_12);
    vm.set_up_by_hand();
    const std::string name = std::string(temporary_prefix) + "x1";
    const std::vector<std::string> ours{"/var/lib/aadsshlogin-handler/" + name,
                                        vm.folder + "/status/" + name,
                                        "/etc/apt/sources.list.d/" + name,
                                        "/usr/share/keyrings/" + name};
    for (const auto& path : ours) {
        vm.fake.files.add(path, "half");
    }
    vm.fake.files.add("/etc/apt/sources.list.d/.other", "x");
    vm.fake.files.add("/etc/" + name, "x");
    CHECK(vm.command("enable").code == 0);
    for (const auto& path : ours) {
        CHECK_FALSE(vm.fake.files.has(path));
    }
    CHECK(vm.fake.files.has("/etc/apt/sources.list.d/.other"));
    CHECK(vm.fake.files.has("/etc/" + name));
}

TEST_CASE(
    "run: without a usable HandlerEnvironment.json the status goes beside it, where there is such "
    "a folder") {
    Machine vm(debian_12);
    vm.fake.files.add(vm.folder + "/HandlerEnvironment.json", "{");
    CHECK(vm.command("enable").code == 53);
    CHECK(vm.status().integer("/0/status/code") == 53);
}
