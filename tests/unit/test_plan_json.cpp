// SPDX-License-Identifier: MIT
#include "handler/json.hpp"
#include "handler/plan_command.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

Json json_of(const Plan& plan) {
    std::string error;
    const auto json = Json::parse(plan_json(plan), error);
    REQUIRE_MESSAGE(json.has_value(), error);
    return *json;
}

RunTool refresh() {
    RunTool step;
    step.purpose = "refresh";
    step.kind = ToolRun::refresh;
    step.argv = {"apt-get", "update"};
    return step;
}

}  // namespace

TEST_CASE("plan --json: every kind of step, in order") {
    auto run = refresh();
    run.package = "aadsshlogin";
    run.optional = true;
    run.remedies.push_back({Outcome::unmet, {refresh(), refresh()}});
    run.older_argv = {"apt-get", "install", "x={version}"};
    Plan plan{.title = "The \"title\"", .steps = {}, .notes = {"A note."}};
    plan.steps = {MakeScratch{.folder = "/s", .subfolders = {}},
                  WriteKeyring{"/k", {"a.asc"}, "https://k.example", {"F1", "F2"}},
                  WriteFile{.path = "/f", .content = "a\nb\"\\", .mode = 0644, .temporary = true},
                  run,
                  RemoveFile{"/old"},
                  RemoveScratch{"/s"}};
    const auto json = json_of(plan);
    CHECK(json.string("/title") == "The \"title\"");
    CHECK(json.strings("/notes") == std::vector<std::string>{"A note."});
    CHECK(json.size("/steps") == 6);
    const char* kinds[] = {
        "make-scratch", "write-keyring", "write-file", "run", "remove-file", "remove-scratch"};
    for (std::size_t i = 0; i < 6; ++i) {
        const auto at = "/steps/" + std::to_string(i);
        CHECK(json.string(at + "/kind") == kinds[i]);
        CHECK(json.string(at + "/text") == describe(plan.steps[i]));
    }
    CHECK(json.strings("/steps/1/accepted") == std::vector<std::string>{"F1", "F2"});
    CHECK(json.string("/steps/1/url") == "https://k.example");
    CHECK(json.string("/steps/2/content") == "a\nb\"\\");
    CHECK(json.boolean("/steps/2/temporary") == true);
    CHECK(json.string("/steps/3/run") == "refresh");
    CHECK(json.strings("/steps/3/argv") == std::vector<std::string>{"apt-get", "update"});
    CHECK(json.boolean("/steps/3/optional") == true);
    CHECK(json.string("/steps/3/remedies/0/on") == outcome_name(Outcome::unmet));
    CHECK(json.size("/steps/3/remedies/0/steps") == 2);
    CHECK(json.string("/steps/3/remedies/0/steps/1/kind") == "run");
    CHECK(json.strings("/steps/3/older")->at(2) == "x={version}");
    CHECK(json.string("/steps/4/path") == "/old");
}

TEST_CASE("plan --json: an empty plan is a plan") {
    CHECK(plan_json({.title = "t", .steps = {}, .notes = {}}) ==
          R"({"title":"t","steps":[],"notes":[]})");
}

TEST_CASE("plan --json: no environment, where a proxy's password would be") {
    auto run = refresh();
    run.environment = {{"https_proxy", "http://user:hunter2@proxy.example:3128"}};
    CHECK(plan_json({.title = "t", .steps = {run}, .notes = {}}).find("hunter2") ==
          std::string::npos);
}
