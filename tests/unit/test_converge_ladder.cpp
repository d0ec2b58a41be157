// SPDX-License-Identifier: MIT
// converge(): which of several repositories is used.
#include "handler/converge.hpp"
#include "handler/failure.hpp"
#include "tests/unit/machines.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace aadssh;

namespace {

/// Rocky Linux, whose ladder has two repositories; dnf fails for one as often as it is asked.
struct Ladder {
    Machine vm{rocky_9};
    World world = vm.fake.world();
    RunContext run = context(world);
    std::string first = rocky_9.repository;
    std::string second = rhel_9.repository;
    std::vector<std::string> asked;  ///< the address in our source at each refresh

    explicit Ladder(const std::string& data, const std::string& broken_url = rocky_9.repository) {
        vm.fake.http.on(second, answer(200));
        vm.fake.processes.on_match(
            [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "makecache"); },
            [this, data, broken_url](const Command&) {
                const auto source = vm.fake.files.text(vm.own_source());
                asked.push_back(contains_text(source, first) ? first : second);
                return asked.back() == broken_url ? exits(1, test_data("dnf/" + data + ".txt"))
                                                  : exits(0);
            });
    }
    std::optional<Failure> failure() {
        try {
            converge(run, gather_facts(world, run.environment));
        } catch (const Failure& thrown) {
            return thrown;
        }
        return std::nullopt;
    }
    std::string note(const std::string& name) const {
        const auto found = std::ranges::find(run.checks, name, &Substatus::name);
        return found == run.checks.end() ? "(none)" : found->message;
    }
    bool offers(const std::string& url) const {
        return contains_text(vm.fake.files.text(vm.own_source()), "baseurl=" + url + "/\n");
    }
};

}  // namespace

TEST_CASE("ladder: where the first repository is refused or absent the next one is used") {
    for (const std::string data : {"4.14-refresh-404", "4.14-refresh-403", "4.14-refresh-reset"}) {
        CAPTURE(data);
        Ladder ladder(data);
        const auto failure = ladder.failure();
        CHECK_MESSAGE(!failure.has_value(), failure->message());
        CHECK(ladder.asked == std::vector<std::string>{ladder.first, ladder.second});
        CHECK(ladder.vm.version("aadsshlogin") == "1.0.2");
        CHECK(ladder.offers(ladder.second));
        CHECK(contains_text(ladder.note("repository"), ladder.second));
        CHECK(ladder.run.state.added("gpg-pubkey-be1229cf"));
        CHECK(ladder.run.state.files.size() == 2);
    }
}

TEST_CASE("ladder: where none has it, the failure names all that were asked") {
    Ladder ladder("4.14-refresh-404");
    ladder.vm.published.erase("aadsshlogin");
    const auto failure = ladder.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::unsupported);
    CHECK(contains_text(failure->message(), "the repository " + ladder.second + " has no"));
    CHECK(contains_text(failure->message(), "also asked, in vain: " + ladder.first));
}

TEST_CASE("ladder: that it is not published cannot be said while one of them does not answer") {
    Ladder ladder("4.14-refresh-reset");
    ladder.vm.published.erase("aadsshlogin");
    const auto failure = ladder.failure();
    REQUIRE(failure.has_value());
    CHECK(ladder.asked == std::vector<std::string>{ladder.first, ladder.second});
    CHECK(failure->code == ExitCode::repository_unreachable);
    CHECK(contains_text(failure->problem,
                        "from " + ladder.first + " (x86_64), which this program reaches"));
    CHECK(contains_text(failure->cause, "reset"));
    CHECK(contains_text(failure->cause, "also asked, in vain: " + ladder.second));
}

TEST_CASE("ladder: a lock that stays held is told with what was not installed") {
    Ladder ladder("4.14-refresh-404", "nothing is broken");
    ladder.vm.fake.files.lock_holders["/var/lib/rpm/.rpm.lock"] = 9;
    ladder.vm.fake.processes.names[9] = "dnf";
    const auto failure = ladder.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::package_manager_locked);
    CHECK(contains_text(failure->message(), "aadsshlogin from " + ladder.first + " (x86_64) was"));
    CHECK(contains_text(failure->message(), "pid 9 (dnf)"));
}

TEST_CASE("ladder: a refused signature or a full disk is no reason to try another repository") {
    struct Row {
        std::string data;
        ExitCode code;
    };
    for (const auto& row :
         {Row{"4.14-refresh-repo-gpgcheck-wrong-key", ExitCode::signature_refused},
          Row{"4.14-refresh-no-space", ExitCode::missing_dependency}}) {
        CAPTURE(row.data);
        Ladder ladder(row.data);
        const auto before = ladder.vm.system();
        const auto failure = ladder.failure();
        REQUIRE(failure.has_value());
        CHECK(failure->code == row.code);
        CHECK(ladder.asked == std::vector<std::string>{ladder.first});
        CHECK(ladder.vm.system() == before);
        CHECK_FALSE(ladder.vm.dpkg.contains("gpg-pubkey-be1229cf"));
    }
}

TEST_CASE("ladder: the repository that is set up already comes first, without a look of ours") {
    Ladder ladder("4.14-refresh-404", "nothing is broken");
    SUBCASE("by somebody else") {
        ladder.vm.fake.files.add("/etc/yum.repos.d/mine.repo",
                                 "[mine]\nbaseurl=" + ladder.second + "\n");
    }
    SUBCASE("by an earlier run of ours") {
        ladder.vm.fake.http.forget(ladder.first);
        ladder.vm.fake.http.on(ladder.first, answer(404));
        REQUIRE_FALSE(ladder.failure().has_value());
        REQUIRE(ladder.offers(ladder.second));
        ladder.vm.fake.http.forget(ladder.first);
        ladder.vm.fake.http.on(ladder.first, answer(200));
        ladder.vm.published["aadsshlogin"] = "1.0.3";
    }
    ladder.vm.forget_history();
    ladder.asked.clear();
    std::vector<std::string> urls;
    for (const auto& rung :
         choose_rungs(ladder.run, gather_facts(ladder.world, ladder.run.environment))) {
        urls.push_back(rung.url);
    }
    CHECK(urls == std::vector<std::string>{ladder.second, ladder.first});
    CHECK(ladder.vm.fake.http.requests.empty());
    CHECK_FALSE(ladder.failure().has_value());
    CHECK(ladder.asked.size() == 1);
    CHECK(contains_text(ladder.note("repository"), ladder.second));
}

TEST_CASE("ladder: an outage leaves the source that is in place as it is") {
    Ladder ladder("4.14-refresh-reset", "nothing is broken");
    REQUIRE_FALSE(ladder.failure().has_value());
    REQUIRE(ladder.offers(ladder.first));
    ladder.vm.published["aadsshlogin"] = "1.0.3";
    const auto before = ladder.vm.system();
    ladder.asked.clear();
    ladder.vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "makecache"); },
        [&](const Command&) {
            ladder.asked.emplace_back();
            return exits(1, test_data("dnf/4.14-refresh-reset.txt"));
        });
    const auto failure = ladder.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::repository_unreachable);
    CHECK(ladder.asked.size() == 1);
    CHECK(ladder.vm.system() == before);
}

TEST_CASE("ladder: where the next one has nothing either, our source says again what it said") {
    Ladder ladder("4.14-refresh-404", "nothing is broken");
    REQUIRE_FALSE(ladder.failure().has_value());
    const auto before = ladder.vm.system();
    std::vector<std::string> texts;
    ladder.vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "makecache"); },
        [&](const Command&) {
            texts.push_back(ladder.vm.fake.files.text(ladder.vm.own_source()));
            return exits(1, test_data("dnf/4.14-refresh-404.txt"));
        });
    const auto failure = ladder.failure();
    REQUIRE(failure.has_value());
    REQUIRE(texts.size() == 2);
    CHECK(contains_text(texts[1], ladder.second));
    CHECK(ladder.vm.system() == before);
    ladder.vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "makecache"); },
        [](const Command&) { return exits(0); });
    CHECK(ladder.vm.command("uninstall").code == 0);
    CHECK_FALSE(ladder.vm.fake.files.has(ladder.vm.own_source()));  // known as ours
}

TEST_CASE("ladder: a source that cannot be put back is told beside the failure itself") {
    Ladder ladder("4.14-refresh-404", "nothing is broken");
    REQUIRE_FALSE(ladder.failure().has_value());
    int refreshes = 0;
    ladder.vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "makecache"); },
        [&](const Command&) {
            if (++refreshes == 2) {
                ladder.vm.fake.files.refused[ladder.vm.own_source()] = "No space left on device";
            }
            return exits(1, test_data("dnf/4.14-refresh-404.txt"));
        });
    const auto failure = ladder.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::unsupported);
    CHECK(contains_text(failure->message(),
                        "could not be taken back: writing " + ladder.vm.own_source()));
}

TEST_CASE("ladder: no other repository is tried when no time is left to install from it") {
    Ladder ladder("4.14-refresh-reset", "nothing is broken");
    ladder.run.deadline.lower_to(Seconds(200));
    std::size_t refreshes = 0;
    ladder.vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "makecache"); },
        [&](const Command&) {
            ++refreshes;
            ladder.vm.fake.clock.sleep(Seconds(150));
            return exits(1, test_data("dnf/4.14-refresh-reset.txt"));
        });
    const auto failure = ladder.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::repository_unreachable);
    CHECK(refreshes == 1);
}

TEST_CASE("ladder: when the one that is set up has gone the other one is tried") {
    Ladder ladder("4.14-refresh-404", rhel_9.repository);
    ladder.vm.fake.files.add("/etc/yum.repos.d/mine.repo",
                             "[mine]\nbaseurl=" + ladder.second + "\n");
    std::vector<std::string> repositories;
    ladder.vm.fake.processes.on_match(
        [](const Command& c) { return c.argv[0] == "dnf" && has_word(c, "makecache"); },
        [&](const Command& c) {
            const bool mine = has_word(c, "--enablerepo=mine");
            repositories.push_back(mine ? ladder.second : ladder.first);
            return mine ? exits(1, test_data("dnf/4.14-refresh-404.txt")) : exits(0);
        });
    CHECK_FALSE(ladder.failure().has_value());
    CHECK(repositories == std::vector<std::string>{ladder.second, ladder.first});
    CHECK(ladder.offers(ladder.first));
}
