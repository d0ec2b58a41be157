// SPDX-License-Identifier: MIT
#include "handler/sys/stop_flag.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <system_error>

namespace aadssh {
namespace {

// A signal handler can reach nothing else.
std::atomic<StopFlag*> flag_of_signals{nullptr};
static_assert(std::atomic<StopFlag*>::is_always_lock_free &&
              std::atomic<bool>::is_always_lock_free);

extern "C" void raise_flag(int) {
    const int saved = errno;
    if (StopFlag* flag = flag_of_signals.load()) {
        flag->raise();
    }
    errno = saved;
}

}  // namespace

StopFlag::StopFlag() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC | O_NONBLOCK) != 0) {
        throw std::system_error(errno, std::generic_category(), "pipe2");
    }
    read_end_ = ends[0];
    write_end_ = ends[1];
}

StopFlag::~StopFlag() {
    ::close(read_end_);
    ::close(write_end_);
}

void StopFlag::raise() noexcept {
    if (!raised_.exchange(true)) {
        [[maybe_unused]] const ssize_t written = ::write(write_end_, "", 1);
    }
}

void StopFlag::lower() noexcept {
    char noted = 0;
    [[maybe_unused]] const ssize_t got = ::read(read_end_, &noted, 1);
    raised_ = false;
}

void install_signal_handlers(StopFlag& flag) {
    flag_of_signals = &flag;
    struct sigaction action {};
    action.sa_flags = SA_RESTART;
    action.sa_handler = raise_flag;
    for (const int number : {SIGTERM, SIGINT, SIGHUP}) {
        ::sigaction(number, &action, nullptr);
    }
    action.sa_handler = SIG_IGN;
    ::sigaction(SIGPIPE, &action, nullptr);
    action.sa_handler =
        SIG_DFL;  // inherited as ignored, it would cost us our children's exit codes
    ::sigaction(SIGCHLD, &action, nullptr);
}

}  // namespace aadssh
