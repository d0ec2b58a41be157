// SPDX-License-Identifier: MIT
#include "handler/sys/clock.hpp"

#include <algorithm>

namespace aadssh {

Deadline::Deadline(const Clock& clock, Seconds total)
    : clock_(clock), start_(clock.now()), total_(total) {}

Milliseconds Deadline::left() const {
    // Rounded up: a wait for what is left must not end a moment before the deadline and be
    // repeated.
    const auto left = std::chrono::ceil<Milliseconds>(start_ + total_ - clock_.now());
    return std::max(left, Milliseconds(0));
}

Milliseconds Deadline::at_most(Milliseconds wish) const {
    return std::min(wish, left());
}

void Deadline::lower_to(Seconds total) {
    total_ = std::min(total_, total);
}

}  // namespace aadssh
