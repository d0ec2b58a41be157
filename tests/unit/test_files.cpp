// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"
#include "handler/sys/file_parts.hpp"
#include "handler/sys/real_files.hpp"
#include "tests/fakes/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <filesystem>
#include <fstream>

using namespace aadssh;
using State = FileText::State;
using Names = std::vector<std::string>;
namespace fs = std::filesystem;

namespace {

/// Real files in a folder of their own, under the strictest umask.
struct Sandbox {
    TemporaryFolder folder;
    RealFiles files{folder.path(), ::geteuid()};
    mode_t umask_before = ::umask(077);

    Sandbox() = default;
    ~Sandbox() { ::umask(umask_before); }
    Sandbox(const Sandbox&) = delete;
    Sandbox& operator=(const Sandbox&) = delete;

    fs::path real(const std::string& path) const { return folder.path() + path; }
    void put(const std::string& path, const std::string& text, unsigned mode = 0644) {
        fs::create_directories(real(path).parent_path());
        std::ofstream(real(path)) << text;
        ::chmod(real(path).c_str(), mode);
    }
    std::string text(const std::string& path) const { return files.read(path, 1000).text; }
};

}  // namespace

TEST_CASE("reading says what there is") {
    Sandbox box;
    box.put("/a", "12345");
    CHECK(box.files.read("/a", 5).text == "12345");
    CHECK(box.files.read("/a", 4).state == State::too_big);
    CHECK(box.files.read("/b", 9).state == State::absent);
    CHECK(box.files.read("/a/b", 9).state == State::absent);
    CHECK(box.files.read("/", 9).state == State::not_a_file);
    ::mkfifo(box.real("/fifo").c_str(), 0600);
    CHECK(box.files.read("/fifo", 9).state == State::not_a_file);  // and does not wait for a writer
    fs::create_symlink(box.real("/a"), box.real("/link"));
    CHECK(box.files.read("/link", 9).text == "12345");
    fs::create_symlink(box.real("/loop"), box.real("/loop"));
    CHECK(box.files.read("/loop", 9).state == State::failed);
    CHECK(RealFiles().read("/proc/self/stat", 4096).text.size() > 20);
    CHECK(not_opened(EACCES, "/x").state == State::denied);
    CHECK(not_opened(EACCES, "/x").why == "/x: Permission denied");
}

TEST_CASE("the end of a file begins with a whole line") {
    Sandbox box;
    box.put("/a", "one\ntwo\nthree\n");
    const auto end = [&](std::size_t limit) { return box.files.read_end("/a", limit).text; };
    CHECK(end(14) == "one\ntwo\nthree\n");
    CHECK(end(100) == "one\ntwo\nthree\n");
    CHECK(end(12) == "two\nthree\n");
    CHECK(end(7) == "three\n");
    CHECK(end(6).empty());
    CHECK(box.files.read_end("/b", 9).state == State::absent);
    CHECK(box.files.read_end("/", 9).state == State::not_a_file);
}

TEST_CASE("reading tells the mode behind a link") {
    Sandbox box;
    box.put("/a", "x", 0666);
    fs::create_symlink(box.real("/a"), box.real("/link"));
    CHECK(box.files.read("/link", 9).mode == 0666);
    CHECK(box.files.read("/link", 9).group == ::getegid());
}

TEST_CASE("a trusted file belongs, like all above it, to the right user alone") {
    Sandbox box;
    box.put("/etc/app/settings.json", "{}");
    fs::permissions(box.real("/etc"), fs::perms(0755));
    const auto trusted = [&] { return box.files.read_trusted("/etc/app/settings.json", 10); };
    CHECK(trusted().text == "{}");
    CHECK(box.files.read_trusted("/etc/app/settings.json", 1).state == State::too_big);
    CHECK(box.files.read_trusted("/etc/app/none", 10).state == State::absent);
    CHECK(box.files.read_trusted("/none/none", 10).state == State::absent);
    CHECK(box.files.read_trusted("/etc/app", 10).state == State::untrusted);

    // Root's own group, which those who are not root cannot give files to, is harmless.
    constexpr gid_t somebodys = 1;
    const bool is_root = ::geteuid() == 0;
    const auto with_mode = [&](const std::string& path, unsigned mode) {
        const auto before = fs::status(box.real(path)).permissions();
        if (is_root) {
            REQUIRE(::chown(box.real(path).c_str(), 0, somebodys) == 0);
        }
        ::chmod(box.real(path).c_str(), mode);
        const FileText result = trusted();
        fs::permissions(box.real(path), before);
        CHECK(result.state == State::untrusted);
        CHECK(result.text.empty());
        return result.why;
    };
    CHECK(with_mode("/etc/app/settings.json", 0664).starts_with("/etc/app/settings.json can be"));
    CHECK(with_mode("/etc/app/settings.json", 0602).starts_with("/etc/app/settings.json can be"));
    CHECK(with_mode("/etc/app", 0775).starts_with("/etc/app can be"));
    CHECK(with_mode("/etc", 01777).starts_with("/etc can be"));
    CHECK(with_mode("", 0777).starts_with("/ can be"));
    CHECK(trusted().ok());
    if (is_root) {
        REQUIRE(::chown(box.real("/etc").c_str(), 0, 0) == 0);
        fs::permissions(box.real("/etc"), fs::perms(0775));
        CHECK(trusted().ok());
    }

    const RealFiles for_other(box.folder.path(), ::geteuid() + 1);
    CHECK(for_other.read_trusted("/etc/app/settings.json", 10).state == State::untrusted);
}

TEST_CASE("a trusted file is never reached through a link") {
    Sandbox box;
    box.put("/real/file", "x");
    fs::create_symlink(box.real("/real"), box.real("/folder"));
    fs::create_symlink(box.real("/real/file"), box.real("/real/link"));
    CHECK(box.files.read_trusted("/folder/file", 10).why == "/folder is a link or not a folder");
    CHECK(box.files.read_trusted("/real/link", 10).state == State::untrusted);
    CHECK(box.files.read_trusted("/real/file/x", 10).state == State::untrusted);
    ::mkfifo(box.real("/real/fifo").c_str(), 0600);
    CHECK(box.files.read_trusted("/real/fifo", 10).state == State::untrusted);
}

TEST_CASE("info and list") {
    Sandbox box;
    box.put("/d/b", "123", 0640);
    box.put("/d/a", "");
    fs::create_symlink("b", box.real("/d/link"));
    CHECK(box.files.list("/d") == Names{"a", "b", "link"});
    CHECK(box.files.list("/none").empty());
    const auto info = box.files.info("/d/b");
    REQUIRE(info.has_value());
    CHECK(info->kind == FileInfo::Kind::regular);
    CHECK(info->mode == 0640);
    CHECK(info->owner == ::geteuid());
    CHECK(info->size == 3);
    CHECK(info->modified > 1'600'000'000);
    CHECK(box.files.info("/d/link")->kind == FileInfo::Kind::link);
    CHECK(box.files.info("/d")->kind == FileInfo::Kind::folder);
    CHECK(RealFiles().info("/dev/null")->kind == FileInfo::Kind::other);
    CHECK_FALSE(box.files.info("/none").has_value());
}

TEST_CASE("writing replaces the file as a whole, with the exact mode") {
    Sandbox box;
    CHECK(box.files.write("/new", "one", 0644).empty());
    CHECK(box.files.info("/new")->mode == 0644);
    CHECK(box.files.write("/new", "two", 0600).empty());
    CHECK(box.text("/new") == "two");
    CHECK(box.files.info("/new")->mode == 0600);
    box.put("/target", "untouched");
    fs::create_symlink(box.real("/target"), box.real("/link"));
    CHECK(box.files.write("/link", "three", 0600).empty());
    CHECK(box.files.info("/link")->kind == FileInfo::Kind::regular);
    CHECK(box.text("/target") == "untouched");
}

TEST_CASE("a write that fails leaves everything as it was") {
    Sandbox box;
    box.put("/folder/inside", "x");
    CHECK(box.files.write("/none/x", "x", 0600) == "/none: No such file or directory");
    CHECK(box.files.write("/folder", "x", 0600) == "/folder: Is a directory");
    CHECK(box.files.list("/") == Names{"folder"});
}

TEST_CASE("folders get their mode, missing parents 0755") {
    Sandbox box;
    CHECK(box.files.make_folder("/var/lib/ours", 0700).empty());
    CHECK(box.files.info("/var")->mode == 0755);
    CHECK(box.files.info("/var/lib")->mode == 0755);
    CHECK(box.files.info("/var/lib/ours")->mode == 0700);
    CHECK(box.files.make_folder("/var/lib/ours", 0711).empty());
    CHECK(box.files.info("/var/lib/ours")->mode == 0711);
    fs::create_directory_symlink(box.real("/var"), box.real("/link"));
    CHECK_FALSE(box.files.make_folder("/link", 0700).empty());
    CHECK(box.files.info("/var")->mode == 0755);
    box.put("/file", "x");
    CHECK_FALSE(box.files.make_folder("/file", 0700).empty());
    CHECK_FALSE(box.files.make_folder("/file/below", 0700).empty());
}

TEST_CASE("removing, renaming") {
    Sandbox box;
    box.put("/a", "x");
    CHECK(box.files.rename("/a", "/b").empty());
    CHECK_FALSE(box.files.rename("/a", "/c").empty());
    CHECK(box.files.remove("/b").empty());
    CHECK(box.files.remove("/b").empty());
    CHECK(box.files.list("/").empty());
    fs::create_directory(box.real("/folder"));
    CHECK_FALSE(box.files.remove("/folder").empty());
}

TEST_CASE("a tree goes without what its links point to") {
    Sandbox box;
    box.put("/outside/file", "x");
    box.put("/tree/a/b/c", "x");
    box.put("/tree/d", "x");
    fs::create_directory_symlink(box.real("/outside"), box.real("/tree/a/link"));
    CHECK(box.files.remove_tree("/tree").empty());
    CHECK(box.files.remove_tree("/tree").empty());
    CHECK(box.files.list("/") == Names{"outside"});
    fs::create_directory_symlink(box.real("/outside"), box.real("/link"));
    CHECK(box.files.remove_tree("/link").empty());
    CHECK(box.text("/outside/file") == "x");
}

TEST_CASE("seeding links regular files and keeps what is there") {
    Sandbox box;
    box.put("/from/list_a", "a");
    box.put("/from/list_b", "b");
    box.put("/from/own_c", "c");
    box.put("/from/lock", "");
    box.put("/from/partial/x", "x");
    fs::create_symlink("list_a", box.real("/from/link"));
    box.put("/to/list_b", "kept");
    CHECK(box.files.seed("/from", "/to", "own_").empty());
    CHECK(box.files.list("/to") == Names{"list_a", "list_b"});
    CHECK(box.text("/to/list_b") == "kept");
    CHECK(fs::hard_link_count(box.real("/to/list_a")) == 2);
    CHECK_FALSE(box.files.seed("/none", "/to", "").empty());
    CHECK_FALSE(box.files.seed("/from", "/none", "").empty());
}

TEST_CASE("seeding onto another file system copies, times and mode included") {
    const TemporaryFolder elsewhere("/dev/shm");
    Sandbox box;
    box.put("/list", std::string(3U << 20U, 'x'), 0640);
    fs::last_write_time(box.real("/list"),
                        fs::file_time_type::clock::now() - std::chrono::hours(5));
    const RealFiles everywhere;
    CHECK(RealFiles().seed(box.folder.path(), elsewhere.path(), "").empty());
    const auto copy = everywhere.info(elsewhere.path() + "/list");
    REQUIRE(copy.has_value());
    CHECK(copy->size == 3U << 20U);
    CHECK(copy->mode == 0640);
    CHECK(copy->modified == box.files.info("/list")->modified);
    CHECK(everywhere.list(elsewhere.path()) == Names{"list"});
}

TEST_CASE("our lock is held by one, and names its owner") {
    Sandbox box;
    auto lock = box.files.try_lock("/lock", "pid 1, a longer text");
    REQUIRE(lock != nullptr);
    CHECK(box.files.info("/lock")->mode == 0600);
    CHECK(box.files.try_lock("/lock", "pid 2") == nullptr);
    CHECK(box.text("/lock") == "pid 1, a longer text");
    lock.reset();
    CHECK(box.files.try_lock("/lock", "pid 2") != nullptr);
    CHECK(box.text("/lock") == "pid 2");
    CHECK_THROWS_AS(box.files.try_lock("/none/lock", ""), Failure);
    fs::create_symlink(box.real("/lock"), box.real("/link"));
    CHECK_THROWS_AS(box.files.try_lock("/link", ""), Failure);
}

TEST_CASE("the holder of a package manager's lock is found") {
    Sandbox box;
    box.put("/lock", "");
    CHECK_FALSE(box.files.lock_holder("/lock").has_value());
    CHECK_FALSE(box.files.lock_holder("/none").has_value());
    CHECK_FALSE(box.files.info("/none").has_value());
    std::array<int, 2> ready{};
    std::array<int, 2> done{};
    REQUIRE(::pipe(ready.data()) == 0);
    REQUIRE(::pipe(done.data()) == 0);
    const std::string path = box.real("/lock");
    const pid_t child = ::fork();
    if (child == 0) {
        ::close(done[1]);
        struct flock lock {};
        lock.l_type = F_WRLCK;
        lock.l_whence = SEEK_SET;
        const bool locked = ::fcntl(::open(path.c_str(), O_RDWR), F_SETLK, &lock) == 0;
        char byte = locked ? 'y' : 'n';
        const bool told = ::write(ready[1], &byte, 1) == 1;
        ::_exit(told && ::read(done[0], &byte, 1) == 0 ? 0 : 1);  // until the other end is closed
    }
    char byte = 'n';
    CHECK(::read(ready[0], &byte, 1) == 1);
    CHECK(byte == 'y');
    CHECK(box.files.lock_holder("/lock") == child);
    for (const int end : {ready[0], ready[1], done[0], done[1]}) {
        ::close(end);
    }
    int status = -1;
    ::waitpid(child, &status, 0);
    CHECK(status == 0);
    CHECK_FALSE(box.files.lock_holder("/lock").has_value());
}

TEST_CASE("free space is asked of the nearest folder that exists") {
    Sandbox box;
    const auto space = box.files.free_space("/not/yet/there");
    REQUIRE(space.has_value());
    CHECK(*space > 0);
    CHECK(*space < 1ULL << 60U);
}
