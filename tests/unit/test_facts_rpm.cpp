// SPDX-License-Identifier: MIT
// What is found on rpm machines, and whose it is.
#include "handler/digest.hpp"
#include "handler/facts.hpp"
#include "handler/failure.hpp"
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/zypper.hpp"
#include "tests/unit/machines.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

Facts facts_of(Machine& vm) {
    World world = vm.fake.world();
    return gather_facts(world, read_handler_environment(world));
}

InstallInputs inputs_of(Machine& vm) {
    World world = vm.fake.world();
    const auto run = context(world);
    const auto facts = gather_facts(world, run.environment);
    return install_inputs(world, facts, facts.support.ladder.front(), {}, {}, run.state);
}

const std::string repo_folder = "/etc/yum.repos.d/";
const std::string shared_repo = repo_folder + "microsoft-prod.repo";
const std::string own_repo = repo_folder + "aadsshlogin-handler.repo";
const std::string shared_id = "packages-microsoft-com-prod";

std::string section(const std::string& id, const std::string& baseurl, bool enabled = true) {
    return "[" + id + "]\nbaseurl=" + baseurl + "\nenabled=" + (enabled ? "1" : "0") + "\n";
}

/// The next run finds this on record as a file of ours.
void record(Machine& vm, const std::string& path, const std::string& text) {
    World world = vm.fake.world();
    State state;
    state.record_file(path, {sha256_hex(text)});
    StateStore(world).save(state);
}

}  // namespace

TEST_CASE("facts: our rpm source takes Microsoft's name and id where nobody has them") {
    Machine vm(rhel_9);
    const auto inputs = inputs_of(vm);
    CHECK(inputs.source_file == shared_repo);
    CHECK(inputs.repository.id == shared_id);
    CHECK_FALSE(inputs.existing_source.has_value());
    CHECK_FALSE(inputs.source_in_place);
    CHECK_FALSE(inputs.keyring_in_place);
    CHECK_FALSE(inputs.keys_trusted);
    CHECK(inputs.other_sources == std::vector<std::string>{"baseos"});
    CHECK(inputs.shipped_keys == std::vector<std::string>{"microsoft.asc"});
}

TEST_CASE("facts: a name or id that is taken by something else is left alone") {
    Machine vm(rhel_9);
    SUBCASE("the file, by another repository of Microsoft's") {
        vm.fake.files.add(shared_repo,
                          section(shared_id, "https://packages.microsoft.com/rhel/8/prod/"));
    }
    SUBCASE("the file, by something of the administrator's") {
        vm.fake.files.add(shared_repo, section("mine", "https://mirror.example/x"));
    }
    SUBCASE("the file, with this repository switched off") {
        vm.fake.files.add(shared_repo, section(shared_id, rhel_9.repository, false));
    }
    SUBCASE("the file, with nothing in it") {
        vm.fake.files.add(shared_repo, "");
    }
    SUBCASE("the id, in another file, switched off") {
        vm.fake.files.add(repo_folder + "ms.repo", section(shared_id, rhel_9.repository, false));
    }
    SUBCASE("the id, in another file, for another address") {
        vm.fake.files.add(repo_folder + "ms.repo", section(shared_id, "https://mirror.example/x"));
    }
    SUBCASE("the id, in another file, with a list of mirrors") {
        vm.fake.files.add(repo_folder + "ms.repo",
                          "[" + shared_id + "]\nmirrorlist=https://mirror.example/list\n");
    }
    const auto inputs = inputs_of(vm);
    CHECK_FALSE(inputs.existing_source.has_value());
    CHECK(inputs.source_file == own_repo);
    CHECK(inputs.repository.id == own_repository_id);
    CHECK_FALSE(inputs.source_in_place);
}

TEST_CASE("facts: an rpm source that offers the repository is used, whatever it is called") {
    Machine vm(rhel_9);
    std::string file = shared_repo;
    std::string id = shared_id;
    SUBCASE("Microsoft's own file") {
        vm.fake.files.add(file, section(id, rhel_9.repository + "/"));
    }
    SUBCASE("another file and id, by another address of the same repository") {
        file = repo_folder + "mine.repo";
        id = "mine";
        vm.fake.files.add(
            file, section(id, "https://packages.microsoft.com/yumrepos/microsoft-rhel9.0-prod"));
    }
    SUBCASE("with dnf's variable") {
        vm.fake.files.add(file,
                          section(id, "https://packages.microsoft.com/rhel/$releasever/prod/"));
    }
    const auto inputs = inputs_of(vm);
    REQUIRE(inputs.existing_source.has_value());
    CHECK(inputs.existing_source->file == file);
    CHECK(inputs.existing_source->id == id);
    CHECK(inputs.other_sources == std::vector<std::string>{"baseos"});
}

TEST_CASE("facts: our own rpm source is recognised by our record, until somebody changes it") {
    Machine vm(rhel_9);
    const auto text = own_repo_text(inputs_of(vm).repository, rhel_9.keyring);
    vm.fake.files.add(shared_repo, text);
    SUBCASE("ours") {
        record(vm, shared_repo, text);
        const auto inputs = inputs_of(vm);
        CHECK(inputs.source_file == shared_repo);
        CHECK(inputs.repository.id == shared_id);
        CHECK(inputs.source_in_place);
        CHECK_FALSE(inputs.existing_source.has_value());
    }
    SUBCASE("the same text without a record: somebody else's, and used") {
        const auto inputs = inputs_of(vm);
        REQUIRE(inputs.existing_source.has_value());
        CHECK(inputs.existing_source->file == shared_repo);
    }
    SUBCASE("changed, but it still offers the repository") {
        record(vm, shared_repo, text);
        vm.fake.files.add(shared_repo, text + "priority=1\n");
        CHECK(inputs_of(vm).existing_source.has_value());
    }
    SUBCASE("changed: switched off") {
        record(vm, shared_repo, text);
        vm.fake.files.add(shared_repo, section(shared_id, rhel_9.repository, false));
        const auto inputs = inputs_of(vm);
        CHECK_FALSE(inputs.existing_source.has_value());
        CHECK(inputs.source_file == own_repo);
        CHECK(inputs.repository.id == own_repository_id);
    }
    SUBCASE("an older text of ours is replaced") {
        const std::string older = section(shared_id, "https://packages.microsoft.com/rhel/8/prod");
        record(vm, shared_repo, older);
        vm.fake.files.add(shared_repo, older);
        const auto inputs = inputs_of(vm);
        CHECK(inputs.source_file == shared_repo);
        CHECK_FALSE(inputs.existing_source.has_value());
        CHECK_FALSE(inputs.source_in_place);
    }
}

TEST_CASE("facts: our own name for a source is nobody else's") {
    Machine vm(rhel_9);
    vm.fake.files.add(shared_repo, section("mine", "https://mirror.example/x"));
    auto repository = inputs_of(vm).repository;
    const auto text = own_repo_text(repository, rhel_9.keyring);
    vm.fake.files.add(own_repo, text);
    const auto inputs = inputs_of(vm);
    CHECK(inputs.source_file == own_repo);
    CHECK(inputs.repository.id == own_repository_id);
    CHECK(inputs.source_in_place);
    CHECK(inputs.other_sources == std::vector<std::string>{"mine", "baseos"});
}

TEST_CASE("facts: a repository that a package of the distribution describes keeps its id") {
    FakeWorld fake;
    const std::string id = "azurelinux-official-ms-non-oss";
    fake.files.add("/etc/os-release", test_data("os-release/azurelinux-3"));
    fake.files.add("/usr/bin/tdnf", "ELF", 0755);
    fake.processes.on({"rpm"}, exits(0));
    for (const std::string lines : {"enabled=0\n", "baseurl=https://mirror.example/x\n"}) {
        CAPTURE(lines);
        fake.files.add("/etc/yum.repos.d/ms-non-oss.repo",
                       section(id, "https://x.example") + lines);
        World world = fake.world();
        const auto facts = gather_facts(world, {});
        const auto inputs = install_inputs(world, facts, facts.support.ladder.front(), {}, {}, {});
        CHECK(inputs.repository.id == id);
        CHECK_FALSE(inputs.existing_source.has_value());
    }
}

TEST_CASE("facts: the tool is the row's, though programs of others are there") {
    FakeWorld fake;
    World world = fake.world();
    CHECK(machine_tool(world) == nullptr);
    fake.files.add("/usr/bin/apt-get", "ELF", 0755);
    CHECK(machine_tool(world) == &apt);  // os-release tells nothing
    fake.files.add("/etc/os-release", test_data("os-release/sles-15.6"));
    CHECK(machine_tool(world) == &apt);  // zypper is not there
    for (const char* program : {"/usr/bin/yum", "/usr/bin/dnf", "/usr/bin/zypper"}) {
        fake.files.add(program, "ELF", 0755);
    }
    CHECK(machine_tool(world) == &zypper);
    fake.files.add("/etc/os-release", test_data("os-release/rhel-9.6"));
    CHECK(machine_tool(world) == &dnf);
}

TEST_CASE("facts: keys in rpm's database") {
    Machine vm(rhel_9);
    const auto keys = inputs_of(vm).accepted_keys;
    REQUIRE(keys.size() == 1);
    vm.dpkg["gpg-pubkey-00000000"] = {};
    CHECK_FALSE(inputs_of(vm).keys_trusted);
    vm.dpkg[key_package(keys[0])] = {};
    CHECK(inputs_of(vm).keys_trusted);
    CHECK_FALSE(inputs_of(vm).keyring_in_place);  // gpgkey names a file, too
}

TEST_CASE("facts: systems whose packages no tool changes are told by what only they have") {
    Machine vm(rhel_9);
    CHECK(facts_of(vm).immutable.empty());
    SUBCASE("ostree") {
        vm.fake.files.add("/run/ostree-booted", "");
        CHECK(contains_text(facts_of(vm).immutable, "ostree"));
    }
    SUBCASE("transactional-update") {
        vm.fake.files.add("/usr/sbin/transactional-update", "");
        CHECK(contains_text(facts_of(vm).immutable, "/usr/sbin/transactional-update is there"));
    }
    SUBCASE("a read-only /usr") {
        vm.fake.files.read_only_paths.insert("/usr");
        CHECK(contains_text(facts_of(vm).immutable, "/usr is mounted read-only"));
    }
}

TEST_CASE("facts: an immutable system without a row is told why before its name") {
    Machine vm(rhel_9);
    vm.fake.files.add("/etc/os-release", "ID=flatcar\nNAME=\"Flatcar\"\n");
    vm.fake.files.read_only_paths.insert("/usr");
    FakeWorld fake;
    fake.files.entries = vm.fake.files.entries;
    fake.files.read_only_paths = vm.fake.files.read_only_paths;
    fake.machine = "x86_64";
    try {
        find_support(fake.world());
        FAIL("it was served");
    } catch (const Failure& failure) {
        CHECK(failure.code == ExitCode::unsupported);
        CHECK(contains_text(failure.message(), "read-only"));
        CHECK(contains_text(failure.message(), "Flatcar"));
    }
}
