// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/processes.hpp"
#include "handler/sys/stop_flag.hpp"

#include <map>

namespace aadssh {

class RealProcesses : public Processes {
  public:
    /// `grace` is the time between SIGTERM and SIGKILL; tests make it short.
    explicit RealProcesses(StopFlag& stop,
                           std::chrono::milliseconds grace = std::chrono::seconds(5))
        : stop_(stop), grace_(grace) {}

    CommandResult run(const Command& command) override;
    ProcessId start_detached(const Command& command,
                             const std::string& output_path,
                             std::string& error) override;
    std::optional<CommandResult> wait_detached(const ProcessId& id,
                                               std::chrono::milliseconds limit) override;
    bool alive(const ProcessId& id) const override;
    std::string describe(pid_t pid) const override;
    bool interrupted() const override { return stop_.raised(); }
    void heed_interruption() override { stop_.lower(); }

  private:
    StopFlag& stop_;
    std::chrono::milliseconds grace_;
    std::map<pid_t, std::chrono::steady_clock::time_point> detached_since_;
};

/// The fields of /proc/PID/stat that we use. The name before them may hold blanks and brackets, so
/// they are counted from its last ')' (proc(5)).
struct ProcessStat {
    char state = '?';
    std::uint64_t start_time = 0;
};
std::optional<ProcessStat> parse_stat(const std::string& text);

}  // namespace aadssh
