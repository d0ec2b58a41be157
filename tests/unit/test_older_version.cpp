// SPDX-License-Identifier: MIT
#include "installers/apt.hpp"
#include "installers/dnf.hpp"
#include "installers/older_version.hpp"
#include "installers/tdnf.hpp"
#include "installers/yum.hpp"
#include "installers/zypper.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <string>
#include <vector>

using namespace aadssh;

namespace {

using Strings = std::vector<std::string>;

const std::string newest = "1.0.033070001";
const std::string before = "1.0.030480001";

}  // namespace

TEST_CASE("older version: numbers count as numbers") {
    struct {
        std::string left;
        std::string right;
        int order;  ///< -1, 0, 1
    } const rows[] = {
        {"1.0.030480001", "1.0.033070001", -1},
        {"1.0.9", "1.0.10", -1},
        {"1.0.09", "1.0.9", 0},
        {"1.0.030480001-1", "1.0.030480001-2", -1},
        {"1.0.030480001", "1.0.030480001-1", -1},
        {"1.0a", "1.0b", -1},
        {"1.0a", "1.0.1", -1},
        {"1.0", "1..0", 0},
        {"", "", 0},
        {"", "0", -1},
        {"99999999999999999999999998", "99999999999999999999999999", -1},
    };
    for (const auto& row : rows) {
        CAPTURE(row.left);
        CAPTURE(row.right);
        const auto sign = [](int order) {
            return static_cast<int>(order > 0) - static_cast<int>(order < 0);
        };
        CHECK(sign(compare_versions(row.left, row.right)) == row.order);
        CHECK(sign(compare_versions(row.right, row.left)) == -row.order);
    }
}

TEST_CASE("older version: the newest that a release can use, whatever its package's release is") {
    const std::string pin = "1.0.027980001";
    CHECK(newest_up_to({}, pin).empty());
    CHECK(newest_up_to({newest + "-1", before + "-1"}, pin).empty());
    CHECK(newest_up_to({newest + "-1", "1.0.027980001-2", "1.0.027980001-1", "1.0.015950001-1"},
                       pin) == "1.0.027980001-2");
    CHECK(newest_up_to({"1.0.015950001-1", newest + "-1"}, pin) == "1.0.015950001-1");
}

TEST_CASE("older version: the newest but one, in whatever order the tool lists them") {
    CHECK(newest_but_one({}).empty());
    CHECK(newest_but_one({newest}).empty());
    CHECK(newest_but_one({newest, newest}).empty());  // the same for two architectures
    CHECK(newest_but_one({newest, before}) == before);
    CHECK(newest_but_one({before, newest, newest}) == before);
    CHECK(newest_but_one({"1.0.10", "1.0.9", "1.0.2"}) == "1.0.9");
}

TEST_CASE("older version: what each tool publishes, from its own words") {
    CHECK(apt.published_versions(
              "aadsshlogin | 1.0.033070001 | https://x noble/main amd64 Packages\n"
              "aadsshlogin | 1.0.030480001 | https://x noble/main amd64 Packages\n") ==
          Strings{newest, before});
    CHECK(dnf.published_versions("1.0.030480001-1\n1.0.033070001-1\nno version\n") ==
          Strings{before + "-1", newest + "-1"});
    CHECK(zypper.published_versions(test_data("zypper/1.14-query-several.txt")) ==
          Strings{newest + "-1", before + "-1", "1.0.027980001-1"});
    const std::string rows =
        "aadsshlogin.x86_64   1.0.030480001-1   prod\n"
        "aadsshlogin.x86_64   1.0.033070001-1   prod\n";
    CHECK(tdnf.published_versions(rows + "aadsshlogin.x86_64 1.0.01-1 @System\n") ==
          Strings{before + "-1", newest + "-1"});
    CHECK(yum.published_versions("Installed Packages\naadsshlogin.x86_64 1.0.01-1 @prod\n"
                                 "Available Packages\n" +
                                 rows) == Strings{before + "-1", newest + "-1"});
}

TEST_CASE("older version: each tool has its own way to name a version") {
    InstallInputs inputs;
    inputs.repository = {.url = "https://packages.microsoft.com/x",
                         .spellings = {},
                         .suite = {},
                         .id = "prod",
                         .provider = {}};
    inputs.packages = {"aadsshlogin"};
    struct {
        const PackageTool& tool;
        std::string word;
    } const rows[] = {
        {apt, "aadsshlogin=1.0-1"},
        {dnf, "aadsshlogin-1.0-1"},
        {yum, "aadsshlogin-1.0-1"},
        {tdnf, "aadsshlogin-1.0-1"},
        {zypper, "aadsshlogin=1.0-1"},
    };
    for (const auto& row : rows) {
        CAPTURE(std::string(row.tool.name));
        std::size_t found = 0;
        for (const Step& step : row.tool.install_plan(inputs).steps) {
            const auto* run = std::get_if<RunTool>(&step);
            if (run == nullptr || run->older_argv.empty()) {
                continue;
            }
            ++found;
            CHECK_FALSE(run->older_question.empty());
            const RunTool one = with_version(*run, "1.0-1");
            CHECK(std::ranges::find(one.argv, row.word) != one.argv.end());
            CHECK(std::ranges::find(one.argv, "aadsshlogin") == one.argv.end());
            CHECK(one.older_argv.empty());
            CHECK(one.purpose.ends_with(" 1.0-1"));
        }
        CHECK(found == 2);  // download and transaction
    }
}

TEST_CASE(
    "older version: beside a pin, at a reinstallation and for others' packages only the newest") {
    InstallInputs pinned;
    pinned.packages = {"aadsshlogin"};
    pinned.pin = "1.0.027980001";
    InstallInputs again;
    again.packages = again.reinstall = {"aadsshlogin"};
    InstallInputs provided;
    provided.repository.provider = "azurelinux-repos-ms-non-oss";
    for (const auto& inputs : {pinned, again, provided}) {
        for (const auto* tool : {&zypper, &dnf, &tdnf}) {
            for (const Step& step : tool->install_plan(inputs).steps) {
                const auto* run = std::get_if<RunTool>(&step);
                CHECK((run == nullptr || run->older_argv.empty()));
            }
        }
    }
}
