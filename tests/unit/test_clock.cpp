// SPDX-License-Identifier: MIT
#include "handler/sys/clock.hpp"
#include "handler/sys/real_clock.hpp"
#include "tests/fakes/clock.hpp"

#include <doctest/doctest.h>

#include <csignal>
#include <thread>

using namespace aadssh;
using namespace std::chrono_literals;

TEST_CASE("a deadline runs out and never says less than nothing") {
    FakeClock clock;
    const Deadline deadline(clock, 10s);
    CHECK(deadline.left() == 10s);
    CHECK(deadline.at_most(30s) == 10s);
    CHECK(deadline.at_most(3s) == 3s);
    clock.advance(9999ms);
    CHECK(deadline.left() == 1ms);
    CHECK_FALSE(deadline.reached());
    clock.advance(1ms);
    CHECK(deadline.reached());
    clock.advance(1h);
    CHECK(deadline.left() == 0ms);
}

TEST_CASE("what is left is rounded up, so that waiting for it reaches the deadline") {
    FakeClock clock;
    const Deadline deadline(clock, 1s);
    clock.time += 999'900us;
    CHECK(deadline.left() == 1ms);
}

TEST_CASE("a deadline can only be lowered, counted from the start") {
    FakeClock clock;
    Deadline deadline(clock, 240s);
    clock.advance(20s);
    deadline.lower_to(60s);
    CHECK(deadline.left() == 40s);
    CHECK(deadline.total() == 60s);
    deadline.lower_to(840s);
    CHECK(deadline.left() == 40s);
    deadline.lower_to(10s);
    CHECK(deadline.reached());
}

TEST_CASE("the real clock") {
    const StopFlag stop;
    RealClock clock(stop);
    const std::string utc = clock.utc();
    REQUIRE(utc.size() == 20);
    CHECK(utc.starts_with("20"));
    CHECK(utc[10] == 'T');
    CHECK(utc.back() == 'Z');
    CHECK(clock.uptime() > 0s);
    CHECK(clock.boot_id().size() == 36);
    CHECK(clock.boot_id() == clock.boot_id());

    const auto before = clock.now();
    clock.sleep(20ms);
    CHECK(clock.now() - before >= 20ms);
}

TEST_CASE("a raised stop flag ends a sleep, and later sleeps at once") {
    StopFlag stop;
    RealClock clock(stop);
    const auto before = clock.now();
    std::jthread other([&] {
        RealClock(StopFlag()).sleep(30ms);
        stop.raise();
    });
    clock.sleep(60s);
    CHECK(stop.raised());
    clock.sleep(60s);
    CHECK(clock.now() - before < 30s);
}

TEST_CASE("SIGTERM, SIGINT and SIGHUP raise the flag; SIGPIPE does nothing") {
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        StopFlag stop;
        install_signal_handlers(stop);
        ::raise(SIGPIPE);
        CHECK_FALSE(stop.raised());
        ::raise(number);
        CHECK(stop.raised());
        for (const int changed : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) {
            ::signal(changed, SIG_DFL);
        }
    }
}

TEST_CASE("the fake clock moves only when it is slept on or advanced") {
    FakeClock clock;
    CHECK(clock.utc() == "2026-09-21T14:13:20Z");
    int called = 0;
    clock.at_sleep = [&] { ++called; };
    clock.sleep(90s);
    clock.advance(500ms);
    CHECK(clock.utc() == "2026-09-21T14:14:50Z");
    CHECK(clock.uptime() == 1h + 90s);
    CHECK(clock.sleeps == std::vector<Milliseconds>{90s});
    CHECK(clock.slept() == 90s);
    CHECK(called == 1);
}
