// SPDX-License-Identifier: MIT
#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace aadssh {

using Words = std::vector<std::string>;
using Variables = std::map<std::string, std::string>;

/// A program to run. `argv[0]` is a bare name, looked up in the fixed PATH of child_environment(),
/// or an absolute path. No shell is ever involved.
struct Command {
    Words argv;
    Variables environment;  ///< added to child_environment(); nothing else is inherited
    std::string folder = "/";
    std::chrono::milliseconds limit = std::chrono::seconds(60);
    std::size_t output_cap = 256U << 10U;  ///< of stdout and stderr together; the middle is dropped
};

/// How it ended. Exactly one of these holds: `started` is false (see `error`), `timed_out`,
/// `interrupted`, `signal` is not 0, or `code` is the exit status.
struct CommandResult {
    bool started = true;
    bool timed_out = false;
    bool interrupted = false;  ///< we were asked to end (SIGTERM) while waiting
    int code = 0;
    int signal = 0;
    std::string output{};  ///< stdout and stderr in the order they came, capped
    std::string error{};   ///< why it could not be started, e.g. "No such file or directory"
    std::chrono::milliseconds duration{0};

    bool ok() const { return started && !timed_out && !interrupted && signal == 0 && code == 0; }
};

/// Tells a process from a later one with the same pid: /proc/PID/stat's start time (proc(5), field
/// 22).
struct ProcessId {
    pid_t pid = 0;
    std::uint64_t start_time = 0;
};

/// What every child gets, whatever our own environment is.
Variables child_environment();

/// Other programs. Children get stdin from /dev/null, PATH=/usr/sbin:/usr/bin:/sbin:/bin, LC_ALL=C,
/// HOME=/root, umask 022, default signal dispositions and no descriptor of ours.
class Processes {
  public:
    virtual ~Processes() = default;

    /// Runs to its end in a process group of its own. At the limit the group gets SIGTERM and, five
    /// seconds later, SIGKILL; leftovers of the group are killed too. Once interrupted() nothing is
    /// started any more.
    virtual CommandResult run(const Command& command) = 0;

    /// Starts in a *session* of its own and never signals it: a package transaction cut in half
    /// leaves the machine broken. Output goes to the file `output_path` (made 0600, truncated).
    /// On failure pid is 0 and `error` says why.
    virtual ProcessId start_detached(const Command& command,
                                     const std::string& output_path,
                                     std::string& error) = 0;

    /// Waits up to `limit` for a child from start_detached of this run. Nothing: still running, or
    /// (see interrupted()) we were asked to end. `output` of the result stays empty: it is in the
    /// file.
    virtual std::optional<CommandResult> wait_detached(const ProcessId& id,
                                                       std::chrono::milliseconds limit) = 0;

    virtual bool alive(const ProcessId& id) const = 0;

    /// "pid 812 (unattended-upgr)"; just "pid 812" when its name cannot be read.
    virtual std::string describe(pid_t pid) const = 0;

    /// True once SIGTERM, SIGINT or SIGHUP has asked this program to end.
    virtual bool interrupted() const = 0;

    /// The request to end was heeded: the work has stopped, and programs may be run again to put
    /// things in order, which takes seconds. The next request counts again.
    virtual void heed_interruption() = 0;
};

}  // namespace aadssh
