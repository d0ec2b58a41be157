// SPDX-License-Identifier: MIT
#include "handler/log.hpp"

#include "handler/scrub.hpp"
#include "handler/sys/descriptor.hpp"

#include <fmt/format.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/rotating_file_sink.h>
#include <spdlog/spdlog.h>

#include <fcntl.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <deque>
#include <memory>
#include <optional>

namespace aadssh {
namespace {

constexpr std::size_t file_size = 1024UL * 1024;
constexpr std::size_t old_files = 4;  // beside the current one
constexpr std::size_t line_limit = 8UL * 1024;
constexpr std::size_t output_limit = 16UL * 1024;
constexpr std::size_t kept_limit = 1000;

struct Line {
    spdlog::log_clock::time_point time;
    spdlog::level::level_enum level;
    std::string text;
};

struct Log {
    std::deque<Line> kept;
    std::shared_ptr<spdlog::logger> file;
    std::string path;
};

Log& the_log() {
    static Log log;
    return log;
}

void write(spdlog::logger& file, const Line& line) {
    file.log(line.time, spdlog::source_loc{}, line.level, line.text);
}

void keep(spdlog::level::level_enum level, std::string text) {
    Log& log = the_log();
    log.kept.push_back({spdlog::log_clock::now(), level, std::move(text)});
    if (log.kept.size() > kept_limit) {
        log.kept.pop_front();
    }
    if (log.file) {
        write(*log.file, log.kept.back());
    }
}

/// Whatever goes wrong with the log (a full disk, no memory) must not end a command.
void log_line(spdlog::level::level_enum level, std::string_view text) {
    try {
        keep(level, one_line(scrub(text), line_limit));
    } catch (const std::exception&) {
    }
}

/// The file may name users and proxies, and its folder is open to everybody (0755). spdlog opens by
/// fopen(3), which follows links and leaves the mode to the umask, so the file is made before it. A
/// folder that is missing is made by spdlog.
spdlog::file_event_handlers close_to_others() {
    spdlog::file_event_handlers handlers;
    handlers.before_open = [](const spdlog::filename_t& path) {
        constexpr int how = O_WRONLY | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC;
        if (!Descriptor(::open(path.c_str(), how, 0640)) && errno != ENOENT) {
            throw spdlog::spdlog_ex("cannot open " + path, errno);
        }
    };
    handlers.after_open = [](const spdlog::filename_t&, std::FILE* file) {
        if (::fchmod(::fileno(file), 0640) != 0 ||
            ::fcntl(::fileno(file), F_SETFD, FD_CLOEXEC) != 0) {
            throw spdlog::spdlog_ex("cannot restrict access to the log file", errno);
        }
    };
    return handlers;
}

std::shared_ptr<spdlog::logger> make_logger(const std::string& path) {
    auto sink = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
        path, file_size, old_files, false, close_to_others());
    auto logger = std::make_shared<spdlog::logger>("handler", std::move(sink));
    logger->set_pattern("%Y-%m-%dT%H:%M:%SZ %L %v", spdlog::pattern_time_type::utc);
    logger->flush_on(spdlog::level::trace);
    // The default prints to stderr, of which the agent shows people only the beginning.
    logger->set_error_handler([](const std::string&) {});
    return logger;
}

/// The beginning and, because errors stand there, more of the end.
std::string capped(const std::string& text) {
    if (text.size() <= output_limit) {
        return text;
    }
    constexpr std::size_t head = output_limit / 4;
    constexpr std::size_t tail = output_limit - head;
    return fmt::format("{}\n[{} bytes left out]\n{}",
                       text.substr(0, head),
                       text.size() - output_limit,
                       text.substr(text.size() - tail));
}

}  // namespace

std::string open_log(const std::string& folder) try {
    Log& log = the_log();
    close_log();
    if (!folder.starts_with('/')) {
        return "the log folder is unknown";
    }
    const std::string path = folder + "/handler.log";
    log.file = make_logger(path);
    log.path = path;
    for (const Line& line : log.kept) {
        write(*log.file, line);
    }
    return {};
} catch (const std::exception& error) {
    return one_line(error.what(), 300);
}

void close_log() {
    the_log().file.reset();
    the_log().path.clear();
}

void log_info(std::string_view text) {
    log_line(spdlog::level::info, text);
}

void log_warning(std::string_view text) {
    log_line(spdlog::level::warn, text);
}

void log_error(std::string_view text) {
    log_line(spdlog::level::err, text);
}

void log_output(std::string_view text) try {
    const std::string clean = printable(capped(scrub(text)), std::string::npos);
    std::string_view rest = clean;
    while (!rest.empty()) {
        const std::size_t end = std::min(rest.find('\n'), rest.size());
        if (end > 0) {
            keep(spdlog::level::info, fmt::format("  | {}", rest.substr(0, end)));
        }
        rest.remove_prefix(std::min(end + 1, rest.size()));
    }
} catch (const std::exception&) {
}

std::string log_path() {
    return the_log().path;
}

std::vector<std::string> kept_log_lines() {
    std::vector<std::string> lines;
    for (const Line& line : the_log().kept) {
        lines.push_back(line.text);
    }
    return lines;
}

}  // namespace aadssh
