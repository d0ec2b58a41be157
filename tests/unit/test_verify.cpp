// SPDX-License-Identifier: MIT
#include "handler/verify.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace aadssh;

namespace {

using Level = Substatus::Level;

struct Verified {
    Machine vm{debian_12};
    Verified() { vm.set_up_by_hand(); }

    std::vector<Substatus> all() {
        World world = vm.fake.world();
        return verify(world, gather_facts(world, read_handler_environment(world)));
    }
    Substatus one(const std::string& name) {
        const auto found = all();
        const auto match = std::ranges::find(found, name, &Substatus::name);
        REQUIRE_MESSAGE(match != found.end(), name);
        return *match;
    }
    void sshd_says(CommandResult result) {
        vm.fake.processes.on({"/usr/sbin/sshd", "-T"}, std::move(result));
    }
    void pam(const std::string& file, const std::string& text) {
        vm.fake.files.add("/etc/pam.d/" + file, text);
    }
};

}  // namespace

TEST_CASE("verify: a good machine passes every check") {
    Verified good;
    const auto found = good.all();
    std::vector<std::string> names;
    for (const auto& one : found) {
        CAPTURE(one.name);
        CHECK(one.level == Level::success);
        CHECK(one.message.ends_with("."));
        names.push_back(one.name);
    }
    CHECK(names == std::vector<std::string>{"package", "pam", "nss", "sshd", "selinux"});
    CHECK(failed_checks(found).empty());
    CHECK(contains_text(found.front().message, "aadsshlogin 1.0.2"));
}

TEST_CASE("verify: only sshd and the database are asked, with one concrete Entra user") {
    Verified good;
    good.vm.forget_history();
    good.all();
    CHECK(good.vm.package_manager_commands().empty());
    CHECK(good.vm.fake.http.requests.empty());
    CHECK(good.vm.fake.files.operations.empty());
    CHECK(good.vm.fake.processes.lines().size() > 0);
    const auto lines = good.vm.fake.processes.lines();
    CHECK(std::ranges::find(
              lines,
              "/usr/sbin/sshd -T -C "
              "user=user@example.com,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22") !=
          lines.end());
}

TEST_CASE("verify: a missing or half installed package fails") {
    Verified machine;
    machine.vm.dpkg["aadsshlogin"].state = "iF ";
    CHECK(machine.one("package").level == Level::error);
    CHECK(contains_text(machine.one("package").message, "half installed"));
    machine.vm.dpkg.erase("aadsshlogin");
    CHECK(machine.one("package").level == Level::error);
    CHECK(machine.one("package").code == 21);
}

TEST_CASE("verify: pam_aad is looked for in all that sshd's PAM file pulls in") {
    Verified machine;
    machine.pam("common-account", "account required pam_unix.so\n");
    CHECK(machine.one("pam").level == Level::error);
    CHECK(contains_text(machine.one("pam").message, "/etc/pam.d/common-account"));

    machine.pam("sshd", "auth required pam_aad.so\n");
    CHECK(machine.one("pam").level == Level::success);
    machine.pam("sshd", "auth substack password-auth\n");
    machine.pam("password-auth", "auth [default=1] /usr/lib/security/pam_aad.so debug\n");
    CHECK(machine.one("pam").level == Level::success);
    machine.pam("password-auth", "#auth required pam_aad.so\n");
    CHECK(machine.one("pam").level == Level::error);
    machine.pam("password-auth", "auth required pam_aad.so.disabled\n");
    CHECK(machine.one("pam").level == Level::error);
    machine.pam("password-auth", "auth include sshd\n");  // a circle
    CHECK(machine.one("pam").level == Level::error);
    machine.vm.fake.files.entries.erase("/etc/pam.d/sshd");
    CHECK(machine.one("pam").level == Level::error);
}

TEST_CASE("verify: a vendor's files count where the administrator has none") {
    Verified machine;
    auto& files = machine.vm.fake.files;
    files.entries.erase("/etc/pam.d/sshd");
    CHECK(machine.one("pam").level == Level::error);
    files.add("/usr/lib/pam.d/sshd", "account required pam_aad.so\n");
    CHECK(machine.one("pam").level == Level::success);
    files.add("/etc/pam.d/sshd", "account required pam_unix.so\n");
    CHECK(machine.one("pam").level == Level::error);

    files.entries.erase("/etc/nsswitch.conf");
    files.add("/usr/etc/nsswitch.conf", "passwd: files aad\n");
    CHECK(machine.one("nss").level == Level::success);
    files.add("/etc/nsswitch.conf", "passwd: files\n");
    CHECK(machine.one("nss").level == Level::error);
}

TEST_CASE("verify: aad must be a source of passwd") {
    struct Row {
        const char* text;
        Level level;
    };
    for (const auto& row : {Row{"passwd: files aad\n", Level::success},
                            Row{"passwd:\tfiles systemd aad # entra\n", Level::success},
                            Row{"passwd:files aad\n", Level::success},
                            Row{"passwd:aad files\n", Level::success},
                            Row{"passwd_compat: aad\n", Level::error},
                            Row{"passwd: files # aad\n", Level::error},
                            Row{"#passwd: files aad\n", Level::error},
                            Row{"group: files aad\npasswd: files\n", Level::error},
                            Row{"passwd: files aadx\n", Level::error},
                            Row{"", Level::error}}) {
        CAPTURE(row.text);
        Verified machine;
        machine.vm.fake.files.add("/etc/nsswitch.conf", row.text);
        CHECK(machine.one("nss").level == row.level);
    }
}

TEST_CASE("verify: sshd's answer decides; one that it did not give is a warning with its words") {
    Verified machine;
    SUBCASE("another command") {
        machine.sshd_says(exits(0, "authorizedkeyscommand /usr/bin/sss_ssh_authorizedkeys %u\n"));
        CHECK(machine.one("sshd").level == Level::error);
        CHECK(contains_text(machine.one("sshd").message, "/etc/ssh/sshd_config"));
    }
    SUBCASE("a file whose name only begins so") {
        machine.sshd_says(exits(0, "authorizedkeyscommand /usr/sbin/aad_certhandler.old %u\n"));
        CHECK(machine.one("sshd").level == Level::error);
    }
    SUBCASE("refused") {
        machine.sshd_says(
            exits(255, "/etc/ssh/sshd_config line 3: Bad configuration option: Foo\n"));
        CHECK(machine.one("sshd").level == Level::warning);
        CHECK(contains_text(machine.one("sshd").message, "Bad configuration option: Foo"));
        CHECK(failed_checks(machine.all()).empty());
    }
    SUBCASE("its files refused altogether") {
        machine.sshd_says(exits(255, "line 3: Bad configuration option: Foo\n"));
        machine.vm.fake.processes.on({"/usr/sbin/sshd", "-t"}, exits(255, "line 3: Bad: Foo\n"));
        CHECK(machine.one("sshd").level == Level::error);
        CHECK(contains_text(machine.one("sshd").message,
                            "sshd refuses its configuration: line 3: Bad: Foo"));
        CHECK(machine.vm.command("enable").code == 21);
        CHECK(machine.vm.package_manager_commands().empty());  // no package mends that
    }
    SUBCASE("not there") {
        CommandResult missing;
        missing.started = false;
        missing.error = "No such file or directory";
        machine.sshd_says(missing);
        CHECK(machine.one("sshd").level == Level::warning);
    }
    SUBCASE("without root it cannot be asked") {
        machine.vm.fake.root = false;
        machine.vm.forget_history();
        CHECK(machine.one("sshd").level == Level::warning);
        CHECK(machine.vm.fake.processes.ran({"/usr/sbin/sshd"}) == 0);
    }
}

TEST_CASE("verify: the folder without which sshd refuses to answer is made") {
    Verified machine;
    machine.vm.fake.files.entries.erase("/run/sshd");
    machine.all();
    CHECK(machine.vm.fake.files.operations ==
          std::vector<std::string>{"make_folder /run/sshd 0755"});
}

TEST_CASE("verify: newer OpenSSH prints option names as the manual writes them") {
    Verified machine;
    machine.sshd_says(exits(0, "AuthorizedKeysCommand /usr/sbin/aad_certhandler %u %k\n"));
    CHECK(machine.one("sshd").level == Level::success);
}

TEST_CASE("verify: SELinux without its package is a warning") {
    Verified machine;
    machine.vm.fake.files.add("/sys/fs/selinux/enforce", "1");
    CHECK(machine.one("selinux").level == Level::warning);
    CHECK(contains_text(machine.one("selinux").message, "is not installed"));
}

TEST_CASE("verify: SELinux's policy must have the package's module") {
    Verified machine;
    auto& files = machine.vm.fake.files;
    files.add("/sys/fs/selinux/enforce", "1");
    machine.vm.dpkg["aadsshlogin-selinux"] = {"ii ", "1.0.2"};
    const std::string store = "/var/lib/selinux/targeted/active/modules";
    const std::string store_of_el_7 = "/etc/selinux/targeted/active/modules";
    Level level = Level::warning;
    std::string part;
    SUBCASE("it has") {
        files.add(store + "/100/ssh/cil", "");
        files.add(store + "/400/aadsshlogin/cil", "");
        level = Level::success;
        part = "aadsshlogin-selinux 1.0.2 is installed, and its module is in the policy";
    }
    SUBCASE("it has not") {
        files.add(store + "/100/ssh/cil", "");
        part = "none of its modules is active in the policy store " + store;
    }
    SUBCASE("the module is switched off") {
        files.add(store + "/400/aadsshlogin/cil", "");
        files.add(store + "/disabled/aadsshlogin", "");
        part = "none of its modules is active in the policy store " + store;
    }
    SUBCASE("another type's store does not count") {
        files.add(store + "/100/ssh/cil", "");
        files.add("/var/lib/selinux/mls/active/modules/400/aadsshlogin/cil", "");
        part = "none of its modules is active";
    }
    SUBCASE("in the store of EL 7") {
        files.add(store_of_el_7 + "/400/aadsshlogin/cil", "");
        level = Level::success;
        part = "its module is in the policy";
    }
    SUBCASE("not in the store of EL 7") {
        files.add(store_of_el_7 + "/100/ssh/cil", "");
        part = "none of its modules is active in the policy store " + store_of_el_7;
    }
    SUBCASE("what an upgrade from EL 7 has left is not asked") {
        files.add(store + "/100/ssh/cil", "");
        files.add(store_of_el_7 + "/400/aadsshlogin/cil", "");
        part = "none of its modules is active in the policy store " + store;
    }
    SUBCASE("there is no store") {
        part =
            "could not be checked: the store of the policy is neither in /var/lib/selinux nor "
            "in /etc/selinux.";
    }
    SUBCASE("without root nobody can look") {
        files.add_folder(store);
        machine.vm.fake.root = false;
        part = "could not be checked: only root can look";
    }
    const auto found = machine.one("selinux");
    CAPTURE(found.message);
    CHECK(found.level == level);
    CHECK(found.message.starts_with("SELinux is enforcing, policy targeted"));
    CHECK(contains_text(found.message, part));
}

TEST_CASE("verify: a policy for which there is no module is a warning that names it") {
    Verified machine;
    auto& files = machine.vm.fake.files;
    files.add("/sys/fs/selinux/enforce", "1");
    files.add("/etc/selinux/config", "SELINUXTYPE=mls\n");
    SUBCASE("without the package") {}
    SUBCASE("with the package") {
        machine.vm.dpkg["aadsshlogin-selinux"] = {"ii ", "1.0.2"};
        files.add("/var/lib/selinux/mls/active/modules/400/aadsshlogin/cil", "");
    }
    const auto found = machine.one("selinux");
    CHECK(found.level == Level::warning);
    CHECK(contains_text(found.message, "enforcing, policy mls"));
    CHECK(contains_text(found.message, "for the policy targeted or default and is not asked for"));
    CHECK(contains_text(found.message, "sign-in may be denied"));
}

TEST_CASE("verify: failed checks are named, warnings are not among them") {
    const std::vector<Substatus> found{{"pam", Level::error, 21, "No pam."},
                                       {"selinux", Level::warning, 0, "Hm."},
                                       {"nss", Level::error, 21, "No nss."},
                                       {"sshd", Level::success, 0, "Good."}};
    CHECK(failed_checks(found) == "pam: No pam; nss: No nss");
}

TEST_CASE("verify: sshd's complaint about its files") {
    Verified machine;
    World world = machine.vm.fake.world();
    CHECK(sshd_complaint(world).empty());
    machine.vm.fake.processes.on({"/usr/sbin/sshd", "-t"}, exits(255, "line 3:\nBad option\n"));
    CHECK(sshd_complaint(world) == "line 3: Bad option (exit code 255)");
    machine.vm.fake.files.entries.erase("/usr/sbin/sshd");
    CHECK(sshd_complaint(world).empty());
}

TEST_CASE("verify: sshd is not waited for beyond the command's time") {
    Verified machine;
    World world = machine.vm.fake.world();
    const RunContext run(world, Seconds(10));
    machine.vm.forget_history();
    verify(world, gather_facts(world, read_handler_environment(world)));
    sshd_complaint(world);
    CHECK(machine.vm.fake.processes.ran({"/usr/sbin/sshd"}) == 2);
    for (const auto& command : machine.vm.fake.processes.commands) {
        CHECK(command.limit <= Seconds(10));
    }
}
