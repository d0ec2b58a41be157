// SPDX-License-Identifier: MIT
#include "handler/update_marker.hpp"
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

struct Marked {
    FakeWorld fake;
    World world = fake.world();
    Marked() { REQUIRE(write_update_marker(world, "1.0.0").empty()); }
    bool holds(const std::string& version = "1.0.0") { return update_marker_holds(world, version); }
};

std::string leaving(const Variables& environment, const std::string& own) {
    FakeWorld fake;
    fake.environment = environment;
    return leaving_version(fake.world(), own);
}

}  // namespace

TEST_CASE("the leaving version: at an upgrade the old one, at a downgrade our own") {
    const std::string from = "AZURE_GUEST_AGENT_UPDATING_FROM_VERSION";
    CHECK(leaving({{"VERSION", "2.0.0"}, {from, "1.0.0"}}, "2.0.0") == "1.0.0");
    // `update` of the old, higher version; both variables name the new, lower one.
    CHECK(leaving({{"VERSION", "1.0.0"}, {from, "1.0.0"}}, "2.0.0") == "2.0.0");
    CHECK(leaving({}, "2.0.0").empty());
    CHECK(leaving({{"VERSION", "2.0.0"}}, "2.0.0").empty());
    CHECK(leaving({{from, "1.0.0"}}, "2.0.0") == "1.0.0");
    // A downgrade by an agent that does not tell our own version.
    CHECK(leaving({{"VERSION", "1.0.0"}, {from, "1.0.0"}}, "").empty());
}

TEST_CASE("the marker's format never changes") {
    Marked marked;
    CHECK(marked.fake.files.text("/var/lib/aadsshlogin-handler/update-marker") ==
          "aadsshlogin-handler update 1\n"
          "leaving 1.0.0\n"
          "boot 11111111-2222-3333-4444-555555555555\n"
          "uptime 3600\n");
    CHECK(marked.fake.files.operations.back() ==
          "write /var/lib/aadsshlogin-handler/update-marker 0600");
}

TEST_CASE("the marker holds for that version, in that boot, for 15 minutes") {
    Marked marked;
    CHECK(marked.holds());
    CHECK_FALSE(marked.holds("2.0.0"));
    CHECK_FALSE(marked.holds("1.0"));
    CHECK_FALSE(marked.holds(""));
    marked.fake.clock.advance(Seconds(15 * 60));
    CHECK(marked.holds());
    marked.fake.clock.advance(Seconds(1));
    CHECK_FALSE(marked.holds());
}

TEST_CASE("the marker does not outlive a reboot, even to the same uptime") {
    Marked marked;
    marked.fake.clock.boot = "another-boot";
    CHECK_FALSE(marked.holds());
}

TEST_CASE("a marker from the future or without a boot id does not hold") {
    Marked marked;
    marked.fake.clock.up -= Seconds(1);
    CHECK_FALSE(marked.holds());

    FakeWorld blind;
    blind.clock.boot.clear();
    World world = blind.world();
    CHECK(write_update_marker(world, "1.0.0").empty());
    CHECK_FALSE(update_marker_holds(world, "1.0.0"));
}

TEST_CASE("a garbled marker does not hold") {
    const std::string head = "aadsshlogin-handler update 1\n";
    const std::string boot = "boot 11111111-2222-3333-4444-555555555555\n";
    const std::vector<std::string> garbled{
        "",
        head,
        head + "leaving 1.0.0\n" + boot,
        head + "leaving 1.0.0\n" + boot + "uptime 3600",
        head + "leaving 1.0.0\n" + boot + "uptime \n",
        head + "leaving 1.0.0\n" + boot + "uptime 36 00\n",
        head + "leaving 1.0.0\n" + boot + "uptime 99999999999999999999\n",
        head + "leaving 1.0.0\n" + boot + "uptime -9223372036854775808\n",
        head + boot + "leaving 1.0.0\nuptime 3600\n",
        "aadsshlogin-handler update 2\nleaving 1.0.0\n" + boot + "uptime 3600\n",
        std::string(8192, 'x'),
        std::string("\0\0\0", 3),
    };
    for (const auto& text : garbled) {
        CAPTURE(text.substr(0, 100));
        Marked marked;
        marked.fake.files.add(update_marker_path, text);
        CHECK_FALSE(marked.holds());
    }
}

TEST_CASE("a marker that is a folder does not hold, and removing none is no error") {
    FakeWorld fake;
    World world = fake.world();
    fake.files.add_folder(update_marker_path);
    CHECK_FALSE(update_marker_holds(world, "1.0.0"));
    FakeWorld empty;
    World nothing = empty.world();
    remove_update_marker(nothing);
    CHECK_FALSE(update_marker_holds(nothing, "1.0.0"));
}

TEST_CASE("a marker that cannot be written is reported") {
    FakeWorld fake;
    World world = fake.world();
    fake.files.refused["/var/lib"] = "No space left on device";
    CHECK(write_update_marker(world, "1.0.0") == "No space left on device");
}
