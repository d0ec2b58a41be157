// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/capped_output.hpp"
#include "handler/sys/processes.hpp"
#include "handler/sys/stop_flag.hpp"

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>

namespace aadssh {

/// Watches one process group from start to end: reads its output, stops it at the limit or when we
/// are asked to end, and leaves nothing of it behind.
class Supervision {
  public:
    /// `pipe` is the non-blocking read end of the group's output; `pid` leads the group.
    Supervision(pid_t pid,
                int pipe,
                const Command& command,
                const StopFlag& stop,
                std::chrono::milliseconds grace);

    CommandResult finish();

  private:
    using Time = std::chrono::steady_clock::time_point;

    bool leader_ended() const;
    void wait_for_news();
    void read_output();
    void press_on(Time now);
    void end_group();
    void drain();

    enum class Stage { running, asked_to_end, killed, given_up };

    pid_t pid_;
    int pipe_;
    bool pipe_open_ = true;
    const StopFlag& stop_;
    std::chrono::milliseconds grace_;
    Stage stage_ = Stage::running;
    Time next_step_;  ///< when the present stage has lasted long enough
    std::chrono::milliseconds pause_{1};
    CappedOutput output_;
    CommandResult result_;
};

}  // namespace aadssh
