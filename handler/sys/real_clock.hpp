// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/clock.hpp"
#include "handler/sys/stop_flag.hpp"

namespace aadssh {

class RealClock : public Clock {
  public:
    explicit RealClock(const StopFlag& stop) : stop_(stop) {}

    std::chrono::steady_clock::time_point now() const override;
    std::string utc() const override;
    Seconds uptime() const override;
    std::string boot_id() const override;
    void sleep(Milliseconds time) override;

  private:
    const StopFlag& stop_;
};

}  // namespace aadssh
