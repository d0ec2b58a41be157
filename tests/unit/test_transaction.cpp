// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"
#include "handler/log.hpp"
#include "handler/transaction.hpp"
#include "installers/apt.hpp"
#include "installers/yum.hpp"
#include "installers/zypper.hpp"
#include "tests/unit/machines.hpp"

#include <doctest/doctest.h>

#include <algorithm>
#include <optional>

using namespace aadssh;

namespace {

const std::string frontend_lock = "/var/lib/dpkg/lock-frontend";

struct Attempt {
    Machine vm{debian_12};
    World world = vm.fake.world();
    RunContext run;
    const RunTool step{.purpose = "install aadsshlogin",
                       .kind = ToolRun::transaction,
                       .argv = {"apt-get", "--no-download", "install", "aadsshlogin"},
                       .environment = {{"DEBIAN_FRONTEND", "noninteractive"}}};

    explicit Attempt(Seconds limit = Seconds(840)) : run(world, limit) {}

    std::optional<Failure> failure() {
        try {
            run_transaction(run, apt, step);
        } catch (const Failure& thrown) {
            return thrown;
        }
        return std::nullopt;
    }
    std::optional<Failure> failure_of_waiting() {
        try {
            await_earlier_transaction(run);
        } catch (const Failure& thrown) {
            return thrown;
        }
        return std::nullopt;
    }
    void hold_lock(pid_t pid = 812) {
        vm.fake.files.lock_holders[frontend_lock] = pid;
        vm.fake.processes.names[pid] = "unattended-upgr";
    }
    /// Somebody frees the lock after so many polls.
    void free_lock_after(std::size_t polls) {
        vm.fake.clock.at_sleep = [this, polls] {
            if (vm.fake.clock.sleeps.size() == polls) {
                vm.fake.files.lock_holders.clear();
            }
        };
    }
    bool recorded() const { return contains_text(vm.state_text(), "\"transaction\""); }
    /// A transaction that an earlier run left behind.
    void left_behind(pid_t pid, const std::string& boot = "11111111-2222-3333-4444-555555555555") {
        run.state.transaction = TransactionRecord{"install aadsshlogin", {pid, 777}, boot};
    }
};

CommandResult lasting(Seconds duration) {
    auto result = exits(0, "Setting up aadsshlogin\n");
    result.duration = duration;
    return result;
}

bool logged(const std::string& part) {
    const auto lines = kept_log_lines();
    return std::ranges::any_of(lines,
                               [&](const std::string& line) { return contains_text(line, part); });
}

}  // namespace

TEST_CASE(
    "transaction: intent first, then the start, then the pid, then nothing is left on record") {
    Attempt attempt;
    std::string at_start;
    attempt.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
        at_start = attempt.vm.state_text();
        return exits(0, "Setting up aadsshlogin\n");
    });
    const auto result = run_transaction(attempt.run, apt, attempt.step);
    CHECK(result.ok());
    CHECK(result.output == "Setting up aadsshlogin\n");
    CHECK(contains_text(at_start, R"("transaction":{"purpose":"install aadsshlogin","pid":0)"));
    CHECK_FALSE(attempt.recorded());
    const auto writes =
        std::ranges::count(attempt.vm.fake.files.operations,
                           std::string("write /var/lib/aadsshlogin-handler/state.json 0600"));
    CHECK(writes == 3);  // intent, pid, done
}

TEST_CASE("transaction: detached, in /, its output in a file outside the handler's folder") {
    Attempt attempt;
    run_transaction(attempt.run, apt, attempt.step);
    REQUIRE(attempt.vm.fake.processes.detached.size() == 1);
    const auto& child = attempt.vm.fake.processes.detached.front();
    CHECK(child.output_path == "/var/lib/aadsshlogin-handler/transaction.log");
    CHECK(child.command.folder == "/");
    CHECK(child.command.environment.at("DEBIAN_FRONTEND") == "noninteractive");
    // Its words are in the log, scrubbed; as the tool wrote them they stay nowhere.
    CHECK_FALSE(attempt.vm.fake.files.has(child.output_path));
}

TEST_CASE("transaction: of more output than is read, the end counts") {
    Attempt attempt;
    std::string output;
    while (output.size() < 5UL * 1024 * 1024) {
        output += "Setting up some package\n";
    }
    attempt.vm.fake.processes.on({"apt-get"}, exits(100, output + "E: broken\n"));
    const auto result = run_transaction(attempt.run, apt, attempt.step);
    CHECK(result.output.size() <= 4UL * 1024 * 1024);
    CHECK(result.output.starts_with("Setting up"));
    CHECK(result.output.ends_with("\nE: broken\n"));
    CHECK(logged("E: broken"));
}

TEST_CASE("transaction: it is not started when its intent cannot be recorded") {
    Attempt attempt;
    attempt.vm.fake.files.refused[state_folder] = "No space left on device";
    CHECK(attempt.failure()->code == ExitCode::missing_dependency);
    CHECK(attempt.vm.fake.processes.commands.empty());
}

TEST_CASE("transaction: a pid that cannot be recorded does not stop it") {
    Attempt attempt;
    attempt.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
        attempt.vm.fake.files.fail_on(1);
        return exits(0);
    });
    CHECK_FALSE(attempt.failure().has_value());
}

TEST_CASE("transaction: one that cannot be started leaves no record") {
    Attempt attempt;
    CommandResult missing;
    missing.started = false;
    missing.error = "No such file or directory";
    attempt.vm.fake.processes.on({"apt-get"}, missing);
    const auto result = run_transaction(attempt.run, apt, attempt.step);
    CHECK_FALSE(result.started);
    CHECK(result.error == "No such file or directory");
    CHECK_FALSE(attempt.recorded());
}

TEST_CASE("transaction: waits for whoever holds the lock and says who it is") {
    Attempt attempt;
    attempt.hold_lock();
    attempt.free_lock_after(3);
    CHECK_FALSE(attempt.failure().has_value());
    CHECK(attempt.vm.fake.clock.sleeps.size() == 3);
    CHECK(logged("/var/lib/dpkg/lock-frontend is held by pid 812 (unattended-upgr)"));
}

TEST_CASE("transaction: each holder is named once, as it takes over from the one before") {
    Attempt attempt;
    attempt.hold_lock(71812);
    auto& fake = attempt.vm.fake;
    fake.processes.names[71900] = "apt-get";
    fake.clock.at_sleep = [&] {
        if (fake.clock.sleeps.size() == 3) {
            fake.files.lock_holders[frontend_lock] = 71900;
        } else if (fake.clock.sleeps.size() == 6) {
            fake.files.lock_holders.clear();
        }
    };
    CHECK_FALSE(attempt.failure().has_value());
    const auto lines = kept_log_lines();
    for (const std::string holder : {"pid 71812 (unattended-upgr)", "pid 71900 (apt-get)"}) {
        CAPTURE(holder);
        CHECK(std::ranges::count_if(lines, [&](const std::string& line) {
                  return contains_text(line, "waiting: ") && contains_text(line, holder);
              }) == 1);
    }
}

TEST_CASE(
    "transaction: 56 with the holder's name when the lock stays held, and nothing was started") {
    Attempt attempt;
    attempt.hold_lock();
    const auto failure = attempt.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::package_manager_locked);
    CHECK(contains_text(failure->message(), "pid 812 (unattended-upgr)"));
    CHECK(
        contains_text(failure->message(), "nobody was stopped; wait until that program has ended"));
    CHECK_FALSE(contains_text(failure->message(), "cloud-init"));
    CHECK(attempt.vm.fake.processes.commands.empty());
    CHECK_FALSE(attempt.recorded());
    // Just enough was left for a transaction.
    CHECK(attempt.run.deadline.left() >= Seconds(120));
    CHECK(attempt.run.deadline.left() <= Seconds(121));
}

TEST_CASE("transaction: a holder outside our view is named as such") {
    Attempt attempt(Seconds(10));
    attempt.hold_lock(0);
    CHECK(contains_text(attempt.failure()->message(), "a process outside our view"));
}

TEST_CASE("transaction: a pid file counts while the process named in it lives") {
    struct Row {
        const PackageTool& tool;
        std::string path;
    };
    for (const Row& row : {Row{zypper, "/run/zypp.pid"}, Row{yum, "/var/run/yum.pid"}}) {
        CAPTURE(row.path);
        Attempt attempt;
        auto& files = attempt.vm.fake.files;
        attempt.vm.fake.processes.names[812] = "packagekitd";
        files.add(row.path, "812\n");
        files.add("/proc/812/stat", "812 (packagekitd) S 1");
        attempt.vm.fake.clock.at_sleep = [&] {
            if (attempt.vm.fake.clock.sleeps.size() == 3) {
                files.entries.erase("/proc/812/stat");  // killed: its file stays
            }
        };
        const auto result = run_transaction(attempt.run, row.tool, attempt.step);
        CHECK(result.ok());
        CHECK(attempt.vm.fake.clock.sleeps.size() == 3);
        CHECK(files.has(row.path));
        CHECK(logged(row.path + " is held by pid 812 (packagekitd)"));

        files.add("/proc/812/stat", "812 (packagekitd) S 1");
        attempt.vm.fake.clock.at_sleep = nullptr;
        CHECK_THROWS_AS(run_transaction(attempt.run, row.tool, attempt.step), Failure);
    }
}

TEST_CASE("transaction: a stale or senseless pid file holds nobody up") {
    for (const std::string text :
         {"", "\n", "812\n", "0\n", "-1\n", "pid 1\n", "99999999999999\n"}) {
        CAPTURE(text);
        Attempt attempt;
        attempt.vm.fake.files.add("/run/zypp.pid", text);
        attempt.vm.fake.files.add("/proc/1/stat", "1 (systemd) S 0");
        attempt.vm.fake.files.add("/proc/0/stat", "no such thing");
        CHECK(run_transaction(attempt.run, zypper, attempt.step).ok());
        CHECK(attempt.vm.fake.clock.sleeps.empty());
    }
    Attempt absent;
    CHECK(run_transaction(absent.run, zypper, absent.step).ok());
    // A record lock is not mistaken for a pid file, nor the other way round.
    Attempt other;
    other.vm.fake.files.lock_holders["/run/zypp.pid"] = 812;
    CHECK(run_transaction(other.run, zypper, other.step).ok());
}

TEST_CASE("transaction: rpm's own lock is waited for under both of its names") {
    for (const std::string path : {"/var/lib/rpm/.rpm.lock", "/usr/lib/sysimage/rpm/.rpm.lock"}) {
        CAPTURE(path);
        Attempt attempt;
        attempt.vm.fake.files.lock_holders[path] = 812;
        attempt.free_lock_after(2);
        CHECK(run_transaction(attempt.run, zypper, attempt.step).ok());
        CHECK(attempt.vm.fake.clock.sleeps.size() == 2);
    }
}

TEST_CASE(
    "transaction: none is started with less than the smaller of 120 s and half the limit left") {
    Attempt attempt;
    CHECK(transaction_reserve(attempt.run.deadline) == Seconds(120));
    Attempt brief(Seconds(10));
    CHECK(transaction_reserve(brief.run.deadline) == Seconds(5));

    brief.vm.fake.clock.advance(Seconds(5) + Milliseconds(1));
    const auto failure = brief.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::deadline_reached);
    CHECK(brief.vm.fake.processes.commands.empty());

    Attempt just(Seconds(10));
    just.vm.fake.clock.advance(Seconds(5));
    CHECK_FALSE(just.failure().has_value());
}

TEST_CASE("transaction: one that outlives the deadline is left running, on record, with code 66") {
    Attempt attempt;
    attempt.vm.fake.processes.on({"apt-get"}, lasting(Seconds(2000)));
    const auto failure = attempt.failure();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::transaction_running);
    CHECK(contains_text(failure->message(), "/var/lib/aadsshlogin-handler/transaction.log"));
    CHECK(contains_text(attempt.vm.state_text(), R"("pid":5001,"startTime":777)"));
    CHECK(attempt.vm.fake.processes.living.size() == 1);
}

TEST_CASE("transaction: when we are asked to end it is left running, too") {
    Attempt attempt;
    attempt.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
        attempt.vm.fake.processes.stop_requested = true;
        return lasting(Seconds(30));
    });
    CHECK(attempt.failure()->code == ExitCode::transaction_running);
    CHECK(attempt.recorded());
}

TEST_CASE("transaction: what a killed package manager has started is waited for") {
    Attempt attempt;
    CommandResult killed;
    killed.signal = 9;
    attempt.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
        attempt.hold_lock();  // dpkg goes on
        return killed;
    });
    SUBCASE("until it has ended") {
        attempt.free_lock_after(5);
        CHECK_FALSE(attempt.failure().has_value());
        CHECK(attempt.vm.fake.clock.sleeps.size() == 5);
        CHECK_FALSE(attempt.recorded());
    }
    SUBCASE("by the next run, too") {
        const auto failure = attempt.failure();
        REQUIRE(failure.has_value());
        CHECK(failure->code == ExitCode::transaction_running);
        CHECK(contains_text(failure->message(), "pid 812 (unattended-upgr)"));
        CHECK(contains_text(failure->message(), "SIGKILL"));
        CHECK(contains_text(failure->message(), "Fix: wait a few minutes"));
        CHECK(attempt.recorded());
        CHECK(attempt.run.state.transaction->process.pid == 0);
    }
}

TEST_CASE("earlier transaction: without one nothing happens") {
    Attempt attempt;
    attempt.hold_lock();
    CHECK_FALSE(attempt.failure_of_waiting().has_value());
    CHECK(attempt.vm.fake.files.operations.empty());
}

TEST_CASE("earlier transaction: the next run waits for its end") {
    Attempt attempt;
    attempt.left_behind(5001);
    attempt.vm.fake.processes.living[5001] = 777;
    attempt.vm.fake.clock.at_sleep = [&] {
        if (attempt.vm.fake.clock.sleeps.size() == 4) {
            attempt.vm.fake.processes.living.clear();
        }
    };
    CHECK_FALSE(attempt.failure_of_waiting().has_value());
    CHECK(attempt.vm.fake.clock.sleeps.size() == 4);
    CHECK_FALSE(attempt.run.state.transaction.has_value());
    CHECK_FALSE(attempt.recorded());
}

TEST_CASE("earlier transaction: 66 again when it still runs at the deadline") {
    Attempt attempt(Seconds(20));
    attempt.left_behind(5001);
    attempt.vm.fake.processes.living[5001] = 777;
    const auto failure = attempt.failure_of_waiting();
    REQUIRE(failure.has_value());
    CHECK(failure->code == ExitCode::transaction_running);
    CHECK(attempt.run.state.transaction.has_value());
    CHECK(attempt.run.deadline.reached());
}

TEST_CASE(
    "earlier transaction: another process with the same pid, or another boot, is not waited for") {
    Attempt reused;
    reused.left_behind(5001);
    reused.vm.fake.processes.living[5001] = 778;
    CHECK_FALSE(reused.failure_of_waiting().has_value());
    CHECK(reused.vm.fake.clock.sleeps.empty());

    Attempt rebooted;
    rebooted.left_behind(5001, "another-boot");
    rebooted.vm.fake.processes.living[5001] = 777;
    rebooted.hold_lock();
    CHECK_FALSE(rebooted.failure_of_waiting().has_value());
    CHECK(rebooted.vm.fake.clock.sleeps.empty());
}

TEST_CASE("earlier transaction: an intent without a pid means waiting on the tool's lock") {
    Attempt attempt;
    attempt.left_behind(0);
    attempt.hold_lock();
    attempt.free_lock_after(2);
    CHECK_FALSE(attempt.failure_of_waiting().has_value());
    CHECK(attempt.vm.fake.clock.sleeps.size() == 2);
    CHECK_FALSE(attempt.recorded());
}

TEST_CASE("earlier transaction: once it has ended, the locks of others are not our concern") {
    Attempt attempt(Seconds(20));
    attempt.left_behind(5001);
    attempt.hold_lock();
    CHECK_FALSE(attempt.failure_of_waiting().has_value());
    CHECK(attempt.vm.fake.clock.sleeps.empty());
}

TEST_CASE("transaction: what was installed before it is in the journal while it runs") {
    Attempt attempt;
    std::string at_start;
    attempt.vm.fake.processes.on_call({"apt-get"}, [&](const Command&) {
        at_start = attempt.vm.state_text();
        return exits(0);
    });
    run_transaction(attempt.run, apt, attempt.step, {"bash", "dpkg"});
    CHECK(contains_text(at_start, R"("installedBefore":["bash","dpkg"])"));
    CHECK_FALSE(contains_text(attempt.vm.state_text(), "installedBefore"));
}

TEST_CASE("earlier transaction: the dependencies that it brought are on record once it has ended") {
    Attempt attempt;
    attempt.left_behind(5001);
    attempt.run.state.record_package("aadsshlogin");
    auto& before = attempt.run.state.transaction->installed_before;
    for (const auto& [name, package] : attempt.vm.dpkg) {
        before.push_back(name);
    }
    const auto brings = [&] {
        attempt.vm.dpkg["aadsshlogin"] = {"ii ", "1.0.2"};
        attempt.vm.dpkg["libaad0"] = {"ii ", "3.1"};
        attempt.vm.dpkg["half"] = {"iU ", "1"};
    };
    SUBCASE("while we waited") {
        attempt.vm.fake.processes.living[5001] = 777;
        attempt.vm.fake.clock.at_sleep = [&] {
            brings();
            attempt.vm.fake.processes.living.clear();
        };
    }
    SUBCASE("long ago") {
        brings();
    }
    SUBCASE("cut off by a reboot") {
        attempt.run.state.transaction->boot_id = "another-boot";
        brings();
    }
    CHECK_FALSE(attempt.failure_of_waiting().has_value());
    CHECK(attempt.run.state.dependencies == std::vector<std::string>{"libaad0"});
    CHECK(contains_text(attempt.vm.state_text(), R"("dependencies":["libaad0"])"));
}

TEST_CASE("earlier transaction: without a list of what was there nothing is a dependency") {
    Attempt attempt;
    attempt.left_behind(5001);
    CHECK_FALSE(attempt.failure_of_waiting().has_value());
    CHECK(attempt.run.state.dependencies.empty());
}
