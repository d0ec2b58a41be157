// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/clock.hpp"

#include <functional>
#include <vector>

namespace aadssh {

/// Time that passes only when somebody sleeps or advance() is called.
///
///     FakeClock clock;
///     clock.at_sleep = [&] { world.processes.living.clear(); };  // the world changes meanwhile
///     wait_for_something(clock);
///     CHECK(clock.sleeps.size() == 1);
class FakeClock : public Clock {
  public:
    std::chrono::steady_clock::time_point time{std::chrono::hours(1)};
    std::chrono::system_clock::time_point wall{Seconds(1'790'000'000)};  // 2026-09-21T14:13:20Z
    Seconds up = std::chrono::hours(1);
    std::string boot = "11111111-2222-3333-4444-555555555555";
    std::vector<Milliseconds> sleeps;
    std::function<void()> at_sleep;  ///< called after each sleep

    void advance(Milliseconds by);
    Milliseconds slept() const;  ///< the sum of `sleeps`

    std::chrono::steady_clock::time_point now() const override { return time; }
    std::string utc() const override;
    Seconds uptime() const override { return up + std::chrono::floor<Seconds>(passed_); }
    std::string boot_id() const override { return boot; }
    void sleep(Milliseconds length) override;

  private:
    Milliseconds passed_{0};
};

}  // namespace aadssh
