// SPDX-License-Identifier: MIT
#include "handler/json.hpp"
#include "handler/status.hpp"
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

namespace aadssh {
namespace {

const std::string now = "2026-11-22T14:03:59Z";

Report good() {
    return {true,
            0,
            "enable",
            "Sign-in works.",
            {{"identity", Substatus::Level::warning, 60, "IMDS did not answer."}}};
}

Json parsed(const std::string& text) {
    std::string error;
    auto json = Json::parse(text, error);
    REQUIRE_MESSAGE(json, error);
    return *json;
}

TEST_CASE("status: exactly the text that the agent and scripts look for") {
    CHECK(
        status_json(good(), now) ==
        R"([{"version":"1.0","timestampUTC":"2026-11-22T14:03:59Z","status":{"name":"AADSSHLoginForLinux","operation":"enable",)"
        R"("configurationAppliedTime":"2026-11-22T14:03:59Z","status":"success","code":0,)"
        R"("formattedMessage":{"lang":"en-US","message":"Sign-in works."},)"
        R"("substatus":[{"name":"identity","status":"warning","code":60,"formattedMessage":{"lang":"en-US","message":"IMDS did not answer."}}]}}])");
}

TEST_CASE("status: a failure is an error, its code a number, an empty list a list") {
    const Json json = parsed(status_json({false, 22, "install", "No identity.", {}}, now));
    CHECK(json.string("/0/status/status") == "error");
    CHECK(json.integer("/0/status/code") == 22);
    CHECK(json.size("/0/status/substatus") == 0);
}

TEST_CASE("status: every level has its word") {
    using Level = Substatus::Level;
    const Json json = parsed(status_json(
        {true,
         0,
         "x",
         "",
         {{"a", Level::success, 0, ""}, {"b", Level::warning, 0, ""}, {"c", Level::error, 0, ""}}},
        now));
    CHECK(json.string("/0/status/substatus/0/status") == "success");
    CHECK(json.string("/0/status/substatus/1/status") == "warning");
    CHECK(json.string("/0/status/substatus/2/status") == "error");
}

TEST_CASE(
    "status: messages are scrubbed before they are cut, valid UTF-8 and at most 1,024 bytes") {
    Report report = good();
    report.message = "proxy http://joe:secret@proxy " + std::string(3000, 'x') + "\xFF";
    // Cut first, it would end inside the password, which nothing would tell from a host then.
    report.substatus[0].message =
        std::string(1000, 'y') + " http://joe:secret" + std::string(100, 's') + "@proxy";
    const Json json = parsed(status_json(report, now));
    const std::string message = *json.string("/0/status/formattedMessage/message");
    CHECK(message.starts_with("proxy http://***@proxy xx"));
    CHECK(message.size() <= 1024);
    CHECK(message.ends_with("\xE2\x80\xA6"));
    CHECK(json.string("/0/status/substatus/0/formattedMessage/message")->find("secret") ==
          std::string::npos);
}

TEST_CASE("status: the worst report stays below 128 KiB and is still JSON") {
    Report report;
    report.operation = std::string(5000, '"');
    report.message = std::string(5000, '\\');
    report.substatus.assign(
        500,
        {std::string(5000, '"'), Substatus::Level::error, -2147483647, std::string(5000, '\n')});
    const std::string text = status_json(report, now);
    CHECK(text.size() < 128UL * 1024);
    parsed(text);
}

TEST_CASE("status: written atomically as <sequence>.status, for root only") {
    FakeWorld fake;
    fake.files.add_folder("/s");
    World world = fake.world();
    CHECK(write_status(world, "/s", "3", good()) == "");
    CHECK(fake.files.operations ==
          std::vector<std::string>{"write /s/3.status 0600", "reserve /s/.aadssh-reserve"});
    CHECK(fake.files.text("/s/3.status") == status_json(good(), fake.clock.utc()));
}

TEST_CASE("status: what keeps it from being written is told") {
    FakeWorld fake;
    World world = fake.world();
    CHECK(write_status(world, "", "3", good()) == "the status folder is unknown");
    fake.files.add_folder("/s");
    fake.files.refused["/s"] = "Read-only file system";
    CHECK(write_status(world, "/s", "3", good()) ==
          "cannot write /s/3.status: Read-only file system");
}

}  // namespace
}  // namespace aadssh
