// SPDX-License-Identifier: MIT
// What is left of a status when the disk is full. That a real full disk ends like this, the
// end-to-end tests show (test_full_disk.py).
#include "handler/status.hpp"
#include "handler/sys/real_files.hpp"
#include "tests/fakes/temporary_folder.hpp"
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <filesystem>

namespace aadssh {
namespace {

const char* path = "/s/3.status";
const std::string reserve = "/s/.aadssh-reserve";
const std::string full = "No space left on device";

struct Disk : FakeWorld {
    World world = FakeWorld::world();
    Report report{.success = false,
                  .code = 52,
                  .operation = "enable",
                  .message = "the disk is full",
                  .substatus = {{"pam", Substatus::Level::success, 0, "in order"}}};

    Disk() { files.add_folder("/s"); }
    std::string write() { return write_status(world, "/s", "3", report); }
};

/// From now on this process is killed when it makes that system call (seccomp(2)).
void die_at(unsigned call) {
    std::array<sock_filter, 4> code{{
        {BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(seccomp_data, nr)},
        {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, call},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_KILL_PROCESS},
        {BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW},
    }};
    const sock_fprog program{code.size(), code.data()};
    ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
}

}  // namespace

TEST_CASE("full disk: the reserve is made once, and given up when a status finds no room") {
    Disk disk;
    CHECK(disk.write().empty());
    CHECK(disk.files.entries.at(reserve).content.size() == 64UL * 1024);
    CHECK(disk.write().empty());
    disk.files.operations.clear();
    disk.files.fail_on(1);
    CHECK(disk.write().empty());
    CHECK(disk.files.operations == std::vector<std::string>{"write /s/3.status 0600 FAILED",
                                                            "remove " + reserve,
                                                            "write /s/3.status 0600",
                                                            "reserve " + reserve});
}

TEST_CASE("full disk: of a reserve that was given up, what remains is kept for the next status") {
    class AlmostFull : public FakeFiles {
      public:
        std::size_t room = 1UL << 20U;
        std::string reserve(const std::string& file, std::size_t bytes) override {
            return bytes <= room ? FakeFiles::reserve(file, bytes) : full;
        }
    };
    AlmostFull files;
    files.add_folder("/s");
    Disk disk;
    World world{files, disk.processes, disk.http, disk.clock, {}, "/opt", "x86_64"};
    CHECK(write_status(world, "/s", "3", disk.report).empty());
    files.room = 60000;
    files.fail_on(1);
    CHECK(write_status(world, "/s", "4", disk.report).empty());
    CHECK(files.entries.at(reserve).content.size() == 14UL * 4096);
    files.room = 1UL << 20U;
    CHECK(write_status(world, "/s", "4", disk.report).empty());
    CHECK(files.entries.at(reserve).content.size() == 64UL * 1024);  // there is room again
}

TEST_CASE("full disk: where no block is left, the file that is there is rewritten") {
    class NoRoom : public FakeFiles {
      public:
        std::size_t room = 1UL << 20U;
        std::string write(const std::string&, const std::string&, unsigned) override {
            return full;
        }
        std::string overwrite(const std::string& file, const std::string& content) override {
            return content.size() <= room ? FakeFiles::overwrite(file, content) : full;
        }
    };
    NoRoom files;
    files.add_folder("/s");
    Disk disk;
    World world{files, disk.processes, disk.http, disk.clock, {}, "/opt", "x86_64"};
    CHECK(write_status(world, "/s", "3", disk.report) ==
          "cannot write /s/3.status: No space left on device");
    files.add(path, "cut off");
    CHECK(write_status(world, "/s", "3", disk.report).empty());
    CHECK(files.text(path) == status_json(disk.report, disk.clock.utc()));

    files.room = files.text(path).size() - 1;  // the verdict goes in, the checks do not
    CHECK(write_status(world, "/s", "3", disk.report).empty());
    CHECK(files.text(path).find("the disk is full") != std::string::npos);
    CHECK(files.text(path).find("in order") == std::string::npos);

    files.operations.clear();
    CHECK(write_status(world, "/s", "4", disk.report).empty());  // a number that has no file yet
    CHECK(files.text("/s/4.status").find("the disk is full") != std::string::npos);
    CHECK_FALSE(files.has(path));
    const std::vector<std::string> in_this_order{"overwrite /s/3.status",
                                                 "rename /s/3.status /s/4.status"};
    const auto& done = files.operations;
    CHECK(std::search(done.begin(), done.end(), in_this_order.begin(), in_this_order.end()) !=
          done.end());
}

TEST_CASE("full disk: a real file is rewritten in its own blocks") {
    TemporaryFolder folder;
    RealFiles files(folder.path(), ::geteuid());
    REQUIRE(files.write("/a", std::string(3000, 'x'), 0600).empty());
    const auto before = files.info("/a");
    struct stat first {};
    ::stat((folder.path() + "/a").c_str(), &first);
    CHECK(files.overwrite("/a", "short").empty());
    struct stat second {};
    ::stat((folder.path() + "/a").c_str(), &second);
    CHECK(files.read("/a", 100).text == "short");
    CHECK(first.st_ino == second.st_ino);
    CHECK(files.overwrite("/a", std::string(100000, 'y')).empty());
    CHECK(files.read("/a", 200000).text == std::string(100000, 'y'));
    CHECK(files.info("/a")->mode == before->mode);
    CHECK_FALSE(files.overwrite("/absent", "x").empty());
    std::filesystem::create_symlink(folder.path() + "/a", folder.path() + "/link");
    CHECK_FALSE(files.overwrite("/link", "through a link").empty());
    std::filesystem::create_directory(folder.path() + "/folder");
    CHECK_FALSE(files.overwrite("/folder", "x").empty());
}

TEST_CASE("full disk: a run that is killed while it rewrites a file leaves the new text alone") {
    TemporaryFolder folder;
    RealFiles files(folder.path(), ::geteuid());
    REQUIRE(files.write("/a", std::string(3000, 'x'), 0600).empty());
    const pid_t child = ::fork();
    if (child == 0) {
        die_at(__NR_ftruncate);
        files.overwrite("/a", "[{}]");
        ::_exit(0);
    }
    int status = 0;
    REQUIRE(::waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(files.read("/a", 4000).text == "[{}]" + std::string(2996, ' '));
}

TEST_CASE("full disk: a reserve has real blocks, is closed to others and grows") {
    TemporaryFolder folder;
    RealFiles files(folder.path(), ::geteuid());
    struct stat status {};
    for (const std::size_t size : {4096UL, 65536UL, 65536UL}) {
        CHECK(files.reserve("/r", size).empty());
        ::stat((folder.path() + "/r").c_str(), &status);
        CHECK(static_cast<std::size_t>(status.st_size) == size);
        CHECK(static_cast<std::size_t>(status.st_blocks) * 512 >= size);
        CHECK((status.st_mode & 07777U) == 0600);
    }
    CHECK_FALSE(files.reserve("/absent/r", 1).empty());
    std::filesystem::create_symlink(folder.path() + "/r", folder.path() + "/link");
    CHECK_FALSE(files.reserve("/link", 1).empty());
}

}  // namespace aadssh
