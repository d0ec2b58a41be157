// SPDX-License-Identifier: MIT
#pragma once
#include <chrono>
#include <string>

namespace aadssh {

using Seconds = std::chrono::seconds;
using Milliseconds = std::chrono::milliseconds;

class Clock {
  public:
    virtual ~Clock() = default;

    /// Monotonic; only differences mean anything.
    virtual std::chrono::steady_clock::time_point now() const = 0;

    /// "2026-11-22T14:03:59Z"
    virtual std::string utc() const = 0;

    /// Time since boot, suspend included (/proc/uptime, proc(5)).
    virtual Seconds uptime() const = 0;

    /// Changes at every boot (/proc/sys/kernel/random/boot_id, random(4)); empty when unreadable.
    virtual std::string boot_id() const = 0;

    /// Waits; returns early when the program was asked to end.
    virtual void sleep(Milliseconds time) = 0;
};

/// One limit for a whole command, shared by every wait and retry in it.
class Deadline {
  public:
    Deadline(const Clock& clock, Seconds total);

    Milliseconds left() const;  ///< never negative
    Seconds total() const { return total_; }
    bool reached() const { return left() == Milliseconds(0); }

    /// The smaller of `wish` and what is left.
    Milliseconds at_most(Milliseconds wish) const;

    /// Moves the end closer: the command as a whole gets `total` from its start.
    void lower_to(Seconds total);

  private:
    const Clock& clock_;
    std::chrono::steady_clock::time_point start_;
    Seconds total_;
};

}  // namespace aadssh
