// SPDX-License-Identifier: MIT
#include "handler/digest.hpp"
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/openpgp.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace aadssh;

namespace {

const std::string legacy_folder =
    "/var/lib/waagent/Microsoft.Azure.ActiveDirectory.LinuxSSH.AADLoginForLinux-1.0.1588.3";

Facts facts_of(Machine& vm) {
    World world = vm.fake.world();
    return gather_facts(world, read_handler_environment(world));
}

InstallInputs inputs_of(Machine& vm, const Settings& settings = {}) {
    World world = vm.fake.world();
    const auto run = context(world);
    const auto facts = gather_facts(world, run.environment);
    return install_inputs(world, facts, facts.support.ladder.front(), settings, {}, run.state);
}

ExitCode refusal(const Machine& vm, const std::string& machine, std::string& message) {
    FakeWorld fake;
    fake.files.entries = vm.fake.files.entries;
    fake.machine = machine;
    try {
        find_support(fake.world());
    } catch (const Failure& failure) {
        message = failure.message();
        return failure.code;
    }
    return ExitCode::ok;
}

}  // namespace

TEST_CASE("facts: the machine's distribution, package and repositories") {
    Machine vm(ubuntu_24_04);
    const auto facts = facts_of(vm);
    CHECK(facts.support.distribution == "Ubuntu 24.04 (noble), amd64");
    CHECK(facts.support.ladder.front().url == ubuntu_24_04.repository);
    CHECK(facts.login.status == PackageState::Status::absent);
    CHECK(facts.legacy.empty());
    CHECK_FALSE(facts.selinux.in_use);
    CHECK_FALSE(facts.ca_bundle_missing);
    CHECK(facts.unread.empty());
    CHECK(vm.package_manager_commands().empty());
}

TEST_CASE("facts: os-release is read from /usr/lib where /etc has none") {
    Machine vm(debian_12);
    vm.fake.files.entries["/usr/lib/os-release"] = vm.fake.files.entries["/etc/os-release"];
    vm.fake.files.entries.erase("/etc/os-release");
    CHECK(facts_of(vm).support.codename == "bookworm");
}

TEST_CASE("facts: what has no row is 51 with the list of what has one") {
    Machine vm(debian_12);
    std::string message;
    SUBCASE("another distribution") {
        vm.fake.files.add("/etc/os-release", "ID=arch\nNAME=\"Arch Linux\"\n");
        CHECK(refusal(vm, "x86_64", message) == ExitCode::unsupported);
        CHECK(contains_text(message, "Arch Linux"));
        CHECK(contains_text(message, "Debian 9 to 13"));
    }
    SUBCASE("no os-release at all") {
        vm.fake.files.entries.erase("/etc/os-release");
        CHECK(refusal(vm, "x86_64", message) == ExitCode::unsupported);
    }
    SUBCASE("another processor") {
        CHECK(refusal(vm, "riscv64", message) == ExitCode::unsupported);
        CHECK(contains_text(message, "riscv64"));
    }
    SUBCASE("no package manager is 52") {
        vm.fake.files.entries.erase("/usr/bin/apt-get");
        CHECK(refusal(vm, "x86_64", message) == ExitCode::missing_dependency);
        CHECK(contains_text(message, "/usr/bin/apt-get"));
    }
}

TEST_CASE("facts: the legacy package blocks unless only its configuration is left") {
    Machine vm(debian_12);
    vm.dpkg["aadlogin"] = {"rc ", "1.0.016050002"};
    CHECK(facts_of(vm).legacy.empty());

    vm.dpkg["aadlogin"] = {"iF ", "1.0.016050002"};
    vm.dpkg["aadlogin-selinux"] = {"ii ", "1.0.016050002"};
    const auto legacy = facts_of(vm).legacy;
    REQUIRE(legacy.size() == 2);
    CHECK(legacy[0].blocks);
    CHECK(contains_text(legacy[0].what, "aadlogin 1.0.016050002"));
    CHECK(contains_text(legacy[0].removal, "aadlogin"));
}

TEST_CASE("facts: the legacy extension's folder blocks only while it is installed or enabled") {
    struct Row {
        const char* state;
        bool blocks;
    };
    for (const auto& row :
         {Row{"Installed", true}, Row{"Enabled\n", true}, Row{"NotInstalled", false}}) {
        CAPTURE(row.state);
        Machine vm(debian_12);
        vm.fake.files.add(legacy_folder + "/config/HandlerState", row.state);
        const auto legacy = facts_of(vm).legacy;
        REQUIRE(legacy.size() == 1);
        CHECK(legacy[0].blocks == row.blocks);
    }
    Machine bare(debian_12);
    bare.fake.files.add_folder(legacy_folder);
    bare.fake.files.add(legacy_folder + ".zip", "PK");
    const auto legacy = facts_of(bare).legacy;
    REQUIRE(legacy.size() == 1);
    CHECK_FALSE(legacy[0].blocks);
    CHECK(legacy[0].removal == "on the VM, as root: rm -r " + legacy_folder);
}

TEST_CASE("facts: SELinux is in use when the kernel says so") {
    Machine vm(debian_12);
    vm.fake.files.add("/etc/selinux/config", "SELINUXTYPE=targeted\n");
    CHECK_FALSE(facts_of(vm).selinux.in_use);
    CHECK(inputs_of(vm).packages == std::vector<std::string>{"aadsshlogin"});

    vm.fake.files.add("/sys/fs/selinux/enforce", "1");
    const auto selinux = facts_of(vm).selinux;
    CHECK(selinux.in_use);
    CHECK(selinux.detail == "enforcing, policy targeted");
    const auto inputs = inputs_of(vm);
    CHECK(inputs.packages == std::vector<std::string>{"aadsshlogin-selinux", "aadsshlogin"});
    CHECK(inputs.optional_packages == std::vector<std::string>{"aadsshlogin-selinux"});

    vm.fake.files.add("/sys/fs/selinux/enforce", "0");
    vm.fake.files.entries.erase("/etc/selinux/config");
    CHECK(facts_of(vm).selinux.detail == "permissive, policy targeted");
    CHECK(facts_of(vm).selinux.wants_package);
}

TEST_CASE("facts: aadsshlogin-selinux is asked for only where it has a module for the policy") {
    struct Row {
        const Distribution& distribution;
        std::string type;
        bool asked_for;
    };
    for (const auto& row : {Row{rhel_9, "targeted", true},
                            Row{rhel_9, "mls", false},
                            Row{rhel_9, "minimum", false},
                            Row{rhel_9, "default", false},
                            Row{debian_12, "targeted", true},
                            Row{debian_12, "default", true},
                            Row{debian_12, "mls", false},
                            Row{ubuntu_24_04, "default", true}}) {
        CAPTURE(row.type);
        Machine vm(row.distribution);
        vm.fake.files.add("/sys/fs/selinux/enforce", "1");
        vm.fake.files.add("/etc/selinux/config",
                          fmt::format("SELINUX=enforcing\nSELINUXTYPE={} \n", row.type));
        const auto selinux = facts_of(vm).selinux;
        CHECK(selinux.in_use);
        CHECK(selinux.policy == row.type);
        const auto inputs = inputs_of(vm);
        CHECK(inputs.packages.front() == (row.asked_for ? "aadsshlogin-selinux" : "aadsshlogin"));
        CHECK(inputs.optional_packages.size() == (row.asked_for ? 1 : 0));
    }
}

TEST_CASE("facts: every enabled source is read, and what cannot be read is said") {
    Machine vm(debian_12);
    const std::string folder = "/etc/apt/sources.list.d/";
    vm.fake.files.add(folder + "a.list", "deb https://a.example/x stable main\n");
    vm.fake.files.add(folder + "b.sources",
                      "Types: deb\nURIs: https://b.example\nSuites: s\nComponents: main\n");
    vm.fake.files.add(folder + "c.list.save", "deb https://c.example/x stable main\n");
    vm.fake.files.answers[folder + "d.list"] = {FileText::State::denied, "", "Permission denied"};
    vm.fake.files.add(folder + "d.list", "");
    World world = vm.fake.world();
    std::vector<std::string> unread;
    const auto sources = read_sources(world, apt, unread);
    REQUIRE(sources.size() == 3);
    CHECK(sources[0].file == "/etc/apt/sources.list");
    CHECK(sources[1].uris.front() == "https://a.example/x");
    CHECK(sources[2].uris.front() == "https://b.example");
    CHECK(unread == std::vector<std::string>{folder + "d.list (Permission denied)"});
}

TEST_CASE("facts: a source is ours by its name, or by our record as long as nobody changed it") {
    Machine vm(debian_12);
    const std::string shared = "/etc/yum.repos.d/microsoft-prod.repo";
    vm.fake.files.add(shared, "[packages-microsoft-com-prod]\n");
    World world = vm.fake.world();
    State state;
    CHECK(is_ours(world, apt, vm.own_source(), state));
    CHECK_FALSE(is_ours(world, dnf, shared, state));
    state.record_file(shared, {sha256_hex("[packages-microsoft-com-prod]\n")});
    CHECK(is_ours(world, dnf, shared, state));
    vm.fake.files.add(shared, "[packages-microsoft-com-prod]\nenabled=0\n");
    CHECK_FALSE(is_ours(world, dnf, shared, state));
}

TEST_CASE("facts: an existing source for the repository is found in any spelling") {
    Machine vm(debian_12);
    CHECK_FALSE(inputs_of(vm).existing_source.has_value());
    const std::string file = "/etc/apt/sources.list.d/microsoft-prod.list";
    vm.fake.files.add(
        file, "deb [arch=amd64] http://Packages.Microsoft.com/debian/12/prod/ bookworm main\n");
    const auto inputs = inputs_of(vm);
    REQUIRE(inputs.existing_source.has_value());
    CHECK(inputs.existing_source->file == file);
}

TEST_CASE(
    "facts: a keyring is ours to write only when it is missing or an incomplete one of ours") {
    Machine vm(debian_12);
    const std::string keyring = debian_12.keyring;
    CHECK_FALSE(inputs_of(vm).keyring_in_place);

    vm.fake.files.add(keyring, "somebody else's");
    CHECK(inputs_of(vm).keyring_in_place);

    const auto inputs = inputs_of(vm);
    CHECK(inputs.keyring == keyring);
    CHECK(inputs.shipped_keys.size() == 2);
    CHECK(inputs.accepted_keys.size() == 2);

    World world = vm.fake.world();
    State state;
    state.record_file(keyring,
                      {sha256_hex("somebody else's")});  // what we wrote, and it lacks a key
    StateStore(world).save(state);
    CHECK_FALSE(inputs_of(vm).keyring_in_place);
}

TEST_CASE("facts: a keyring of ours holds the wanted keys and no other") {
    Machine vm(debian_12);
    vm.set_up_by_us();
    CHECK(inputs_of(vm).keyring_in_place);
    const std::string keyring = debian_12.keyring;
    const auto withdrawn = vm.fake.files.text(keyring) + key_file("withdrawn");
    vm.fake.files.add(keyring, withdrawn);
    CHECK(inputs_of(vm).keyring_in_place);  // changed since: the administrator's

    World world = vm.fake.world();
    auto state = context(world).state;
    state.record_file(keyring, {sha256_hex(withdrawn)});
    StateStore(world).save(state);
    CHECK_FALSE(inputs_of(vm).keyring_in_place);

    Settings settings;
    settings.key_url = "https://mirror.example/key.asc";
    settings.signing_keys = {fingerprint_of(key_file("withdrawn")),
                             std::string(pinned_keys[0].fingerprint)};
    CHECK(inputs_of(vm, settings).keyring_in_place);  // named, and one of Microsoft's named again
}

TEST_CASE("facts: extra fingerprints are accepted only together with the address of their key") {
    Machine vm(debian_12);
    Settings settings;
    settings.signing_keys = {std::string(40, 'A')};
    CHECK(inputs_of(vm, settings).accepted_keys.size() == 2);
    settings.key_url = "https://mirror.example/key.asc";
    const auto inputs = inputs_of(vm, settings);
    CHECK(inputs.key_url == settings.key_url);
    REQUIRE(inputs.accepted_keys.size() == 3);
    CHECK(inputs.accepted_keys.back() == std::string(40, 'A'));
}

TEST_CASE("facts: older releases have no Signed-By and a key in apt's common folder") {
    Machine vm(debian_11);
    const auto inputs = inputs_of(vm);
    CHECK(inputs.signed_by.empty());
    CHECK(inputs.keyring == "/etc/apt/trusted.gpg.d/aadsshlogin-handler.gpg");
}

TEST_CASE("facts: a machine without CA certificates") {
    Machine vm(debian_12);
    vm.fake.files.entries.erase("/etc/ssl/certs/ca-certificates.crt");
    CHECK(facts_of(vm).ca_bundle_missing);
    CHECK(inputs_of(vm).ca_bundle_missing);
}
