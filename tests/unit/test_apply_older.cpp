// SPDX-License-Identifier: MIT
// The newest package is refused for its signature or its checksum.
#include "tests/unit/plans.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace aadssh;

namespace {

const std::string newest = "1.0.3";
const std::string before = "1.0.2";
const CommandResult bad_hash = exits(
    100,
    "E: Failed to fetch https://packages.microsoft.com/x_1.0.3_amd64.deb  Hash Sum mismatch\n");
const CommandResult no_signature =
    exits(100, "E: There were unauthenticated packages and -y was used\n");

struct Refusing {
    Plans plans;
    CommandResult refusal = bad_hash;

    explicit Refusing(const std::vector<std::string>& published = {newest, before}) {
        plans.vm.fake.processes.on_call({"apt-cache", "madison"}, [published](const Command&) {
            std::string text;
            for (const auto& version : published) {
                text += fmt::format("aadsshlogin | {} | https://x bookworm/main amd64 Packages\n",
                                    version);
            }
            return exits(0, text);
        });
        // apt-get DO aadsshlogin, apt-get DO aadsshlogin=VERSION
        plans.vm.fake.processes.on_call({"apt-get", "fetch"},
                                        [this](const Command& c) { return fetch(c); });
        plans.vm.fake.processes.on_call({"apt-get", "install"}, [this](const Command& c) {
            plans.vm.dpkg["aadsshlogin"] = {"ii ",
                                            c.argv[2].ends_with("=" + before) ? before : newest};
            return exits(0);
        });
    }

    CommandResult fetch(const Command& command) const {
        return command.argv[2].ends_with("=" + before) ? older : refusal;
    }

    static RunTool step(ToolRun kind, const std::string& word) {
        auto made = tool(kind, {"apt-get", word, "aadsshlogin"});
        made.purpose = word + " aadsshlogin";
        made.package = "aadsshlogin";
        made.older_question = {"apt-cache", "madison", "aadsshlogin"};
        made.older_argv = {"apt-get", word, "aadsshlogin={version}"};
        return made;
    }
    Applied apply() {
        return plans.apply_steps(
            {step(ToolRun::download, "fetch"), step(ToolRun::transaction, "install")});
    }
    std::vector<std::string> tool_lines() const { return plans.vm.package_manager_commands(); }

    CommandResult older = exits(0);
};

}  // namespace

TEST_CASE("older version: one that passes the checks is installed in place of a refused one") {
    for (const auto& refusal : {bad_hash, no_signature}) {
        Refusing refusing;
        refusing.refusal = refusal;
        const auto applied = refusing.apply();
        CHECK(applied.outcome == Outcome::ok);
        CHECK(refusing.plans.vm.version("aadsshlogin") == before);
        REQUIRE(applied.warnings.size() == 1);
        CHECK(contains_text(applied.warnings[0], "so version 1.0.2 was installed instead"));
        CHECK(contains_text(applied.warnings[0], "E: "));
        CHECK(refusing.tool_lines() ==
              std::vector<std::string>{"apt-get fetch aadsshlogin",
                                       "apt-cache madison aadsshlogin",
                                       "apt-get fetch aadsshlogin=1.0.2",
                                       "apt-get install aadsshlogin=1.0.2"});
    }
}

TEST_CASE("older version: where that is refused, too, the first refusal is the failure") {
    Refusing refusing;
    refusing.older = exits(100, "E: something else\n");
    const auto applied = refusing.apply();
    CHECK(applied.outcome == Outcome::mismatch);
    CHECK(contains_text(applied.words, "Hash Sum mismatch"));
    CHECK(applied.warnings.empty());
    CHECK(refusing.plans.vm.version("aadsshlogin") == "(absent)");
}

TEST_CASE("older version: where there is none, nothing more is tried") {
    Refusing refusing({newest});
    CHECK(refusing.apply().outcome == Outcome::mismatch);
    CHECK(refusing.plans.vm.fake.processes.ran({"apt-get"}) == 1);
}

TEST_CASE("older version: what is installed is never replaced by something older") {
    for (const std::string installed : {"1.0.2", "1.0.2.1"}) {
        Refusing refusing;
        refusing.plans.vm.dpkg["aadsshlogin"] = {"ii ", installed};
        const auto applied = refusing.apply();
        CHECK(applied.outcome == Outcome::ok);
        CHECK(refusing.plans.vm.version("aadsshlogin") == installed);
        CHECK(refusing.plans.vm.fake.processes.ran({"apt-get"}) == 1);
        REQUIRE(applied.warnings.size() == 1);
        CHECK(contains_text(applied.warnings[0], fmt::format("so version {} stays", installed)));
    }
    Refusing refusing;
    refusing.plans.vm.dpkg["aadsshlogin"] = {"ii ", "1.0.1"};
    CHECK(refusing.apply().outcome == Outcome::ok);
    CHECK(refusing.plans.vm.version("aadsshlogin") == before);
}

TEST_CASE("older version: a network that fails, or a full disk, is no reason for one") {
    for (const auto* words : {"E: Failed to fetch https://x  Connection failed\n",
                              "E: You don't have enough free space in /var/cache\n"}) {
        Refusing refusing;
        refusing.refusal = exits(100, words);
        CHECK(refusing.apply().outcome != Outcome::ok);
        CHECK(refusing.plans.vm.fake.processes.ran({"apt-cache"}) == 0);
    }
}

TEST_CASE(
    "older version: a tool that checks only at the installation fetches the older one first") {
    Refusing refusing;
    refusing.refusal = exits(0);
    refusing.plans.vm.fake.processes.on_call({"apt-get", "install"}, [&](const Command& c) {
        if (!c.argv[2].ends_with("=" + before)) {
            return no_signature;
        }
        refusing.plans.vm.dpkg["aadsshlogin"] = {"ii ", before};
        return exits(0);
    });
    CHECK(refusing.apply().outcome == Outcome::ok);
    CHECK(refusing.tool_lines() == std::vector<std::string>{"apt-get fetch aadsshlogin",
                                                            "apt-get install aadsshlogin",
                                                            "apt-cache madison aadsshlogin",
                                                            "apt-get fetch aadsshlogin=1.0.2",
                                                            "apt-get install aadsshlogin=1.0.2"});
}
