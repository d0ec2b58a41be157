// SPDX-License-Identifier: MIT
#include "handler/apply.hpp"
#include "handler/digest.hpp"
#include "tests/unit/plans.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace aadssh;

namespace {

const std::string scratch{apt.scratch};

/// Where an operation stands among the recorded ones.
std::size_t place(const Machine& vm, const std::string& operation) {
    const auto& all = vm.fake.files.operations;
    const auto found = std::ranges::find(all, operation);
    REQUIRE_MESSAGE(found != all.end(), operation);
    return static_cast<std::size_t>(found - all.begin());
}

const CommandResult locked =
    exits(100, "E: Could not get lock /var/lib/dpkg/lock-frontend. It is held by process 9\n");
const CommandResult unmet = exits(100, "E: Unable to locate package aadsshlogin\n");

}  // namespace

TEST_CASE("apply: a file is on record, with its digest, before it is written") {
    Plans plans;
    plans.apply_steps(
        {WriteFile{.path = "/etc/apt/sources.list.d/ours.list", .content = "deb x\n"}});
    CHECK(plans.vm.fake.files.text("/etc/apt/sources.list.d/ours.list") == "deb x\n");
    CHECK(place(plans.vm, "write /var/lib/aadsshlogin-handler/state.json 0600") <
          place(plans.vm, "write /etc/apt/sources.list.d/ours.list 0644"));
    CHECK(contains_text(plans.vm.state_text(), sha256_hex("deb x\n")));

    Plans unrecorded;
    unrecorded.vm.fake.files.refused[state_folder] = "No space left on device";
    CHECK(unrecorded.code({WriteFile{.path = "/etc/x", .content = "x"}}) ==
          ExitCode::missing_dependency);
    CHECK_FALSE(unrecorded.vm.fake.files.has("/etc/x"));
}

TEST_CASE("apply: while our file is replaced both texts are ours") {
    Plans plans;
    plans.apply_steps({WriteFile{.path = "/etc/x", .content = "old"}});
    plans.vm.fake.files.refused["/etc/x"] = "Input/output error";
    CHECK(plans.code({WriteFile{.path = "/etc/x", .content = "new"}}) ==
          ExitCode::missing_dependency);
    CHECK(contains_text(plans.message, "/etc/x"));
    REQUIRE(plans.run.state.file("/etc/x") != nullptr);
    CHECK(plans.run.state.file("/etc/x")->sha256 ==
          std::vector<std::string>{sha256_hex("new"), sha256_hex("old")});
}

TEST_CASE("apply: files of the scratch folder are not put on record") {
    Plans plans;
    plans.vm.fake.files.add_folder(scratch);
    plans.apply_steps({WriteFile{
        .path = scratch + "/source.list", .content = "x", .mode = 0644, .temporary = true}});
    CHECK(plans.run.state.files.empty());
    CHECK_FALSE(plans.vm.fake.files.has("/var/lib/aadsshlogin-handler/state.json"));
}

TEST_CASE(
    "apply: the scratch folder is new, seeded without Microsoft's lists, and gone afterwards") {
    Plans plans;
    plans.vm.fake.files.add(scratch + "/lists/of_a_killed_run", "old");
    plans.vm.fake.files.add("/var/lib/apt/lists/packages.microsoft.com_x_InRelease", "stale");
    std::vector<std::string> lists;
    plans.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
        lists = plans.vm.fake.files.list(scratch + "/lists");
        return exits(0);
    });
    const MakeScratch make{.folder = scratch,
                           .subfolders = {"lists"},
                           .seed_from = "/var/lib/apt/lists",
                           .except_prefix = "packages.microsoft.com_"};
    SUBCASE("after success") {
        plans.apply_steps({make, tool(ToolRun::download), RemoveScratch{scratch}});
    }
    SUBCASE("after a failed step") {
        plans.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
            lists = plans.vm.fake.files.list(scratch + "/lists");
            return exits(1);
        });
        CHECK(plans.apply_steps({make, tool(ToolRun::download)}).outcome == Outcome::failed);
    }
    SUBCASE("after an exception") {
        plans.vm.fake.files.refused["/etc"] = "Read-only file system";
        CHECK(plans.code(
                  {make, tool(ToolRun::download), WriteFile{.path = "/etc/x", .content = ""}}) ==
              ExitCode::missing_dependency);
    }
    CHECK(lists == std::vector<std::string>{"deb.example_dists_stable_InRelease"});
    CHECK_FALSE(plans.vm.fake.files.has(scratch));
}

TEST_CASE("apply: the scratch folder stays while a transaction still works in it") {
    Plans plans;
    auto endless = exits(0);
    endless.timed_out = true;
    plans.answers({endless});
    CHECK(plans.code({MakeScratch{.folder = scratch, .subfolders = {"tmp"}},
                      installing("aadsshlogin")}) == ExitCode::transaction_running);
    CHECK(plans.vm.fake.files.has(scratch + "/tmp"));
}

TEST_CASE("apply: the first failed step ends the plan and says what the tool said") {
    Plans plans;
    plans.answers({exits(100, "Reading lists...\nE: dpkg is on strike\n")});
    const auto applied =
        plans.apply_steps({tool(ToolRun::download), WriteFile{.path = "/etc/x", .content = "x"}});
    CHECK(applied.outcome == Outcome::failed);
    CHECK(applied.purpose == "try it");
    CHECK(applied.kind == ToolRun::download);
    CHECK(applied.words == "E: dpkg is on strike");
    CHECK_FALSE(plans.vm.fake.files.has("/etc/x"));
}

TEST_CASE("apply: a remedy is used once, then the same step is tried again") {
    Plans plans;
    auto step = tool(ToolRun::download);
    step.remedies.push_back({Outcome::unmet, {tool(ToolRun::refresh, {"apt-get", "update"})}});
    SUBCASE("it helps") {
        plans.vm.fake.processes.on_each({"apt-get", "x"}, {unmet, exits(0)});
        const auto applied = plans.apply_steps({step});
        CHECK(applied.outcome == Outcome::ok);
        CHECK(applied.words.empty());
    }
    SUBCASE("it does not help") {
        plans.vm.fake.processes.on_each({"apt-get", "x"}, {unmet});
        CHECK(plans.apply_steps({step}).outcome == Outcome::unmet);
    }
    CHECK(plans.vm.fake.processes.lines() ==
          std::vector<std::string>{"apt-get x", "apt-get update", "apt-get x"});
}

TEST_CASE("apply: a remedy for another outcome is left alone") {
    Plans plans;
    auto step = tool(ToolRun::download);
    step.remedies.push_back(
        {Outcome::interrupted, {tool(ToolRun::transaction, {"dpkg", "--configure", "-a"})}});
    plans.answers({unmet});
    CHECK(plans.apply_steps({step}).outcome == Outcome::unmet);
    CHECK(plans.vm.fake.processes.ran({"dpkg"}) == 0);
}

TEST_CASE("apply: a step of best effort ends nothing") {
    Plans plans;
    auto step = tool(ToolRun::refresh, {"apt-get", "update"});
    step.best_effort = true;
    plans.answers(
        {exits(100, "E: The repository 'http://broken.example' does not have a Release file.\n"),
         exits(0)});
    CHECK(plans.apply_steps({step, tool(ToolRun::download)}).outcome == Outcome::ok);
    CHECK(plans.vm.fake.processes.ran({"apt-get"}) == 2);
}

TEST_CASE("apply: a tool that finds its lock taken is tried again") {
    Plans plans;
    plans.answers({locked, locked, exits(0)});
    CHECK(plans.apply_steps({tool(ToolRun::download)}).outcome == Outcome::ok);
    CHECK(plans.vm.fake.processes.commands.size() == 3);
    CHECK(plans.vm.fake.clock.slept() > Seconds(0));
}

TEST_CASE("apply: a lock that stays taken ends in 56, named, inside the deadline") {
    Plans plans;
    plans.answers({locked});
    plans.vm.fake.files.lock_holders["/var/lib/dpkg/lock-frontend"] = 9;
    plans.vm.fake.processes.names[9] = "apt-get";
    CHECK(plans.code({tool(ToolRun::download)}) == ExitCode::package_manager_locked);
    CHECK(contains_text(plans.message, "pid 9 (apt-get)"));
}

TEST_CASE("apply: a lock that only the tool sees ends in the outcome locked, inside the deadline") {
    Plans plans;
    plans.answers({locked});
    CHECK(plans.apply_steps({tool(ToolRun::download)}).outcome == Outcome::locked);
    CHECK(plans.vm.fake.processes.commands.size() < 1000);
}

TEST_CASE("apply: a run cut off by the deadline after one that found a lock tells of the lock") {
    Plans plans;
    auto cut_off = exits(0);
    cut_off.timed_out = true;
    plans.vm.fake.processes.on_call({"apt-get"}, [&](const Command& command) {
        if (plans.vm.fake.processes.commands.size() == 1) {
            return locked;
        }
        plans.vm.fake.clock.sleep(command.limit);
        return cut_off;
    });
    const auto applied = plans.apply_steps({tool(ToolRun::download)});
    CHECK(applied.outcome == Outcome::locked);
    CHECK(contains_text(applied.words, "held by process 9"));
    CHECK(plans.vm.fake.processes.commands.size() == 2);
}

TEST_CASE("apply: a refresh that ends with 0 but brought no index did not reach the repository") {
    Plans plans;
    plans.answers({exits(0)});
    auto step = tool(ToolRun::refresh);
    step.proof = scratch + "/lists/packages.microsoft.com_debian_12_prod_dists_bookworm_";
    CHECK(plans.apply_steps({step}).outcome == Outcome::network);
    plans.vm.fake.files.add(step.proof + "InRelease", "x");
    CHECK(plans.apply_steps({step}).outcome == Outcome::ok);
}

TEST_CASE("apply: a refresh that does not end is a matter of the network") {
    Plans plans;
    auto endless = exits(0);
    endless.timed_out = true;
    plans.answers({endless});
    const auto applied = plans.apply_steps({tool(ToolRun::refresh)});
    CHECK(applied.outcome == Outcome::network);
    CHECK(applied.timed_out);
    CHECK(contains_text(applied.words, "no end after 840 s"));
}

TEST_CASE("apply: being asked to end during a refresh is no failed verification") {
    Plans plans;
    auto stopped = exits(0);
    stopped.interrupted = true;
    plans.answers({stopped});
    const auto thrown = plans.code({tool(ToolRun::refresh)});
    CHECK((thrown == ExitCode::deadline_reached || thrown == ExitCode::repository_unreachable));
}

TEST_CASE("apply: a removed file leaves the record, one that cannot be removed stays on it") {
    Plans plans;
    plans.apply_steps({WriteFile{.path = "/etc/x", .content = "x"}});
    plans.vm.fake.files.refused["/etc/x"] = "Operation not permitted";
    const auto applied = plans.apply_steps({RemoveFile{"/etc/x"}});
    CHECK(applied.outcome == Outcome::failed);
    CHECK(contains_text(applied.words, "Operation not permitted"));
    CHECK(plans.run.state.file("/etc/x") != nullptr);

    plans.vm.fake.files.refused.clear();
    plans.apply_steps({RemoveFile{"/etc/x"}});
    CHECK_FALSE(plans.vm.fake.files.has("/etc/x"));
    CHECK_FALSE(contains_text(plans.vm.state_text(), "/etc/x"));
}

TEST_CASE("apply: a password is not shown even where the tool's words were cut inside it") {
    for (std::size_t padding = 230; padding < 300; padding += 3) {
        CAPTURE(padding);
        Plans plans;
        plans.answers({exits(
            100,
            fmt::format("E: {} http://user:hunter2hunter2hunter2@proxy.example:3128 failed\n",
                        std::string(padding, 'x')))});
        CHECK_FALSE(contains_text(plans.apply_steps({tool(ToolRun::download)}).words, "hunter2"));
    }
}
