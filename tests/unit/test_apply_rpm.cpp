// SPDX-License-Identifier: MIT
// apply(): what only the plans of rpm distributions ask for.
#include "handler/apply.hpp"
#include "handler/failure.hpp"
#include "installers/dnf.hpp"
#include "installers/tdnf.hpp"
#include "installers/zypper.hpp"
#include "tests/unit/machines.hpp"
#include "tests/unit/plans.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <utility>

using namespace aadssh;

namespace {

using Names = std::vector<std::string>;

/// A machine with rpm whose keyring holds two keys.
struct Keys {
    Machine vm{rhel_9};
    World world = vm.fake.world();
    RunContext run = context(world);
    std::string path = "/etc/pki/rpm-gpg/KEYS";
    Fingerprint first = fingerprint_of(key_file("first"));
    Fingerprint second = fingerprint_of(key_file("second"));
    std::string state_at_import;

    Keys() {
        vm.fake.files.add(path, key_file("first") + key_file("second"));
        vm.forget_history();
    }

    Applied import() {
        const ImportKeys step{
            .path = path, .keys = {first, second}, .argv = {"rpm", "--import", path}};
        return apply(run, dnf, {.title = "Test", .steps = {step}, .notes = {}});
    }
    bool imported() const { return vm.fake.processes.ran({"rpm", "--import"}) != 0; }
    bool recorded(const Fingerprint& key) const {
        return contains_text(vm.state_text(), "\"" + key_package(key) + "\"");
    }
};

RunTool dnf_run(ToolRun kind) {
    return tool(kind, {"dnf", "-y", "makecache"});
}

/// One step of this tool on a machine where another holds its lock until the given poll.
struct Locked {
    Machine vm{rhel_9};
    World world = vm.fake.world();
    RunContext run{world, Seconds(840)};
    std::optional<ExitCode> code;

    Locked(const PackageTool& which, ToolRun kind, std::size_t free_after) {
        vm.fake.processes.on({std::string(which.name)}, exits(0));
        vm.fake.files.lock_holders[std::string(which.locks[0].path)] = 9;
        vm.fake.processes.names[9] = "other";
        vm.fake.clock.at_sleep = [this, free_after] {
            if (vm.fake.clock.sleeps.size() == free_after) {
                vm.fake.files.lock_holders.clear();
            }
        };
        try {
            apply(run,
                  which,
                  {.title = "Test",
                   .steps = {tool(kind, {std::string(which.name), "x"})},
                   .notes = {}});
        } catch (const Failure& failure) {
            code = failure.code;
        }
    }
    std::size_t runs() const { return vm.fake.processes.commands.size(); }
    std::size_t sleeps() const { return vm.fake.clock.sleeps.size(); }
};

}  // namespace

TEST_CASE("keys: those that the database holds are not imported and not ours") {
    Keys keys;
    keys.vm.dpkg[key_package(keys.first)] = {};
    keys.vm.dpkg[key_package(keys.second)] = {};
    CHECK(keys.import().outcome == Outcome::ok);
    CHECK_FALSE(keys.imported());
    CHECK(keys.run.state.packages.empty());
    CHECK(keys.vm.fake.files.operations.empty());
}

TEST_CASE("keys: they are on record before rpm takes them, and stay on it") {
    Keys keys;
    keys.vm.fake.processes.on_call({"rpm", "--import"}, [&](const Command& command) {
        keys.state_at_import = keys.vm.state_text();
        CHECK(command.argv.back() == keys.path);
        keys.vm.dpkg[key_package(keys.first)] = {};
        keys.vm.dpkg[key_package(keys.second)] = {};
        return exits(0);
    });
    CHECK(keys.import().outcome == Outcome::ok);
    for (const Fingerprint& key : {keys.first, keys.second}) {
        CHECK(contains_text(keys.state_at_import, key_package(key)));
        CHECK(keys.recorded(key));
    }
    CHECK(keys.vm.fake.processes.detached.size() == 1);  // like any transaction
    CHECK_FALSE(keys.run.state.transaction.has_value());
}

TEST_CASE("keys: only the one that was not there before becomes ours") {
    Keys keys;
    keys.vm.dpkg[key_package(keys.first)] = {};
    CHECK(keys.import().outcome == Outcome::ok);
    CHECK(keys.imported());
    CHECK(keys.run.state.packages == Names{key_package(keys.second)});
}

TEST_CASE("keys: without a record none is imported") {
    Keys keys;
    keys.vm.fake.files.refused[state_folder] = "No space left on device";
    CHECK_THROWS_AS(keys.import(), Failure);
    CHECK_FALSE(keys.imported());
}

TEST_CASE("keys: when none is taken the signature counts as refused, and none is ours") {
    Keys keys;
    keys.vm.refused_keys = {key_package(keys.first), key_package(keys.second)};
    const auto applied = keys.import();
    CHECK(applied.outcome == Outcome::signature);
    CHECK(contains_text(applied.words, "key 1 import failed"));
    CHECK(contains_text(applied.purpose, keys.path));
    CHECK(keys.run.state.packages.empty());
    CHECK_FALSE(keys.recorded(keys.first));
    CHECK_FALSE(keys.recorded(keys.second));
}

TEST_CASE("keys: rpm's word for it does not count, the database does") {
    Keys keys;
    SUBCASE("0, but none is there") {
        keys.vm.fake.processes.on({"rpm", "--import"}, exits(0));
        CHECK(keys.import().outcome == Outcome::signature);
    }
    SUBCASE("1, but both are there") {
        keys.vm.fake.processes.on_call({"rpm", "--import"}, [&](const Command&) {
            keys.vm.dpkg[key_package(keys.first)] = {};
            keys.vm.dpkg[key_package(keys.second)] = {};
            return exits(1, "warning: something else\n");
        });
        CHECK(keys.import().outcome == Outcome::ok);
        CHECK(keys.run.state.packages.size() == 2);
    }
    SUBCASE("the disk is full") {
        keys.vm.fake.processes.on({"rpm", "--import"}, exits(1, "No space left on device\n"));
        CHECK(keys.import().outcome == Outcome::no_space);
        CHECK(keys.run.state.packages.empty());
    }
}

TEST_CASE("keys: one of two is enough") {
    Keys keys;
    keys.vm.refused_keys = {key_package(keys.first)};
    CHECK(keys.import().outcome == Outcome::ok);
    CHECK(keys.run.state.packages == Names{key_package(keys.second)});
    CHECK_FALSE(keys.recorded(keys.first));

    // One was there before, the other is refused: what is there is not ours.
    Keys half;
    half.vm.dpkg[key_package(half.first)] = {};
    half.vm.refused_keys = {key_package(half.second)};
    CHECK(half.import().outcome == Outcome::ok);
    CHECK(half.run.state.packages.empty());
}

TEST_CASE("keys: an import that outlives the deadline is left running, and its keys on record") {
    Keys keys;
    auto endless = exits(0);
    endless.timed_out = true;
    keys.vm.fake.processes.on({"rpm", "--import"}, endless);
    CHECK_THROWS_AS(keys.import(), Failure);
    CHECK(keys.run.state.transaction.has_value());
    CHECK(keys.recorded(keys.first));
    CHECK(keys.recorded(keys.second));
}

TEST_CASE("locks: a tool that waits without an end is not started while its lock is held") {
    for (const ToolRun kind :
         {ToolRun::query, ToolRun::refresh, ToolRun::download, ToolRun::transaction}) {
        CAPTURE(tool_run_name(kind));
        const Locked brief(tdnf, kind, 3);
        CHECK_FALSE(brief.code.has_value());
        CHECK(brief.sleeps() == 3);
        CHECK(brief.runs() == 1);

        const Locked for_ever(tdnf, kind, 1'000'000);
        CHECK(for_ever.code == ExitCode::package_manager_locked);
        CHECK(for_ever.runs() == 0);
    }
}

TEST_CASE("locks: one taken just before such a tool looks is named when time is up") {
    Machine vm(rhel_9);
    World world = vm.fake.world();
    RunContext run(world, Seconds(840));
    vm.fake.processes.on_call({"tdnf"}, [&](const Command& command) {
        vm.fake.files.lock_holders[std::string(tdnf.locks[0].path)] = 9;
        vm.fake.processes.names[9] = "other";
        vm.fake.clock.sleep(command.limit);
        auto cut_off = exits(0);
        cut_off.timed_out = true;
        return cut_off;
    });
    const auto step = tool(ToolRun::refresh, {"tdnf", "makecache"});
    try {
        apply(run, tdnf, {.title = "Test", .steps = {step}, .notes = {}});
        FAIL("no failure");
    } catch (const Failure& failure) {
        CHECK(failure.code == ExitCode::package_manager_locked);
        CHECK(contains_text(failure.message(), "pid 9 (other)"));
    }
}

TEST_CASE("locks: a live dnf's pid file keeps a transaction waiting, a stale one does not") {
    for (const char* file : {"/var/cache/dnf/metadata_lock.pid",
                             "/var/cache/dnf/download_lock.pid",
                             "/var/lib/dnf/rpmdb_lock.pid"}) {
        CAPTURE(file);
        Machine vm(rhel_9);
        World world = vm.fake.world();
        RunContext run(world, Seconds(840));
        vm.fake.processes.on({"dnf"}, exits(0));
        vm.fake.processes.names[147] = "dnf";
        vm.fake.files.add(file, "147");
        const Plan plan{.title = "Test", .steps = {dnf_run(ToolRun::transaction)}, .notes = {}};
        CHECK(apply(run, dnf, plan).outcome == Outcome::ok);
        CHECK(vm.fake.clock.sleeps.empty());
        vm.fake.files.add("/proc/147/stat", "147 (dnf) S");
        try {
            apply(run, dnf, plan);
            FAIL("no failure");
        } catch (const Failure& failure) {
            CHECK(failure.code == ExitCode::package_manager_locked);
            CHECK(
                contains_text(failure.message(), std::string(file) + " is held by pid 147 (dnf)"));
        }
    }
}

TEST_CASE("pin: what is there already, or is all too new, starts nothing") {
    const auto search = [](const std::string& versions) {
        std::string table;
        for (const char version : versions) {
            table += fmt::format("v | aadsshlogin | package | 1.0.{}-1 | x86_64 | microsoft\n",
                                 version == 'n' ? "033070001" : "027980001");
        }
        return table;
    };
    RunTool query = tool(ToolRun::query, {"zypper", "search"});
    query.package = "aadsshlogin";
    query.not_after = "1.0.027980001";
    RunTool install = tool(ToolRun::transaction, {"zypper", "install"});
    install.package = "aadsshlogin";
    const Plan plan{.title = "Test", .steps = {query, install}, .notes = {}};
    const auto run_with = [&](const std::string& versions, bool installed) {
        Machine vm(rhel_9);
        World world = vm.fake.world();
        RunContext run(world, Seconds(840));
        vm.fake.processes.on({"zypper", "search"}, exits(0, search(versions)));
        vm.fake.processes.on({"zypper", "install"}, exits(0));
        if (installed) {
            vm.dpkg["aadsshlogin"] = {.version = "1.0.027980001"};
        }
        auto applied = apply(run, zypper, plan);
        return std::pair(applied, vm.fake.processes.ran({"zypper", "install"}));
    };
    const auto [there, installs] = run_with("no", true);
    CHECK(there.outcome == Outcome::ok);
    CHECK(installs == 0);
    const auto [absent, first_installs] = run_with("no", false);
    CHECK(first_installs == 1);
    const auto [too_new, no_installs] = run_with("n", false);
    CHECK(too_new.outcome == Outcome::not_published);
    CHECK(too_new.too_new == "1.0.033070001-1");
    CHECK(no_installs == 0);
}

TEST_CASE("excludes: a package that is not found is asked for past them") {
    Machine vm(rhel_9);
    World world = vm.fake.world();
    RunContext run(world, Seconds(840));
    vm.fake.processes.on({"dnf", "repoquery"}, exits(0));
    vm.fake.processes.on({"dnf", "--disableexcludes=all"}, exits(0, "1.0.033070001-1\n"));
    RunTool query = tool(ToolRun::query, {"dnf", "repoquery"});
    query.package = "aadsshlogin";
    query.hidden_question = {"dnf", "--disableexcludes=all"};
    const auto applied = apply(run, dnf, {.title = "Test", .steps = {query}, .notes = {}});
    CHECK(applied.outcome == Outcome::not_published);
    CHECK(applied.hidden == "1.0.033070001-1");
}

TEST_CASE("locks: another tool is only kept waiting before a transaction") {
    for (const ToolRun kind : {ToolRun::query, ToolRun::refresh, ToolRun::download}) {
        CAPTURE(tool_run_name(kind));
        const Locked held(dnf, kind, 1'000'000);
        CHECK_FALSE(held.code.has_value());
        CHECK(held.sleeps() == 0);
        CHECK(held.runs() == 1);
    }
    const Locked transaction(dnf, ToolRun::transaction, 2);
    CHECK_FALSE(transaction.code.has_value());
    CHECK(transaction.sleeps() == 2);
}

TEST_CASE("locks: a dnf that finds another at work is tried again until it is alone") {
    Machine vm(rhel_9);
    World world = vm.fake.world();
    RunContext run(world, Seconds(840));
    vm.fake.processes.on_each(
        {"dnf"}, {exits(200, "metadata already locked by 147\n"), exits(200, ""), exits(0)});
    const auto applied =
        apply(run, dnf, {.title = "Test", .steps = {dnf_run(ToolRun::refresh)}, .notes = {}});
    CHECK(applied.outcome == Outcome::ok);
    CHECK(vm.fake.processes.commands.size() == 3);
    CHECK(vm.fake.clock.slept() > Seconds(0));
}
