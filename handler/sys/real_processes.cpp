// SPDX-License-Identifier: MIT
#include "handler/sys/real_processes.hpp"

#include "handler/sys/descriptor.hpp"
#include "handler/sys/errno_text.hpp"
#include "handler/sys/spawn.hpp"
#include "handler/sys/supervision.hpp"

#include <fmt/format.h>

#include <fcntl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <iterator>
#include <sstream>

namespace aadssh {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

std::string read_proc(pid_t pid, const char* name) {
    std::ifstream file(fmt::format("/proc/{}/{}", pid, name));
    return {std::istreambuf_iterator<char>(file), {}};
}

CommandResult not_started(std::string error) {
    CommandResult result;
    result.started = false;
    result.error = std::move(error);
    return result;
}

CommandResult ended(int status, milliseconds duration) {
    CommandResult result;
    result.duration = duration;
    if (WIFSIGNALED(status)) {
        result.signal = WTERMSIG(status);
    } else {
        result.code = WEXITSTATUS(status);
    }
    return result;
}

}  // namespace

std::optional<ProcessStat> parse_stat(const std::string& text) {
    const auto bracket = text.rfind(')');
    if (bracket == std::string::npos) {
        return std::nullopt;
    }
    std::istringstream fields(text.substr(bracket + 1));
    ProcessStat stat;
    std::string skipped;
    fields >> stat.state;  // field 3
    for (int field = 4; field < 22; ++field) {
        fields >> skipped;
    }
    fields >> stat.start_time;
    return fields ? std::optional(stat) : std::nullopt;
}

CommandResult RealProcesses::run(const Command& command) {
    if (stop_.raised()) {
        CommandResult result;
        result.interrupted = true;
        return result;
    }
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) {
        return not_started(errno_text(errno));
    }
    const Descriptor read_end(ends[0]);
    Descriptor write_end(ends[1]);
    ::fcntl(
        read_end.get(), F_SETFL, O_NONBLOCK);  // our end only: programs expect a blocking stdout
    const Spawned child = spawn(command, write_end.get(), Leads::group);
    write_end.close();
    if (child.pid == 0) {
        return not_started(child.error);
    }
    return Supervision(child.pid, read_end.get(), command, stop_, grace_).finish();
}

ProcessId RealProcesses::start_detached(const Command& command,
                                        const std::string& output_path,
                                        std::string& error) {
    constexpr int how = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC;
    const Descriptor output(::open(output_path.c_str(), how, 0600));
    if (!output || ::fchmod(output.get(), 0600) != 0) {
        error = errno_text(output_path, errno);
        return {};
    }
    const Spawned child = spawn(command, output.get(), Leads::session);
    if (child.pid == 0) {
        error = child.error;
        return {};
    }
    detached_since_[child.pid] = steady_clock::now();
    const auto stat = parse_stat(read_proc(child.pid, "stat"));  // there until we reap it
    return {child.pid, stat ? stat->start_time : 0};
}

std::optional<CommandResult> RealProcesses::wait_detached(const ProcessId& id, milliseconds limit) {
    const auto end = steady_clock::now() + limit;
    milliseconds pause{1};
    while (true) {
        int status = 0;
        const pid_t got = ::waitpid(id.pid, &status, WNOHANG);
        const auto now = steady_clock::now();
        if (got == id.pid) {
            return ended(status, std::chrono::ceil<milliseconds>(now - detached_since_[id.pid]));
        }
        if (got < 0 && errno != EINTR) {
            return not_started(errno_text(errno));
        }
        if (stop_.raised() || now >= end) {
            return std::nullopt;
        }
        pollfd wake{stop_.descriptor(), POLLIN, 0};
        const auto left = std::chrono::ceil<milliseconds>(end - now);
        ::poll(&wake, 1, static_cast<int>(std::min(pause, left).count()));
        pause = std::min(pause * 2, milliseconds(100));
    }
}

bool RealProcesses::alive(const ProcessId& id) const {
    const auto stat = parse_stat(read_proc(id.pid, "stat"));
    // Z and X: ended, only not yet fetched by its parent.
    return stat && stat->start_time == id.start_time && stat->state != 'Z' && stat->state != 'X';
}

std::string RealProcesses::describe(pid_t pid) const {
    std::string name = read_proc(pid, "comm");
    std::erase(name, '\n');
    return name.empty() ? fmt::format("pid {}", pid) : fmt::format("pid {} ({})", pid, name);
}

}  // namespace aadssh
