// SPDX-License-Identifier: MIT
// What a busy server, files that do not fit their index and certificates that have expired lead to,
// with the tools' own words.
#include "tests/unit/plans.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

const CommandResult busy = exits(100, test_data("apt/2.6-refresh-429.txt"));
const CommandResult mismatch = exits(100, test_data("apt/2.6-refresh-hash-mismatch.txt"));
const std::string no_cache = "Acquire::http::No-Cache=true";
const std::string index = "https://packages.microsoft.com/debian/12/prod/dists/bookworm/InRelease";

RunTool refresh() {
    auto step = tool(ToolRun::refresh, {"apt-get", "update"});
    step.remedies = patience(index, {"-o", no_cache});
    return step;
}

}  // namespace

TEST_CASE("remedies: a busy server is asked twice more, after growing pauses") {
    Plans plans;
    auto& clock = plans.vm.fake.clock;
    SUBCASE("until it answers") {
        plans.answers({busy, exits(0)});
        CHECK(plans.apply_steps({refresh()}).outcome == Outcome::ok);
        CHECK(clock.sleeps.size() == 1);
    }
    SUBCASE("and then no more") {
        plans.answers({busy});
        const auto applied = plans.apply_steps({refresh()});
        CHECK(applied.outcome == Outcome::busy);
        CHECK(contains_text(applied.words, "429  Too Many Requests"));
        REQUIRE(clock.sleeps.size() == 2);
        CHECK(clock.sleeps[1] >= Seconds(15));
        CHECK(clock.sleeps[1] <= Milliseconds(18750));
        CHECK(plans.vm.fake.processes.ran({"apt-get"}) == 3);
    }
    CHECK(clock.sleeps[0] >= Seconds(5));
    CHECK(clock.sleeps[0] <= Milliseconds(6250));
}

TEST_CASE("remedies: a busy server is left alone for as long as its Retry-After says") {
    Plans plans;
    plans.run.proxies = read_proxies({{"https_proxy", "http://proxy.example:3128"}});
    const auto server_wants = [&](const std::string& seconds) {
        auto told = answer(429);
        told.headers["retry-after"] = seconds;
        plans.vm.fake.http.forget(index);
        plans.vm.fake.http.requests.clear();
        plans.vm.fake.http.on(index, told);
    };
    const auto& sleeps = plans.vm.fake.clock.sleeps;
    plans.answers({busy, exits(0)});
    SUBCASE("longer than we would wait") {
        server_wants("40");
        CHECK(plans.apply_steps({refresh()}).outcome == Outcome::ok);
        REQUIRE(sleeps.size() == 1);
        CHECK(sleeps[0] >= Seconds(40));
        CHECK(sleeps[0] <= Seconds(50));
        REQUIRE(plans.vm.fake.http.requests.size() == 1);
        CHECK(plans.vm.fake.http.requests[0].proxy == "http://proxy.example:3128");
    }
    SUBCASE("shorter") {
        server_wants("1");
        CHECK(plans.apply_steps({refresh()}).outcome == Outcome::ok);
        REQUIRE(sleeps.size() == 1);
        CHECK(sleeps[0] >= Seconds(5));
    }
    SUBCASE("longer than there is time") {
        server_wants("3600");
        CHECK(plans.apply_steps({refresh()}).outcome == Outcome::busy);
        CHECK(sleeps.empty());
    }
}

TEST_CASE("remedies: no wait is begun that would leave too little time for the installation") {
    Plans plans;
    plans.run.deadline.lower_to(Seconds(10));
    plans.vm.fake.clock.advance(Seconds(2));
    plans.answers({busy});
    CHECK(plans.apply_steps({refresh()}).outcome == Outcome::busy);
    CHECK(plans.vm.fake.clock.sleeps.empty());
    CHECK(plans.vm.fake.processes.ran({"apt-get"}) == 1);
}

TEST_CASE("remedies: what does not fit its index is asked for once more, past caches") {
    Plans plans;
    SUBCASE("it fits now") {
        plans.answers({mismatch, exits(0)});
        CHECK(plans.apply_steps({refresh()}).outcome == Outcome::ok);
    }
    SUBCASE("it still does not") {
        plans.answers({mismatch});
        CHECK(plans.apply_steps({refresh()}).outcome == Outcome::mismatch);
    }
    const auto& commands = plans.vm.fake.processes.commands;
    REQUIRE(commands.size() == 2);
    CHECK_FALSE(has_word(commands[0], no_cache));
    CHECK(has_word(commands[1], no_cache));
    CHECK(plans.vm.fake.clock.slept() >= Seconds(10));
}

TEST_CASE("remedies: one may follow another, and the words past caches stay") {
    Plans plans;
    plans.answers({busy, mismatch, busy, exits(0)});
    CHECK(plans.apply_steps({refresh()}).outcome == Outcome::ok);
    CHECK(has_word(plans.vm.fake.processes.commands.back(), no_cache));
}

TEST_CASE("remedies: a run that is asked to end while it waits says so") {
    Plans plans;
    plans.vm.fake.clock.at_sleep = [&] { plans.vm.fake.processes.stop_requested = true; };
    auto stopped = exits(0);
    stopped.interrupted = true;
    plans.answers({busy, stopped});
    CHECK(plans.code({refresh()}) == ExitCode::deadline_reached);
}

TEST_CASE("remedies: install goes on after a 503, and explains files that never fit") {
    Machine vm(debian_12);
    SUBCASE("503, then fine") {
        int refreshes = 0;
        vm.fake.processes.on_match(
            [&](const Command& c) { return has_word(c, "update") && ++refreshes == 1; },
            [](const Command&) { return busy; });
        CHECK(vm.command("install").code == 0);
        CHECK(refreshes > 1);
    }
    SUBCASE("hash mismatch") {
        vm.fake.processes.on_match([](const Command& c) { return has_word(c, "update"); },
                                   [](const Command&) { return mismatch; });
        const auto ended = vm.command("install");
        CHECK(ended.code == 20);
        CHECK(contains_text(ended.err, "Hash Sum mismatch"));
        CHECK(contains_text(ended.err, "in half an hour"));
    }
}

TEST_CASE("certificates: those of Azure's Red Hat repositories are renewed once") {
    Machine vm(rhel_9);
    int refusals = 0;
    SUBCASE("and then the download goes well") {
        refusals = 1;
    }
    SUBCASE("and then no more") {
        refusals = 2;
    }
    vm.fake.processes.on_match(
        [&](const Command& c) {
            return has_word(c, "install") && has_word(c, "--downloadonly") && refusals-- > 0;
        },
        [](const Command&) {
            return exits(1, test_data("dnf/documented-download-certificate-expired.txt"));
        });
    std::vector<std::string> how;
    vm.fake.processes.on_match([](const Command& c) { return has_word(c, "rhui-*"); },
                               [&](const Command& c) {
                                   how.push_back(c.argv.at(2));
                                   CHECK(has_word(c, "update"));
                                   CHECK(has_word(c, "--disablerepo=*"));
                                   return exits(0);
                               });
    const bool helped = refusals == 1;
    const auto ended = vm.command("install");
    CHECK(how == std::vector<std::string>{"--downloadonly", "-C"});
    CHECK(ended.code == (helped ? 0 : 52));
    CHECK(contains_text(ended.err, "alert certificate expired") != helped);
    CHECK(contains_text(ended.err, "--enablerepo='*microsoft-azure*' update") != helped);
    CHECK(vm.version("aadsshlogin") == (helped ? "1.0.2" : "(absent)"));
}
