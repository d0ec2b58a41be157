// SPDX-License-Identifier: MIT
// A set-up that others have damaged, through run() as the agent calls it.
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace aadssh;

namespace {

const std::string state_file = "/var/lib/aadsshlogin-handler/state.json";

void settings(Machine& vm, const std::string& text) {
    vm.fake.files.add(
        vm.folder + "/config/0.settings",
        R"({"runtimeSettings":[{"handlerSettings":{"publicSettings":)" + text + "}}]}");
}

/// apt-get with one of these words ends so.
void apt_says(Machine& vm, const std::string& word, CommandResult result) {
    vm.fake.processes.on_match(
        [word](const Command& c) { return c.argv[0] == "apt-get" && has_word(c, word); },
        [result = std::move(result)](const Command&) { return result; });
}

void damage_pam(Machine& vm) {
    vm.fake.files.add("/etc/pam.d/common-account", "account required pam_unix.so\n");
}

void damage_nss(Machine& vm) {
    vm.fake.files.add("/etc/nsswitch.conf", "passwd:         files systemd\ngroup:  files\n");
}

std::size_t count(const std::vector<std::string>& lines, const std::string& part) {
    return static_cast<std::size_t>(std::ranges::count_if(
        lines, [&](const std::string& line) { return contains_text(line, part); }));
}

}  // namespace

TEST_CASE("repair: enable has the package put back what is gone, at the version that is there") {
    struct Row {
        const char* name;
        void (*damage)(Machine&);
    };
    for (const auto& row : {Row{"sshd: ", [](Machine& vm) { vm.reset_ssh(); }},
                            Row{"pam: ", damage_pam},
                            Row{"nss: ", damage_nss}}) {
        CAPTURE(row.name);
        Machine vm(debian_12);
        vm.set_up_by_us();
        vm.published["aadsshlogin"] = "1.0.3";
        const auto before = vm.state_text();
        row.damage(vm);
        const auto ended = vm.command("enable");
        CHECK_MESSAGE(ended.code == 0, ended.err);
        CHECK(vm.version("aadsshlogin") == "1.0.2");
        CHECK(vm.aad_in_sshd);
        CHECK(vm.check_level("repair") == "success");
        CHECK(contains_text(vm.check("repair"), row.name));
        CHECK(contains_text(vm.check("repair"), "aadsshlogin 1.0.2 was installed again by apt"));
        CHECK(count(vm.package_manager_commands(), "install --reinstall aadsshlogin=1.0.2") == 2);
        CHECK(count(vm.package_manager_commands(), "apt-cache") == 0);
        CHECK(vm.state_text() == before);
        vm.forget_history();
        CHECK(vm.command("enable").code == 0);
        CHECK(vm.package_manager_commands().empty());
        CHECK(vm.check("repair") == "(none)");
    }
}

TEST_CASE("repair: with dnf") {
    Machine vm(rhel_9);
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.reset_ssh();
    const auto ended = vm.command("enable");
    CHECK_MESSAGE(ended.code == 0, ended.err);
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(count(vm.package_manager_commands(), " reinstall ") == 2);
    CHECK(contains_text(vm.check("repair"), "was installed again by dnf"));
}

TEST_CASE("repair: install does it only where there is nothing newer") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.reset_ssh();
    CHECK(vm.command("install").code == 0);
    CHECK(vm.check_level("repair") == "success");
    vm.reset_ssh();
    vm.published["aadsshlogin"] = "1.0.3";
    vm.forget_history();
    CHECK(vm.command("install").code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.3");
    CHECK(vm.check("repair") == "(none)");
    CHECK(count(vm.package_manager_commands(), "--reinstall") == 0);
}

TEST_CASE("repair: a package that the administrator holds is mended at its version") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.dpkg["aadsshlogin"].state = "hi ";
    vm.published["aadsshlogin"] = "1.0.3";
    vm.reset_ssh();
    CHECK(vm.command("install").code == 0);
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(vm.check_level("repair") == "success");
}

TEST_CASE("repair: the setting forbids it, then 21 names what is missing and the command") {
    for (const char* command : {"enable", "install"}) {
        CAPTURE(command);
        Machine vm(debian_12);
        vm.set_up_by_us();
        vm.reset_ssh();
        settings(vm, R"({"repair":false})");
        const auto before = vm.system();
        const auto ended = vm.command(command);
        CHECK(ended.code == 21);
        CHECK(contains_text(ended.err, "Match block"));
        CHECK(contains_text(ended.err,
                            "Fix: on the VM, as root, run: apt-get update && apt-get install "
                            "--reinstall aadsshlogin; then run the extension again; if the check "
                            "fails again, mend the file that it names; or set repair to true."));
        CHECK(vm.system() == before);
        CHECK(count(vm.package_manager_commands(), "--reinstall") == 0);
        settings(vm, R"({"repair":true})");
        CHECK(vm.command(command).code == 0);
    }
}

TEST_CASE("repair: where the package cannot be had, apt's database runs its scripts again") {
    const std::string unreachable =
        "E: Failed to fetch https://packages.microsoft.com/x  Could not resolve host\n";
    const std::string gone =
        "Reinstallation of aadsshlogin is not possible, it cannot be downloaded.\n";
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.reset_ssh();
    SUBCASE("no network") {
        apt_says(vm, "update", exits(100, unreachable));
    }
    SUBCASE("that version is gone") {
        apt_says(vm, "--download-only", exits(0, gone));
    }
    for (const char* command : {"enable", "install"}) {
        CAPTURE(command);
        vm.reset_ssh();
        const auto ended = vm.command(command);
        CHECK_MESSAGE(ended.code == 0, ended.err);
        CHECK(contains_text(vm.check("repair"), "could not be fetched"));
        CHECK(count(vm.package_manager_commands(),
                    "dpkg-reconfigure --frontend=noninteractive aadsshlogin") >= 1);
        CHECK(vm.fake.files.has(vm.own_source()));
    }
}

TEST_CASE("repair: one that fails is 21 with what is missing and why, and the package stays") {
    Machine vm(rhel_9);
    vm.set_up_by_us();
    vm.reset_ssh();
    vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "--downloadonly"); },
        [](const Command&) {
            return exits(
                1,
                "Installed package aadsshlogin-1.0.2-1.x86_64 (from @prod) not available.\n"
                "Error: No packages marked for reinstall.\n");
        });
    const auto ended = vm.command("enable");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "Match block"));
    CHECK(contains_text(ended.err, "No packages marked for reinstall"));
    CHECK(contains_text(ended.err, "dnf reinstall aadsshlogin"));
    CHECK(vm.check_level("repair") == "error");
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(vm.fake.files.has(state_file));
}

TEST_CASE("repair: one that does not help is 21 and says so") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.reset_ssh();
    vm.scripts_work = false;
    const auto ended = vm.command("enable");
    CHECK(ended.code == 21);
    CHECK(contains_text(ended.err, "did not come back"));
    CHECK(contains_text(ended.err, "apt-get install --reinstall aadsshlogin"));
    // pam-auth-update keeps a profile out whose lines somebody has removed.
    vm.fake.files.add("/usr/share/pam-configs/unix", "Auth:\n\tpam_unix.so\n");
    vm.fake.files.add("/usr/share/pam-configs/aad", "Auth:\n\tpam_aad.so\n");
    CHECK(contains_text(vm.command("enable").err, "pam-auth-update --enable aad"));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("repair: a lock that stays is 56, as for every transaction") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.reset_ssh();
    vm.fake.files.lock_holders["/var/lib/dpkg/lock-frontend"] = 77;
    const auto ended = vm.command("enable");
    CHECK(ended.code == 56);
    CHECK(vm.check_level("repair") == "error");
}

TEST_CASE("repair: plan prints it, and says what happens where it is forbidden") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.reset_ssh();
    const auto text = vm.command("plan").out;
    CHECK(contains_text(text, "Repair aadsshlogin 1.0.2 from https://packages.microsoft.com/"));
    CHECK(contains_text(text, "the version that is there is installed again"));
    CHECK(contains_text(vm.command(Words{"plan", "--json"}).out, "\"repair\":{"));
    settings(vm, R"({"repair":false})");
    const auto forbidden = vm.command("plan").out;
    CHECK_FALSE(contains_text(forbidden, "Repair aadsshlogin"));
    CHECK(contains_text(forbidden, "install ends with 21"));
    CHECK(contains_text(vm.command(Words{"plan", "--json"}).out, "\"repair\":null"));
}

TEST_CASE("repair: sshd is told to read its files again when its answer has changed") {
    Machine vm(debian_12);
    vm.fake.files.add_folder("/run/systemd/system");
    vm.fake.processes.on({"systemctl", "show"},
                         exits(0, "Id=ssh.service\nCanReload=yes\nActiveState=active\n"));
    vm.fake.processes.on({"systemctl", "reload"}, exits(0));
    const Words reload = {"systemctl", "reload", "ssh.service"};
    vm.set_up_by_us();
    vm.published["aadsshlogin"] = "1.0.3";
    CHECK(vm.command("install").code == 0);  // an upgrade leaves sshd's files as they are
    CHECK(vm.fake.processes.ran(reload) == 0);
    vm.reset_ssh();
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.fake.processes.ran(reload) == 1);
    CHECK(vm.check_level("sshd-reload") == "success");
    vm.reset_ssh();
    apt_says(vm, "update", exits(100, "E: Failed to fetch x  Could not resolve host\n"));
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.fake.processes.ran(reload) == 2);
}

namespace {

/// common-account as pam-auth-update has written it, with its records; the other types' alike.
void managed_pam(Machine& vm, const std::string& line = "") {
    vm.fake.files.add("/usr/sbin/pam-auth-update", "#!/usr/bin/perl\n", 0755);
    for (const std::string type :
         {"auth", "account", "password", "session", "session-noninteractive"}) {
        const auto word = type.substr(0, type.find('-'));
        vm.fake.files.add("/var/lib/pam/" + type, "Module: unix\nrequired\tpam_unix.so\n");
        vm.fake.files.add("/etc/pam.d/common-" + type,
                          fmt::format("# here are the per-package modules (the \"Primary\" block)\n"
                                      "{}{}\trequired\tpam_unix.so \n"
                                      "# here's the fallback if no module succeeds\n"
                                      "# and here are more per-package modules (the \"Additional\" "
                                      "block)\n"
                                      "# end of pam-auth-update config\n",
                                      line,
                                      word));
    }
}

}  // namespace

TEST_CASE("repair: PAM files that pam-auth-update would refuse end it before anything is touched") {
    for (const bool installed : {false, true}) {
        CAPTURE(installed);
        Machine vm(debian_12);
        if (installed) {
            vm.set_up_by_us();
        }
        managed_pam(vm, "auth required pam_faillock.so\n");
        const auto before = vm.system();
        vm.forget_history();
        for (const char* command : {"install", "enable"}) {
            CAPTURE(command);
            const auto ended = vm.command(command);
            CHECK(ended.code == 21);
            CHECK(contains_text(ended.err, "in /etc/pam.d/common-auth, line 2"));
            CHECK(contains_text(ended.err, "pam-auth-update --force"));
            CHECK(vm.check_level("pam") == "error");
        }
        CHECK(vm.system() == before);
        CHECK(vm.package_manager_commands().empty());
        CHECK(contains_text(vm.command("plan").out, "install would stop"));
    }
}

TEST_CASE("repair: changed PAM files do not matter where they have the module, or no such tool") {
    Machine vm(debian_12);
    managed_pam(vm);
    CHECK(vm.command("install").code == 0);
    managed_pam(vm, "auth sufficient pam_aad.so\n");  // by hand
    vm.reset_ssh();
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.check_level("repair") == "success");

    Machine other(debian_12);
    managed_pam(other, "auth required pam_faillock.so\n");
    other.fake.files.entries.erase("/usr/sbin/pam-auth-update");
    CHECK(other.command("install").code == 0);
    Machine lost(debian_12);
    managed_pam(lost);
    lost.fake.files.entries.erase("/var/lib/pam/session");
    CHECK(contains_text(lost.command("install").err, "/var/lib/pam/session is not there"));
}

TEST_CASE("repair: authselect's profile is named where PAM lacks the module") {
    Machine vm(rhel_9);
    vm.set_up_by_us();
    vm.fake.files.add("/etc/authselect/authselect.conf", "custom/hardened\nwith-faillock\n");
    vm.fake.files.add("/etc/pam.d/password-auth", "account required pam_unix.so\n");
    settings(vm, R"({"repair":false})");
    CHECK(contains_text(vm.command("enable").err, "authselect's profile custom/hardened"));
}
