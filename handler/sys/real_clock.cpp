// SPDX-License-Identifier: MIT
#include "handler/sys/real_clock.hpp"

#include <poll.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <fstream>
#include <limits>

namespace aadssh {

std::chrono::steady_clock::time_point RealClock::now() const {
    return std::chrono::steady_clock::now();
}

std::string RealClock::utc() const {
    const std::time_t seconds = std::time(nullptr);
    std::tm fields{};
    gmtime_r(&seconds, &fields);
    std::array<char, 32> text{};
    std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &fields);
    return text.data();
}

// Both are read anew each time: nothing here may remember an earlier boot's values.
Seconds RealClock::uptime() const {
    std::ifstream file("/proc/uptime");
    std::int64_t seconds = 0;
    file >> seconds;  // stops at the point of "350735.47"
    return Seconds(seconds);
}

std::string RealClock::boot_id() const {
    std::ifstream file("/proc/sys/kernel/random/boot_id");
    std::string id;
    file >> id;
    return id;
}

void RealClock::sleep(Milliseconds time) {
    const auto end = now() + time;
    while (!stop_.raised()) {
        const auto left = std::chrono::ceil<Milliseconds>(end - now()).count();
        if (left <= 0) {
            return;
        }
        pollfd wake{stop_.descriptor(), POLLIN, 0};
        ::poll(&wake,
               1,
               static_cast<int>(std::min<std::int64_t>(left, std::numeric_limits<int>::max())));
    }
}

}  // namespace aadssh
