// SPDX-License-Identifier: MIT
#include "handler/advice.hpp"
#include "installers/text.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace aadssh;

namespace {

struct Advice {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run = context(world);

    Advice() {
        sshd_says("");
        vm.fake.processes.on({"/usr/sbin/sshd", "-V"}, exits(0, "OpenSSH_9.2p1 Debian-2\n"));
    }
    void sshd_says(const std::string& lines) {
        vm.fake.processes.on({"/usr/sbin/sshd", "-T"},
                             exits(0, "port 22\nusepam yes\npubkeyauthentication yes\n" + lines));
    }
    std::vector<std::string> names() {
        run.checks.clear();
        note_advice(run, RunSshd::make);
        std::vector<std::string> names;
        std::ranges::transform(run.checks, std::back_inserter(names), &Substatus::name);
        for (const auto& one : run.checks) {
            CHECK(one.level == Substatus::Level::warning);
            CHECK(one.message.ends_with("."));
        }
        return names;
    }
    std::string only(const std::string& name) {
        const auto found = names();
        REQUIRE(found == std::vector<std::string>{name});
        return run.checks.front().message;
    }
};

}  // namespace

TEST_CASE("advice: an ordinary machine gets none, and no package manager is started") {
    Advice advice;
    CHECK(advice.names().empty());
    CHECK(advice.vm.package_manager_commands().empty());
    CHECK(advice.vm.fake.files.operations.empty());
}

TEST_CASE("advice: limits on who may sign in are named with file and line") {
    for (const std::string option : {"AllowGroups", "DenyGroups", "AllowUsers", "DenyUsers"}) {
        CAPTURE(option);
        Advice advice;
        const auto printed = lower(option);
        advice.sshd_says(fmt::format("{0} sshusers\n{0} wheel\n", printed));
        advice.vm.fake.files.add("/etc/ssh/sshd_config.d/50-cis.conf",
                                 fmt::format("X11Forwarding no\n{} sshusers wheel\n", option));
        const auto text = advice.only("sshd-access");
        CHECK(contains_text(text, option + " (/etc/ssh/sshd_config.d/50-cis.conf line 2)"));
    }
    Advice elsewhere;
    elsewhere.sshd_says("allowgroups a\n");
    CHECK(contains_text(elsewhere.only("sshd-access"), "in none of the files"));
}

TEST_CASE("advice: what shuts out a public key or PAM") {
    struct Row {
        const char* lines;
        const char* said;  ///< empty: nothing
    };
    for (const auto& row : {Row{"authenticationmethods publickey\n", ""},
                            Row{"authenticationmethods any\n", ""},
                            Row{"authenticationmethods password publickey\n", ""},
                            Row{"authenticationmethods publickey,password\n",
                                "AuthenticationMethods publickey,password"},
                            Row{"authenticationmethods keyboard-interactive\n",
                                "AuthenticationMethods keyboard-interactive"}}) {
        CAPTURE(row.lines);
        Advice advice;
        advice.sshd_says(row.lines);
        if (*row.said == '\0') {
            CHECK(advice.names().empty());
        } else {
            CHECK(contains_text(advice.only("sshd-options"), row.said));
        }
    }
    Advice advice;
    advice.vm.fake.files.add("/etc/ssh/sshd_config", "Port 22\nUsePAM no\n");
    advice.vm.fake.processes.on({"/usr/sbin/sshd", "-T"},
                                exits(0, "UsePAM no\nPubkeyAuthentication no\n"));
    const auto text = advice.only("sshd-options");
    CHECK(contains_text(text, "UsePAM no (/etc/ssh/sshd_config line 2)"));
    CHECK(contains_text(text, "PubkeyAuthentication no ("));
}

TEST_CASE("advice: OpenSSH before 7.8") {
    Advice advice;
    advice.vm.fake.processes.on({"/usr/sbin/sshd", "-V"},
                                exits(1, "unknown option -- V\nOpenSSH_7.4p1, OpenSSL 1.0.2k\n"));
    CHECK(contains_text(advice.only("sshd-version"), "OpenSSH is 7.4"));
    advice.vm.fake.processes.on({"/usr/sbin/sshd", "-V"}, exits(1, "OpenSSH_7.8p1\n"));
    CHECK(advice.names().empty());
}

TEST_CASE("advice: other identity systems") {
    struct Row {
        const char* file;
        const char* module;
        const char* name;
    };
    for (const auto& row : {Row{"/etc/centrifydc/centrifydc.conf", "", "Centrify"},
                            Row{"/etc/sssd/sssd.conf", "pam_sss.so", "SSSD"},
                            Row{"", "pam_winbind.so", "winbind"},
                            Row{"/etc/himmelblau/himmelblau.conf", "", "himmelblau"},
                            Row{"", "pam_himmelblau.so", "himmelblau"},
                            Row{"/etc/aad.conf", "", "aad-auth"}}) {
        CAPTURE(row.name);
        Advice advice;
        if (*row.file != '\0') {
            advice.vm.fake.files.add(row.file, "x\n");
        }
        if (*row.module != '\0') {
            advice.vm.fake.files.add("/etc/pam.d/common-auth",
                                     std::string("auth sufficient ") + row.module + "\n");
        }
        CHECK(contains_text(advice.only("identity-systems"), row.name));
    }
    // Red Hat's default profile has SSSD's module on machines without SSSD.
    Advice unused;
    unused.vm.fake.files.add("/etc/pam.d/common-auth", "auth sufficient pam_sss.so\n");
    CHECK(unused.names().empty());
}

TEST_CASE("advice: a node of AKS") {
    Advice advice;
    advice.vm.fake.files.add("/etc/kubernetes/azure.json", "{}");
    CHECK(advice.names().empty());  // also on clusters that are not AKS
    advice.vm.fake.files.add_folder("/opt/azure/containers");
    CHECK(contains_text(advice.only("aks"), "AKS"));
}

TEST_CASE("advice: install and enable give it, and stay green") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/aad.conf", "x\n");
    for (const char* command : {"install", "enable"}) {
        CAPTURE(command);
        CHECK(vm.command(command).code == 0);
        CHECK(vm.status().string("/0/status/status") == "success");
        CHECK(vm.check_level("identity-systems") == "warning");
    }
}
