// SPDX-License-Identifier: MIT
#include "handler/cloud_init.hpp"
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/transaction.hpp"
#include "tests/unit/plans.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

#include <algorithm>

using namespace aadssh;

namespace {

const std::string status_file = "/run/cloud-init/status.json";
const std::string result_file = "/run/cloud-init/result.json";

/// As cloud-init writes it: the stages that have begun, with their times.
std::string status(const std::string& stage) {
    return fmt::format(
        R"({{"v1":{{"datasource":"DataSourceAzure [seed=/dev/sr0]","init":{{"errors":[],)"
        R"("finished":1522066377.0,"start":1522066375.2}},"modules-final":{{"errors":[],)"
        R"("finished":null,"start":1522066382.3}},"stage":{}}}}})",
        stage.empty() ? "null" : "\"" + stage + "\"");
}

struct Booting {
    Plans plans;
    FakeFiles& files = plans.vm.fake.files;
    FakeClock& clock = plans.vm.fake.clock;

    explicit Booting(const std::string& stage) { files.add(status_file, status(stage)); }

    void ends_after(std::size_t seconds) {
        clock.at_sleep = [this, seconds] {
            if (clock.sleeps.size() == seconds) {
                files.add(status_file, status(""));
                files.add(result_file, R"({"v1":{"errors":[]}})");
            }
        };
    }
};

bool logged(const std::string& part) {
    const auto lines = kept_log_lines();
    return std::ranges::any_of(lines,
                               [&](const std::string& line) { return contains_text(line, part); });
}

}  // namespace

TEST_CASE("cloud-init: which stages may be installing packages") {
    struct {
        std::string text;
        std::string stage;
    } const rows[] = {
        {status("modules-final"), "modules-final"},
        {status("modules-config"), "modules-config"},
        {status("init"), ""},
        {status("init-local"), ""},
        {status(""), ""},
        {"", ""},
        {"{", ""},
        {"[]", ""},
        {R"({"v1":{"stage":7}})", ""},
        {R"({"stage":"modules-final"})", ""},
    };
    for (const auto& row : rows) {
        CAPTURE(row.text);
        FakeFiles files;
        files.add(status_file, row.text);
        CHECK(running_package_stage(files) == row.stage);
    }
    FakeFiles none;
    CHECK(running_package_stage(none).empty());
    FakeFiles over;
    over.add(status_file, status("modules-final"));
    over.add(result_file, "{}");
    CHECK(running_package_stage(over).empty());
}

TEST_CASE("cloud-init: a package stage is waited for before the first download, and no longer") {
    Booting booting("modules-final");
    booting.ends_after(7);
    const auto applied = [&] {
        booting.plans.answers({exits(0)});
        return booting.plans.apply_steps({tool(ToolRun::refresh), tool(ToolRun::download)});
    }();
    CHECK(applied.outcome == Outcome::ok);
    CHECK(booting.clock.slept() == Seconds(7));
    CHECK(logged("cloud-init's stage modules-final runs (" + status_file + ")"));
    CHECK(logged("cloud-init's stages have ended after 7 s"));
}

TEST_CASE("cloud-init: what changes nothing does not wait for it") {
    Booting booting("modules-final");
    booting.plans.answers({exits(0)});
    booting.plans.apply_steps({tool(ToolRun::refresh), tool(ToolRun::check)});
    CHECK(booting.clock.sleeps.empty());
}

TEST_CASE(
    "cloud-init: a stage that waits for us in turn is passed after a third of the time, once") {
    Booting booting("modules-final");
    booting.plans.answers({exits(0)});
    CHECK(
        booting.plans.apply_steps({tool(ToolRun::download), tool(ToolRun::transaction)}).outcome ==
        Outcome::ok);
    CHECK(booting.clock.slept() == Seconds(840 / 3));
    CHECK(logged("cloud-init's stage modules-final still runs after 280 s; going on beside it"));
}

TEST_CASE("cloud-init: what a transaction needs is not spent on waiting") {
    Booting booting("modules-config");
    booting.plans.run.deadline.lower_to(Seconds(240));
    booting.clock.advance(Seconds(100));
    await_cloud_init(booting.plans.run);
    CHECK(booting.clock.slept() == Seconds(20));
    CHECK(booting.plans.run.deadline.left() == transaction_reserve(booting.plans.run.deadline));
}

TEST_CASE("cloud-init: being asked to end ends the wait") {
    Booting booting("modules-final");
    booting.clock.at_sleep = [&] { booting.plans.vm.fake.processes.stop_requested = true; };
    CHECK(booting.plans.code({tool(ToolRun::download)}) == ExitCode::deadline_reached);
    CHECK(contains_text(booting.plans.message, "cloud-init was waited for"));
    CHECK(booting.clock.sleeps.size() == 1);
}

TEST_CASE("cloud-init: a lock that stays held is told with the stage that still runs") {
    Booting booting("modules-final");
    booting.files.lock_holders["/var/lib/dpkg/lock-frontend"] = 9;
    booting.plans.vm.fake.processes.names[9] = "apt-get";
    booting.plans.answers({exits(0)});
    CHECK(booting.plans.code({installing("aadsshlogin")}) == ExitCode::package_manager_locked);
    CHECK(contains_text(booting.plans.message, "pid 9 (apt-get)"));
    CHECK(contains_text(booting.plans.message, "cloud-init's stage modules-final still runs"));
    CHECK(contains_text(booting.plans.message, "fuser -v /var/lib/dpkg/lock-frontend"));
}
