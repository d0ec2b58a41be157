// SPDX-License-Identifier: MIT
#include "handler/sys/supervision.hpp"

#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace aadssh {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

/// waitid(2) without reaping cannot be polled for on kernels before pidfd (5.3), so we ask this
/// often.
constexpr milliseconds longest_pause{50};

/// How long output may still come from a process that left the group and kept the pipe.
constexpr milliseconds drain_time{200};

milliseconds until(steady_clock::time_point when) {
    return std::max(milliseconds(0), std::chrono::ceil<milliseconds>(when - steady_clock::now()));
}

}  // namespace

Supervision::Supervision(
    pid_t pid, int pipe, const Command& command, const StopFlag& stop, milliseconds grace)
    : pid_(pid),
      pipe_(pipe),
      stop_(stop),
      grace_(grace),
      next_step_(steady_clock::now() + command.limit),
      output_(command.output_cap) {}

CommandResult Supervision::finish() {
    const Time start = steady_clock::now();
    while (!leader_ended() && stage_ != Stage::given_up) {
        wait_for_news();
        press_on(steady_clock::now());
    }
    end_group();
    drain();
    result_.output = output_.text();
    result_.duration = std::chrono::ceil<milliseconds>(steady_clock::now() - start);
    return result_;
}

/// Looks without reaping: while its leader is a zombie, the group's number cannot be given to
/// others.
bool Supervision::leader_ended() const {
    siginfo_t info{};
    const int got = ::waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOHANG | WNOWAIT);
    return got != 0 ? errno != EINTR : info.si_pid == pid_;
}

/// Until output comes, we are asked to end, or it is time to look whether the leader has ended.
void Supervision::wait_for_news() {
    const bool watch_stop = stage_ == Stage::running;
    std::array<pollfd, 2> watched = {
        {{pipe_open_ ? pipe_ : -1, POLLIN, 0}, {watch_stop ? stop_.descriptor() : -1, POLLIN, 0}}};
    const milliseconds wait = std::min(pause_, until(next_step_));
    ::poll(watched.data(), watched.size(), static_cast<int>(wait.count()));
    pause_ = std::min(pause_ * 2, longest_pause);
    if (watched[0].revents != 0) {
        pause_ = milliseconds(1);  // the end of the output usually comes just before the end
        read_output();
    }
}

void Supervision::read_output() {
    std::array<char, 16384> buffer;
    const ssize_t got = ::read(pipe_, buffer.data(), buffer.size());
    if (got > 0) {
        output_.add({buffer.data(), static_cast<std::size_t>(got)});
    } else if (got == 0 || (errno != EAGAIN && errno != EINTR)) {
        pipe_open_ = false;
    }
}

/// From one stage to the next when it is time.
void Supervision::press_on(Time now) {
    const bool stop_now = stage_ == Stage::running && stop_.raised();
    if (!stop_now && now < next_step_) {
        return;
    }
    next_step_ = now + grace_;
    if (stage_ == Stage::running) {
        (stop_now ? result_.interrupted : result_.timed_out) = true;
        ::kill(-pid_, SIGTERM);
        stage_ = Stage::asked_to_end;
    } else if (stage_ == Stage::asked_to_end) {
        ::kill(-pid_, SIGKILL);
        stage_ = Stage::killed;
    } else {
        stage_ =
            Stage::given_up;  // stuck in the kernel: our own deadline is worth more than a zombie
    }
}

void Supervision::end_group() {
    ::kill(-pid_, SIGKILL);
    int status = 0;
    const pid_t reaped = ::waitpid(pid_, &status, stage_ == Stage::given_up ? WNOHANG : 0);
    if (reaped != pid_ || result_.timed_out || result_.interrupted) {
        return;
    }
    if (WIFSIGNALED(status)) {
        result_.signal = WTERMSIG(status);
    } else {
        result_.code = WEXITSTATUS(status);
    }
}

void Supervision::drain() {
    const Time end = steady_clock::now() + drain_time;
    while (pipe_open_ && steady_clock::now() < end) {
        pollfd watched{pipe_, POLLIN, 0};
        if (::poll(&watched, 1, static_cast<int>(until(end).count())) > 0) {
            read_output();
        }
    }
}

}  // namespace aadssh
