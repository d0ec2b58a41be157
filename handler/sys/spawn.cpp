// SPDX-License-Identifier: MIT
#include "handler/sys/spawn.hpp"

#include "handler/sys/descriptor.hpp"
#include "handler/sys/errno_text.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <linux/close_range.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>

namespace aadssh {
namespace {

constexpr std::array<std::string_view, 4> search_path = {"/usr/sbin", "/usr/bin", "/sbin", "/bin"};

/// Why the child could not become the program; sent to us through a pipe.
struct Obstacle {
    enum class Step { prepare, folder, program };
    Step step = Step::prepare;
    int number = 0;
};

/// Everything the child needs, laid out before the fork: another thread (libcurl's resolver) may
/// hold the allocator's lock at that moment, so the child must not allocate (signal-safety(7)).
class Launch {
  public:
    Launch(const Command& command, Leads leads) : command_(command), leads_(leads) {
        Variables variables = child_environment();
        for (const auto& [name, value] : command.environment) {
            variables[name] = value;
        }
        for (const auto& [name, value] : variables) {
            environment_.push_back(fmt::format("{}={}", name, value));
        }
        const std::string& program = command.argv.at(0);
        if (program.find('/') != std::string::npos) {
            candidates_.push_back(program);
        } else {
            for (const std::string_view folder : search_path) {
                candidates_.push_back(std::string(folder) + "/" + program);
            }
        }
        for (const std::string& word : command.argv) {
            argv_.push_back(const_cast<char*>(word.c_str()));  // execve's type; it changes nothing
        }
        argv_.push_back(nullptr);
        for (std::string& variable : environment_) {
            envp_.push_back(variable.data());
        }
        envp_.push_back(nullptr);
    }

    /// In the child: becomes the program, or says why not.
    Obstacle become(int input, int output) const {
        if (leads_ == Leads::session ? ::setsid() < 0 : ::setpgid(0, 0) < 0) {
            return {Obstacle::Step::prepare, errno};
        }
        if (leads_ == Leads::group) {
            // The agent kills our group at its limit, and this child has left it.
            ::prctl(PR_SET_PDEATHSIG, SIGKILL);
            if (::getppid() != parent_) {
                ::_exit(127);  // it was killed before we asked for that
            }
        }
        if (::dup2(input, 0) < 0 || ::dup2(output, 1) < 0 || ::dup2(output, 2) < 0) {
            return {Obstacle::Step::prepare, errno};
        }
        mark_others_close_on_exec();
        ::umask(022);
        if (::chdir(command_.folder.c_str()) != 0) {
            return {Obstacle::Step::folder, errno};
        }
        reset_signals();
        return {Obstacle::Step::program, try_candidates()};
    }

  private:
    /// Ours are close-on-exec anyway; this is for those that we were given by whoever started us.
    static void mark_others_close_on_exec() {
        if (::close_range(3, ~0U, CLOSE_RANGE_CLOEXEC) == 0) {
            return;  // Linux 5.11 and later
        }
        rlimit limit{};
        ::getrlimit(RLIMIT_NOFILE, &limit);
        const int end = static_cast<int>(std::min<rlim_t>(limit.rlim_cur, 65536));
        for (int number = 3; number < end; ++number) {
            ::fcntl(number, F_SETFD, FD_CLOEXEC);
        }
    }

    /// Handlers are reset by execve; what we or our parent ignore would be inherited.
    static void reset_signals() {
        struct sigaction action {};
        action.sa_handler = SIG_DFL;
        for (int number = 1; number < NSIG; ++number) {
            ::sigaction(number, &action, nullptr);
        }
        sigset_t none;
        ::sigemptyset(&none);
        ::sigprocmask(SIG_SETMASK, &none, nullptr);
    }

    /// As execvpe(3) does, but never through a shell. Returns the errno that tells most.
    int try_candidates() const {
        int most_telling = ENOENT;
        for (const std::string& candidate : candidates_) {
            ::execve(candidate.c_str(), argv_.data(), envp_.data());
            if (errno != ENOENT && errno != ENOTDIR) {
                most_telling = errno;
            }
        }
        return most_telling;
    }

    const Command& command_;
    Leads leads_;
    pid_t parent_ = ::getpid();
    std::vector<std::string> environment_;
    std::vector<std::string> candidates_;
    std::vector<char*> argv_;
    std::vector<char*> envp_;
};

/// No signal handler of ours may run in the child, where it would write to the parent's pipe.
class SignalsHeld {
  public:
    SignalsHeld() {
        sigset_t all;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before_);
    }
    ~SignalsHeld() { ::pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;

  private:
    sigset_t before_{};
};

std::string text_of(const Obstacle& obstacle, const Command& command) {
    const std::string why = errno_text(obstacle.number);
    return obstacle.step == Obstacle::Step::folder ? "cannot enter " + command.folder + ": " + why
                                                   : why;
}

/// The descriptor, or a copy of it, that dup2 onto 0, 1 and 2 does not overwrite.
Descriptor above_standard(int number) {
    return Descriptor(::fcntl(number, F_DUPFD_CLOEXEC, 3));
}

/// What the child sends before it gives up; nothing once the program runs.
bool read_obstacle(int pipe, Obstacle& obstacle) {
    ssize_t got = 0;
    do {
        got = ::read(pipe, &obstacle, sizeof obstacle);
    } while (got < 0 && errno == EINTR);
    return got == static_cast<ssize_t>(sizeof obstacle);
}

}  // namespace

Variables child_environment() {
    return {{"HOME", "/root"}, {"LC_ALL", "C"}, {"PATH", "/usr/sbin:/usr/bin:/sbin:/bin"}};
}

Spawned spawn(const Command& command, int output, Leads leads) {
    const Launch launch(command, leads);
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return {0, errno_text(errno)};
    }
    const Descriptor report_read(ends[0]);
    Descriptor report_low(ends[1]);
    Descriptor report_write = above_standard(report_low.get());
    report_low.close();
    const Descriptor nothing(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const Descriptor input = above_standard(nothing.get());
    const Descriptor out = above_standard(output);
    if (!report_write || !input || !out) {
        return {0, errno_text(errno)};
    }

    pid_t pid = 0;
    {
        const SignalsHeld held;
        pid = ::fork();
        if (pid == 0) {
            const Obstacle obstacle = launch.become(input.get(), out.get());
            [[maybe_unused]] const ssize_t sent =
                ::write(report_write.get(), &obstacle, sizeof obstacle);
            ::_exit(127);
        }
    }
    if (pid < 0) {
        return {0, errno_text(errno)};
    }
    report_write.close();
    Obstacle obstacle;
    if (read_obstacle(report_read.get(), obstacle)) {
        ::waitpid(pid, nullptr, 0);
        return {0, text_of(obstacle, command)};
    }
    return {pid, {}};
}

}  // namespace aadssh
