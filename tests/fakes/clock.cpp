// SPDX-License-Identifier: MIT
#include "tests/fakes/clock.hpp"

#include <array>
#include <ctime>
#include <numeric>

namespace aadssh {

void FakeClock::advance(Milliseconds by) {
    time += by;
    wall += by;
    passed_ += by;
}

Milliseconds FakeClock::slept() const {
    return std::accumulate(sleeps.begin(), sleeps.end(), Milliseconds(0));
}

std::string FakeClock::utc() const {
    const std::time_t seconds = std::chrono::system_clock::to_time_t(wall);
    std::tm fields{};
    gmtime_r(&seconds, &fields);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
    return text.data();
}

void FakeClock::sleep(Milliseconds length) {
    sleeps.push_back(length);
    advance(length);
    if (at_sleep) {
        at_sleep();
    }
}

}  // namespace aadssh
