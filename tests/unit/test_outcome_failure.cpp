// SPDX-License-Identifier: MIT
#include "handler/facts.hpp"
#include "handler/outcome_failure.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

struct Explained {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run = context(world);
    Facts facts = gather_facts(world, run.environment);

    Explained() { vm.fake.http.forget(debian_12.repository); }

    Failure of(Outcome outcome, const std::string& words = "E: the tool's words") {
        return outcome_failure(
            run,
            facts.support,
            facts.support.ladder.front(),
            {.outcome = outcome, .purpose = "refresh the index", .words = words});
    }
};

}  // namespace

TEST_CASE("outcomes: each has its exit code") {
    CHECK(exit_code_for(Outcome::ok) == ExitCode::ok);
    CHECK(exit_code_for(Outcome::locked) == ExitCode::package_manager_locked);
    CHECK(exit_code_for(Outcome::not_published) == ExitCode::unsupported);
    CHECK(exit_code_for(Outcome::network) == ExitCode::repository_unreachable);
    CHECK(exit_code_for(Outcome::busy) == ExitCode::repository_unreachable);
    CHECK(exit_code_for(Outcome::mismatch) == ExitCode::repository_unreachable);
    CHECK(exit_code_for(Outcome::sources) == ExitCode::missing_dependency);
    CHECK(exit_code_for(Outcome::signature) == ExitCode::signature_refused);
    CHECK(exit_code_for(Outcome::no_space) == ExitCode::missing_dependency);
    CHECK(exit_code_for(Outcome::no_memory) == ExitCode::missing_dependency);
    CHECK(exit_code_for(Outcome::unmet) == ExitCode::missing_dependency);
    CHECK(exit_code_for(Outcome::interrupted) == ExitCode::missing_dependency);
    CHECK(exit_code_for(Outcome::failed) == ExitCode::verification_failed);
}

TEST_CASE("outcomes: every failure quotes the tool and carries its outcome's code") {
    for (const auto outcome : {Outcome::locked,
                               Outcome::not_published,
                               Outcome::network,
                               Outcome::busy,
                               Outcome::mismatch,
                               Outcome::sources,
                               Outcome::signature,
                               Outcome::interrupted,
                               Outcome::no_space,
                               Outcome::no_memory,
                               Outcome::unmet,
                               Outcome::failed}) {
        CAPTURE(std::string(outcome_name(outcome)));
        Explained explained;
        explained.vm.fake.http.on(debian_12.repository, answer(200));
        const auto failure = explained.of(outcome);
        CHECK(failure.code == exit_code_for(outcome));
        CHECK(contains_text(failure.message(), "E: the tool's words"));
        CHECK(contains_text(failure.message(), ". Fix: "));
    }
}

TEST_CASE("outcomes: what time ended is blamed on a repository only where no other was asked") {
    Explained explained;
    explained.vm.fake.http.on(debian_12.repository, answer(200));
    const auto asked = explained.vm.fake.http.requests.size();
    const auto message = [&](ToolRun kind) {
        return outcome_failure(explained.run,
                               explained.facts.support,
                               explained.facts.support.ladder.front(),
                               {.outcome = Outcome::network,
                                .purpose = "do it",
                                .kind = kind,
                                .words = "no end after 700 s",
                                .timed_out = true})
            .message();
    };
    for (const auto kind : {ToolRun::refresh, ToolRun::download}) {
        CHECK(contains_text(message(kind), "AADSSH-20"));
        CHECK(contains_text(message(kind), "the time was up before \"do it\" ended"));
        CHECK(contains_text(
            message(kind),
            "no end after 700 s; a download from " + explained.facts.support.ladder.front().url));
        CHECK(contains_text(message(kind), "allow HTTPS"));
    }
    CHECK(contains_text(message(ToolRun::refresh), "(amd64) hangs or is very slow"));
    CHECK_FALSE(contains_text(message(ToolRun::refresh), "apt-get update"));
    CHECK(contains_text(message(ToolRun::download), "or from another repository of this machine"));
    CHECK(contains_text(message(ToolRun::download), "run: apt-get update"));
    CHECK(explained.vm.fake.http.requests.size() == asked);
}

TEST_CASE(
    "outcomes: a file that does not fit its index is told of the repository that it is from") {
    Explained explained;
    const auto ours = explained.of(Outcome::mismatch, "E: Failed to fetch x  Hash Sum mismatch");
    CHECK(contains_text(ours.message(), "the repository https://packages.microsoft.com/debian"));
    const auto other = explained.of(
        Outcome::mismatch, "E: Failed to fetch http://deb.example/pool/x.deb  Hash Sum mismatch");
    CHECK(contains_text(other.message(),
                        "another repository of this machine (http://deb.example/pool/x.deb)"));
    CHECK(other.code == ExitCode::repository_unreachable);
}

TEST_CASE("outcomes: not published names repository, suite and architecture") {
    Explained explained;
    explained.vm.fake.http.on(debian_12.repository, answer(200));
    const auto message = explained.of(Outcome::not_published).message();
    CHECK(contains_text(message, "https://packages.microsoft.com/debian/12/prod"));
    CHECK(contains_text(message, "bookworm"));
    CHECK(contains_text(message, "amd64"));
    CHECK(contains_text(message, "Debian 12"));
}

TEST_CASE("outcomes: only versions that are too new is said with one of them") {
    Explained explained;
    explained.vm.fake.http.on(debian_12.repository, answer(200));
    const auto failure =
        outcome_failure(explained.run,
                        explained.facts.support,
                        explained.facts.support.ladder.front(),
                        {.outcome = Outcome::not_published, .too_new = "1.0.033070001-1"});
    CHECK(failure.code == ExitCode::unsupported);
    CHECK(contains_text(failure.message(),
                        "has no aadsshlogin that works on this release (the newest is "
                        "1.0.033070001-1) for the architecture amd64"));
}

TEST_CASE("outcomes: where there is no repository at all, that is said instead") {
    Explained explained;
    explained.vm.fake.http.on(debian_12.repository, answer(404));
    CHECK(contains_text(explained.of(Outcome::not_published).message(),
                        "there is no repository https://packages"));
}

TEST_CASE("outcomes: an unreachable repository is explained by a look of our own") {
    Explained explained;
    explained.vm.fake.http.on(
        debian_12.repository,
        no_answer(HttpResponse::Failure::name_lookup, "Could not resolve host"));
    const auto failure = explained.of(Outcome::network);
    CHECK(failure.code == ExitCode::repository_unreachable);
    CHECK(contains_text(failure.message(), "packages.microsoft.com:443"));
    CHECK(contains_text(failure.message(), debian_12.repository + " (amd64) cannot be reached"));
    CHECK(contains_text(failure.message(), "cannot be resolved"));
    CHECK(contains_text(failure.message(), "https_proxy"));
}

TEST_CASE("outcomes: what looks like an outage and may be a full disk is told as such") {
    Explained explained;
    explained.vm.fake.files.free = 0;
    SUBCASE("the repository can be reached") {
        explained.vm.fake.http.on(debian_12.repository, answer(200));
        const auto failure = explained.of(Outcome::network, "Failed to download: parser error");
        CHECK(failure.code == ExitCode::missing_dependency);
        CHECK(failure.untouched);
        CHECK(
            contains_text(failure.message(),
                          "little free disk space, which may be why \"refresh the index\" failed"));
        CHECK(contains_text(failure.message(), "has 0 MiB free and 39 MiB are needed"));
        CHECK(contains_text(failure.message(), "parser error"));
        CHECK(contains_text(failure.message(), "df -h /etc"));
    }
    SUBCASE("it cannot: the disk is not the reason") {
        explained.vm.fake.http.on(
            debian_12.repository,
            no_answer(HttpResponse::Failure::name_lookup, "Could not resolve host"));
        const auto failure = explained.of(Outcome::network);
        CHECK(failure.code == ExitCode::repository_unreachable);
        CHECK(contains_text(failure.message(), "cannot be resolved"));
    }
}

TEST_CASE(
    "outcomes: a repository that we reach and the tool does not leaves the tool's words alone") {
    Explained explained;
    explained.vm.fake.http.on(debian_12.repository, answer(200));
    CHECK(explained.of(Outcome::network, "E: Proxy refused").cause == "E: Proxy refused");
}

TEST_CASE("outcomes: only what concerns the repository makes a request") {
    Explained explained;
    explained.of(Outcome::failed);
    explained.of(Outcome::no_space);
    explained.of(Outcome::signature);
    CHECK(explained.vm.fake.http.requests.empty());
}
