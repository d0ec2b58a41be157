// SPDX-License-Identifier: MIT
// apply(): what it makes of packages and the database.
#include "tests/unit/plans.hpp"

#include <doctest/doctest.h>

#include <algorithm>

using namespace aadssh;

TEST_CASE("apply: what is installed in the newest version is neither fetched nor installed") {
    Plans plans;
    plans.vm.set_up_by_hand("1.0.2");
    auto query = tool(ToolRun::query, {"apt-cache", "madison", "aadsshlogin"});
    auto download =
        tool(ToolRun::download, {"apt-get", "--download-only", "install", "aadsshlogin"});
    query.package = download.package = "aadsshlogin";
    CHECK(plans.apply_steps({query, download, installing("aadsshlogin")}).outcome == Outcome::ok);
    CHECK(plans.vm.fake.processes.ran({"apt-get"}) == 0);

    plans.vm.dpkg["aadsshlogin"].version = "1.0.1";
    plans.apply_steps({query, download, installing("aadsshlogin")});
    CHECK(plans.vm.version("aadsshlogin") == "1.0.2");
}

TEST_CASE("apply: an optional package that is not published is left out with a warning") {
    Plans plans;
    auto query = tool(ToolRun::query, {"apt-cache", "madison", "aadsshlogin-selinux"});
    auto later = installing("aadsshlogin-selinux");
    query.package = "aadsshlogin-selinux";
    query.optional = later.optional = true;
    const auto applied = plans.apply_steps({query, later, installing("aadsshlogin")});
    CHECK(applied.outcome == Outcome::ok);
    REQUIRE(applied.warnings.size() == 1);
    CHECK(contains_text(applied.warnings[0], "aadsshlogin-selinux"));
    CHECK(applied.warnings[0].ends_with("."));
    CHECK(plans.vm.version("aadsshlogin") == "1.0.2");

    query.optional = false;
    CHECK(plans.apply_steps({query, later}).outcome == Outcome::not_published);
}

TEST_CASE("apply: a package is on record before it is installed, unless it was there before us") {
    Plans plans;
    std::string at_start;
    plans.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
        at_start = plans.vm.state_text();
        plans.vm.dpkg["aadsshlogin"] = {"ii ", "1.0.2"};
        return exits(0);
    });
    SUBCASE("new") {
        plans.apply_steps({installing("aadsshlogin")});
        CHECK(contains_text(at_start, R"("packages":["aadsshlogin"])"));
        CHECK(plans.run.state.added("aadsshlogin"));
    }
    SUBCASE("only configuration files were left of it") {
        plans.vm.dpkg["aadsshlogin"] = {"rc ", "1.0.1"};
        plans.apply_steps({installing("aadsshlogin")});
        CHECK(plans.run.state.added("aadsshlogin"));
    }
    SUBCASE("an older version was there") {
        plans.vm.dpkg["aadsshlogin"] = {"ii ", "1.0.1"};
        plans.apply_steps({installing("aadsshlogin")});
        CHECK_FALSE(plans.run.state.added("aadsshlogin"));
    }
    SUBCASE("a half installed one was there") {
        plans.vm.dpkg["aadsshlogin"] = {"iF ", "1.0.1"};
        plans.apply_steps({installing("aadsshlogin")});
        CHECK_FALSE(plans.run.state.added("aadsshlogin"));
    }
}

TEST_CASE("apply: what came along is noted as a dependency, what was there is not") {
    Plans plans;
    plans.vm.dependencies = {{"libaad0", "3"}, {"openssh-server", "9.2"}};
    plans.apply_steps({installing("aadsshlogin")});
    CHECK(plans.run.state.dependencies == std::vector<std::string>{"libaad0"});
    CHECK(contains_text(plans.vm.state_text(), R"("dependencies":["libaad0"])"));
}

TEST_CASE(
    "apply: an unanswered question before a transaction does not make everything a dependency") {
    Plans plans;
    auto silent = exits(0);
    silent.timed_out = true;
    bool asked = false;
    plans.vm.fake.processes.on_match(
        [&](const Command& c) { return c.argv[0] == "dpkg-query" && c.argv.size() == 4 && !asked; },
        [&](const Command&) {
            asked = true;
            return silent;
        });
    plans.apply_steps({installing("aadsshlogin")});
    CHECK(std::ranges::find(plans.run.state.dependencies, "openssh-server") ==
          plans.run.state.dependencies.end());
}

TEST_CASE("apply: the database is believed, not the exit code") {
    Plans plans;
    SUBCASE("0, but the package is not there") {
        plans.answers({exits(0)});
        CHECK(plans.apply_steps({installing("aadsshlogin")}).outcome == Outcome::failed);
    }
    SUBCASE("100, but the package is there: a warning with the tool's words") {
        plans.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
            plans.vm.dpkg["aadsshlogin"] = {"ii ", "1.0.2"};
            return exits(100,
                         "dpkg: error processing package other (--configure):\n installed other "
                         "script failed\n");
        });
        const auto applied = plans.apply_steps({installing("aadsshlogin")});
        CHECK(applied.outcome == Outcome::ok);
        REQUIRE(applied.warnings.size() == 1);
        CHECK(contains_text(applied.warnings[0], "other"));
    }
    SUBCASE("100, and only the old version is there") {
        plans.vm.set_up_by_hand("1.0.1");
        plans.answers({exits(100, "E: Broken\n")});
        CHECK(plans.apply_steps({installing("aadsshlogin")}).outcome == Outcome::failed);
    }
    SUBCASE("killed") {
        auto killed = exits(0);
        killed.signal = 9;
        plans.answers({killed});
        const auto applied = plans.apply_steps({installing("aadsshlogin")});
        CHECK(applied.outcome == Outcome::no_memory);
        CHECK(applied.words == "ended by signal 9 (SIGKILL)");
    }
}
