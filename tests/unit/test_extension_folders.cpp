// SPDX-License-Identifier: MIT
// Beside another publisher's extension that installs the same package.
#include "handler/extension_folders.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

const std::string agent = "/var/lib/waagent/";
const std::string other = "Contoso.Identity.AADSSHLoginForLinux";

void beside(Machine& vm, const std::string& folder, const std::string& state) {
    vm.fake.files.add(agent + folder + "/config/HandlerState", state);
}

}  // namespace

TEST_CASE("other extension: one in use is a warning, and nothing is turned red") {
    Machine vm(debian_12);
    beside(vm, other + "-1.0.3041.1", "Enabled\n");
    CHECK(vm.command("install").code == 0);
    CHECK(vm.check_level("other-extension") == "warning");
    CHECK(contains_text(vm.check("other-extension"), other + " 1.0.3041.1 (Enabled)"));
    CHECK(contains_text(vm.check("other-extension"), "az vm extension delete"));
    CHECK(vm.command("enable").code == 0);
    CHECK(vm.check_level("other-extension") == "warning");
    CHECK(contains_text(vm.command("plan").out, "other-extension warning"));
}

TEST_CASE("other extension: what is none") {
    Machine vm(debian_12);
    SUBCASE("another version of ourselves, as in every update") {
        beside(vm, "Microsoft.Azure.ActiveDirectory.AADSSHLoginForLinux-0.9.0", "Enabled");
    }
    SUBCASE("one that is not installed") {
        beside(vm, other + "-1.0", "NotInstalled");
    }
    SUBCASE("one that does something else") {
        beside(vm, "Contoso.Identity.AADSSHLoginForLinuxReport-1.0", "Enabled");
    }
    SUBCASE("its zip") {
        vm.fake.files.add(agent + other + "-1.0", "PK");
    }
    CHECK(vm.command("install").code == 0);
    CHECK(vm.check("other-extension") == "(none)");
    const auto ended = vm.command("uninstall");
    CHECK(contains_text(ended.out, "Removed: aadsshlogin"));
}

TEST_CASE(
    "other extension: we are none to ourselves, also when the agent's file and variable lack") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    vm.fake.environment.erase("AZURE_GUEST_AGENT_EXTENSION_PATH");
    vm.fake.files.entries.erase(vm.folder + "/HandlerEnvironment.json");
    vm.fake.files.add(vm.folder + "/config/HandlerState", "Enabled");
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "Removed: aadsshlogin"));
    CHECK(vm.version("aadsshlogin") == "(absent)");
}

TEST_CASE("other extension: the shorter name that some tools use counts, too") {
    Machine vm(debian_12);
    beside(vm, "Contoso.AADSSHLogin-2.0", "Installed");
    CHECK(vm.command("install").code == 0);
    CHECK(vm.check_level("other-extension") == "warning");
}

TEST_CASE("other extension: at our removal what both use stays, and is said to") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    const auto working = vm.system();
    beside(vm, other + "-1.0.3041.1", "Enabled");
    const auto ended = vm.command("uninstall");
    CHECK(ended.code == 0);
    CHECK(contains_text(ended.out, "Nothing was removed"));
    CHECK(contains_text(ended.out, other + " 1.0.3041.1"));
    CHECK(contains_text(ended.out, "aadsshlogin, "));
    CHECK(contains_text(ended.out, vm.own_source()));
    CHECK(vm.version("aadsshlogin") == "1.0.2");
    CHECK(vm.system() == working);

    // It may be this very program under another publisher, which removes by the same record.
    beside(vm, other + "-1.0.3041.1", "NotInstalled");
    CHECK(contains_text(vm.command("uninstall").out, "Removed: aadsshlogin"));
    CHECK_FALSE(vm.fake.files.has("/var/lib/aadsshlogin-handler"));
}
