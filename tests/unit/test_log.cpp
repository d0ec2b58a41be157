// SPDX-License-Identifier: MIT
#include "handler/log.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace aadssh {
namespace {

/// A folder of this test's own, which is gone with the log in it afterwards.
class LogFolder {
  public:
    LogFolder() { path_ = mkdtemp(path_.data()); }
    ~LogFolder() {
        close_log();
        std::filesystem::remove_all(path_);
    }
    LogFolder(const LogFolder&) = delete;
    LogFolder& operator=(const LogFolder&) = delete;

    const std::string& path() const { return path_; }
    std::string text(const std::string& name = "handler.log") const {
        std::ifstream file(path_ + "/" + name, std::ios::binary);
        return {std::istreambuf_iterator<char>(file), {}};
    }
    std::ptrdiff_t lines() const {
        const std::string all = text();
        return std::count(all.begin(), all.end(), '\n');
    }

  private:
    std::string path_ = (std::filesystem::temp_directory_path() / "log-test-XXXXXX").string();
};

std::string last_line(const std::string& text) {
    const std::size_t end = text.rfind('\n');
    const std::size_t start =
        end == 0 || end == std::string::npos ? end : text.rfind('\n', end - 1);
    return text.substr(start + 1, end - start - 1);
}

bool contains(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
}

TEST_CASE("log: lines from before it was opened are written, then each as it comes") {
    LogFolder folder;
    log_info("kept until now");
    REQUIRE(open_log(folder.path()) == "");
    CHECK(log_path() == folder.path() + "/handler.log");
    CHECK(contains(folder.text(), " I kept until now\n"));
    log_warning("second");
    CHECK(last_line(folder.text()).ends_with("Z W second"));
    log_error("third");
    CHECK(last_line(folder.text()).ends_with("Z E third"));
    CHECK(kept_log_lines().back() == "third");
    close_log();
    CHECK(log_path() == "");
    log_info("for nobody");
    CHECK_FALSE(contains(folder.text(), "for nobody"));
}

TEST_CASE("log: time stamps are UTC") {
    LogFolder folder;
    setenv("TZ", "Asia/Kolkata", 1);
    tzset();
    REQUIRE(open_log(folder.path()) == "");
    const std::time_t before = std::time(nullptr);
    log_info("now");
    unsetenv("TZ");
    tzset();
    std::tm parts{};
    const std::string line = last_line(folder.text());
    REQUIRE(strptime(line.c_str(), "%Y-%m-%dT%H:%M:%SZ", &parts) != nullptr);
    CHECK(std::abs(timegm(&parts) - before) < 60);
}

TEST_CASE("log: one line each, scrubbed and printable") {
    LogFolder folder;
    REQUIRE(open_log(folder.path()) == "");
    log_info("proxy http://joe:secret@proxy\n2026-01-01T00:00:00Z E forged\x1b[2J");
    CHECK(last_line(folder.text())
              .ends_with(" I proxy http://***@proxy 2026-01-01T00:00:00Z E forged [2J"));
}

TEST_CASE("log: output is indented line by line, so that it cannot pass for ours") {
    LogFolder folder;
    REQUIRE(open_log(folder.path()) == "");
    const std::ptrdiff_t before = folder.lines();
    log_output("Get:1 https://joe:secret@host stable\n\nReading lists...\r\nlast");
    CHECK(folder.lines() == before + 3);
    CHECK(contains(folder.text(), " I   | Get:1 https://***@host stable\n"));
    CHECK(last_line(folder.text()).ends_with(" I   | last"));
}

TEST_CASE("log: long output keeps its beginning and its end") {
    LogFolder folder;
    REQUIRE(open_log(folder.path()) == "");
    const std::size_t before = folder.text().size();
    log_output("first\n" + std::string(100'000, 'x') + "\nthe error");
    const std::string text = folder.text();
    CHECK(text.size() - before < 17'000);
    CHECK(contains(text, "  | first\n"));
    CHECK(contains(text, "bytes left out]\n"));
    CHECK(last_line(text).ends_with("  | the error"));
}

TEST_CASE("log: five files of at most 1 MiB, closed to others") {
    LogFolder folder;
    umask(0);
    REQUIRE(open_log(folder.path()) == "");
    const std::string line(4000, 'x');
    for (int i = 0; i < 1800; ++i) {
        log_info(line);
    }
    umask(022);
    int files = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path())) {
        ++files;
        CHECK(entry.file_size() <= 1024UL * 1024);
        struct stat info {};
        REQUIRE(stat(entry.path().c_str(), &info) == 0);
        CHECK((info.st_mode & 0777U) == 0640);
    }
    CHECK(files == 5);
}

TEST_CASE("log: only the last 1,000 lines are kept") {
    for (int i = 0; i < 1500; ++i) {
        log_info(std::to_string(i));
    }
    CHECK(kept_log_lines().size() == 1000);
    CHECK(kept_log_lines().front() == "500");
    CHECK(kept_log_lines().back() == "1499");
}

TEST_CASE("log: a folder that cannot be used is told, and logging goes on without a file") {
    LogFolder folder;
    CHECK(open_log("") == "the log folder is unknown");
    CHECK(open_log("relative") == "the log folder is unknown");
    std::filesystem::create_directory(folder.path() + "/handler.log");
    CHECK(contains(open_log(folder.path()), "handler.log"));
    CHECK(log_path() == "");
    log_info("goes on");
    CHECK(kept_log_lines().back() == "goes on");
}

TEST_CASE("log: a link is not followed") {
    LogFolder folder;
    std::ofstream(folder.path() + "/target") << "theirs";
    std::filesystem::create_symlink(folder.path() + "/target", folder.path() + "/handler.log");
    CHECK(contains(open_log(folder.path()), "cannot open " + folder.path() + "/handler.log"));
    log_info("not for them");
    CHECK(folder.text("target") == "theirs");
    std::filesystem::remove(folder.path() + "/target");
    CHECK(open_log(folder.path()) != "");
    CHECK_FALSE(std::filesystem::exists(folder.path() + "/target"));
}

TEST_CASE("log: a folder that is missing is made") {
    LogFolder folder;
    CHECK(open_log(folder.path() + "/deep/down") == "");
}

TEST_CASE("log: no program that is started gets the file") {
    LogFolder folder;
    REQUIRE(open_log(folder.path()) == "");
    int found = 0;
    for (const auto& entry : std::filesystem::directory_iterator("/proc/self/fd")) {
        std::error_code gone;  // the iterator's own
        if (std::filesystem::read_symlink(entry.path(), gone) == log_path()) {
            const int number = std::stoi(entry.path().filename());
            CHECK((::fcntl(number, F_GETFD) & FD_CLOEXEC) != 0);
            ++found;
        }
    }
    CHECK(found == 1);
}

TEST_CASE("log: a full disk ends nothing") {
    LogFolder folder;
    REQUIRE(open_log(folder.path()) == "");
    rlimit before{};
    REQUIRE(::getrlimit(RLIMIT_FSIZE, &before) == 0);
    auto* const handler = std::signal(SIGXFSZ, SIG_IGN);
    rlimit nothing = before;
    nothing.rlim_cur = 0;
    ::setrlimit(RLIMIT_FSIZE, &nothing);
    log_info("lost");
    log_output("lost\ntoo");
    ::setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, handler);
    CHECK(kept_log_lines().back() == "  | too");
}

}  // namespace
}  // namespace aadssh
