// SPDX-License-Identifier: MIT
#pragma once
#include <atomic>

namespace aadssh {

/// The request that this program should end. It stays raised until lowered; every wait watches
/// descriptor() beside what it waits for, and so ends at once (the self-pipe trick,
/// signal-safety(7)).
class StopFlag {
  public:
    StopFlag();
    ~StopFlag();
    StopFlag(const StopFlag&) = delete;
    StopFlag& operator=(const StopFlag&) = delete;

    void raise() noexcept;  ///< may be called from a signal handler
    void lower() noexcept;  ///< the request was heeded; the next one counts again
    bool raised() const noexcept { return raised_.load(); }
    int descriptor() const { return read_end_; }  ///< readable once raised, for poll(2)

  private:
    std::atomic<bool> raised_{false};
    int read_end_ = -1;
    int write_end_ = -1;
};

/// From now on SIGTERM, SIGINT and SIGHUP raise `flag`, which must live as long as the program,
/// SIGPIPE is ignored (libcurl leaves it to us under CURLOPT_NOSIGNAL), and SIGCHLD has its
/// default.
void install_signal_handlers(StopFlag& flag);

}  // namespace aadssh
