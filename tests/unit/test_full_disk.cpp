// SPDX-License-Identifier: MIT
// What is left of a status when the disk is full. That a real full disk ends like this, the
// end-to-end tests show (test_full_disk.py).
#include "handler/json.hpp"
#include "handler/status.hpp"
#include "handler/sys/real_files.hpp"
#include "tests/fakes/temporary_folder.hpp"
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

#include <sys/stat.h>
#include <unistd.h>

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
    Json written() const {
        std::string error;
        auto json = Json::parse(files.text(path), error);
        REQUIRE_MESSAGE(json.has_value(), error);
        return *json;
    }
};

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
                                                            "write /s/3.status 0600"});
    CHECK_FALSE(disk.files.has(reserve));
    CHECK(disk.write().empty());
    CHECK(disk.files.has(reserve));  // as soon as there is room again
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

TEST_CASE("full disk: a reserve has real blocks, is closed to others and is made once") {
    TemporaryFolder folder;
    RealFiles files(folder.path(), ::geteuid());
    CHECK(files.reserve("/r", 65536).empty());
    struct stat status {};
    ::stat((folder.path() + "/r").c_str(), &status);
    CHECK(status.st_blocks * 512 >= 65536);
    CHECK((status.st_mode & 07777U) == 0600);
    const auto inode = status.st_ino;
    CHECK(files.reserve("/r", 65536).empty());
    ::stat((folder.path() + "/r").c_str(), &status);
    CHECK(status.st_ino == inode);
    CHECK_FALSE(files.reserve("/absent/r", 1).empty());
}

}  // namespace aadssh
