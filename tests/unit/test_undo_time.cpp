// SPDX-License-Identifier: MIT
// converge(): undo when the work has used up the time.
#include "handler/converge.hpp"
#include "handler/failure.hpp"
#include "handler/undo.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <optional>

using namespace aadssh;

namespace {

constexpr Seconds whole_limit{14};

/// A machine whose repository hangs: the refresh ends with the deadline.
struct Hanging {
    Machine vm;
    World world;
    RunContext run;

    explicit Hanging(const Distribution& distribution)
        : vm(distribution), world(vm.fake.world()), run(context(world)) {
        run.deadline.lower_to(whole_limit);
        const auto hangs = [this](const Command&) {
            vm.fake.clock.sleep(run.deadline.left());
            auto end = exits(0);
            end.timed_out = true;
            return end;
        };
        vm.fake.processes.on_match([](const Command& c) { return has_word(c, "update"); }, hangs);
        vm.fake.processes.on_match([](const Command& c) { return has_word(c, "makecache"); },
                                   hangs);
    }
    std::optional<Failure> failure() {
        try {
            converge(run, gather_facts(world, run.environment));
        } catch (const Failure& thrown) {
            return thrown;
        }
        return std::nullopt;
    }
};

}  // namespace

TEST_CASE("undo: a hanging server that used up the time leaves nothing behind all the same") {
    for (const auto& distribution : {debian_12, rhel_9}) {
        CAPTURE(distribution.repository);
        Hanging machine(distribution);
        const auto before = machine.vm.system();
        const auto failure = machine.failure();
        REQUIRE(failure.has_value());
        CHECK(failure->code == ExitCode::repository_unreachable);
        CHECK_FALSE(contains_text(failure->message(), "could not be taken back"));
        CHECK(machine.vm.system() == before);
        CHECK(machine.run.state.packages.empty());
        CHECK(machine.run.state.files.empty());
    }
}

TEST_CASE(
    "undo: with more time left than it needs, but less than a transaction wants, it is made") {
    Machine vm(rhel_9);
    World world = vm.fake.world();
    RunContext run(world, Seconds(240));
    vm.fake.processes.on_match([](const Command& c) { return has_word(c, "makecache"); },
                               [&](const Command&) {
                                   vm.fake.clock.sleep(Seconds(160));
                                   return exits(
                                       1, "Error: Failed to download metadata for repo 'x'\n");
                               });
    const auto before = vm.system();
    try {
        converge(run, gather_facts(world, run.environment));
        FAIL("no failure");
    } catch (const Failure& failure) {
        CHECK_FALSE(contains_text(failure.message(), "could not be taken back"));
    }
    CHECK(vm.system() == before);
    CHECK(run.state.packages.empty());
}

TEST_CASE("undo: its time is its own, the command's limit stays what it was") {
    Hanging machine(rhel_9);
    REQUIRE(machine.failure().has_value());
    CHECK(machine.run.deadline.total() == whole_limit);
    CHECK(machine.run.deadline.reached());
}

TEST_CASE("undo: whatever a command puts in order, it has 45 s beyond its limit for all of it") {
    Machine vm(debian_12);
    World world = vm.fake.world();
    RunContext run(world, Seconds(100));
    vm.fake.clock.sleep(Seconds(90));
    {
        const OwnTime first(run);
        CHECK(run.deadline.left() == Seconds(45));
        vm.fake.clock.sleep(Seconds(40));
    }
    {
        const OwnTime second(run);
        CHECK(run.deadline.left() == Seconds(15));
        vm.fake.clock.sleep(Seconds(20));
    }
    const OwnTime third(run);
    CHECK(run.deadline.reached());
}
