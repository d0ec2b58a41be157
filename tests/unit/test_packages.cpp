// SPDX-License-Identifier: MIT
#include "handler/failure.hpp"
#include "handler/packages.hpp"
#include "handler/run_context.hpp"
#include "installers/apt.hpp"
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

using Status = PackageState::Status;

struct Database {
    FakeWorld fake;
    World world = fake.world();

    explicit Database(CommandResult answer) {
        fake.processes.on({"dpkg-query"}, std::move(answer));
    }

    /// The code of the Failure that the question ends with; ok when there is none.
    ExitCode code() {
        try {
            ask_packages(world, apt, {"aadsshlogin"});
        } catch (const Failure& failure) {
            message = failure.message();
            return failure.code;
        }
        return ExitCode::ok;
    }
    std::string message;
};

CommandResult result(void (*change)(CommandResult&)) {
    CommandResult made;
    change(made);
    return made;
}

}  // namespace

TEST_CASE("packages: one state per name, in the order asked") {
    Database database(exits(1,
                            "dpkg-query: no packages found matching aadlogin\n"
                            "aadsshlogin\tii \t1.0.2\nold\trc \t0.9\nhalf\tiF \t1\n"));
    const auto states =
        ask_packages(database.world, apt, {"aadlogin", "half", "old", "aadsshlogin"});
    REQUIRE(states.size() == 4);
    CHECK(states[0].name == "aadlogin");
    CHECK(states[0].status == Status::absent);
    CHECK(states[1].status == Status::broken);
    CHECK(states[2].status == Status::config_files);
    CHECK(states[3].installed());
    CHECK(states[3].version == "1.0.2");
    CHECK(database.fake.processes.commands.size() == 1);
}

TEST_CASE("packages: a database that cannot be asked is never taken for an empty one") {
    SUBCASE("not started") {
        Database database(
            result([](CommandResult& r) { r.started = false, r.error = "No such file"; }));
        CHECK(database.code() == ExitCode::missing_dependency);
        CHECK(database.message.find("No such file") != std::string::npos);
    }
    SUBCASE("no answer in time") {
        Database database(result([](CommandResult& r) { r.timed_out = true; }));
        CHECK(database.code() == ExitCode::missing_dependency);
        CHECK(database.message.find("cannot be read in time") != std::string::npos);
        CHECK(database.message.find("see what uses it: fuser -v") != std::string::npos);
        CHECK(database.message.find("--configure") == std::string::npos);
    }
    SUBCASE("crashed") {
        Database database(result([](CommandResult& r) { r.signal = 11; }));
        CHECK(database.code() == ExitCode::missing_dependency);
        CHECK(database.message.find("dpkg-query: ended by signal 11") != std::string::npos);
        CHECK(database.message.find("as root, run: dpkg --configure -a") != std::string::npos);
    }
    SUBCASE("damaged: dpkg-query(1) ends with 2") {
        Database database(
            exits(2, "dpkg-query: error: parsing file '/var/lib/dpkg/status' near line 1\n"));
        CHECK(database.code() == ExitCode::missing_dependency);
        CHECK(database.message.find("/var/lib/dpkg/status") != std::string::npos);
    }
    SUBCASE("this program was asked to end") {
        Database database(exits(0));
        database.fake.processes.stop_requested = true;
        CHECK(database.code() != ExitCode::ok);
    }
}

TEST_CASE("packages: the names of what is installed are sorted; leftovers do not count") {
    Database database(exits(0, "zlib\tii \t1\naadsshlogin\trc \t1\nbash\tii \t5\n"));
    CHECK(installed_packages(database.world, apt) == std::vector<std::string>{"bash", "zlib"});
}

TEST_CASE("packages: who owns a file") {
    Database owned(exits(0, "packages-microsoft-prod: /usr/share/keyrings/microsoft-prod.gpg\n"));
    CHECK(owning_package(owned.world, apt, "/usr/share/keyrings/microsoft-prod.gpg") ==
          "packages-microsoft-prod");
    Database unowned(exits(1, "dpkg-query: no path found matching pattern /x\n"));
    CHECK(owning_package(unowned.world, apt, "/x").empty());
}

TEST_CASE("packages: no question waits longer than the command has, but for 5 s at its end") {
    Database database(exits(0, "packages-microsoft-prod: /x\n"));
    const auto limits = [&] {
        database.fake.processes.commands.clear();
        ask_package(database.world, apt, "aadsshlogin");
        installed_packages(database.world, apt);
        owning_package(database.world, apt, "/x");
        std::vector<Milliseconds> found;
        for (const auto& command : database.fake.processes.commands) {
            found.push_back(command.limit);
        }
        return found;
    };
    CHECK(limits() == std::vector<Milliseconds>(3, Seconds(60)));
    const RunContext run(database.world, Seconds(40));
    CHECK(limits() == std::vector<Milliseconds>(3, Seconds(40)));
    database.fake.clock.advance(Seconds(20));
    CHECK(limits() == std::vector<Milliseconds>(3, Seconds(20)));
    run.deadline.lower_to(Seconds(30));
    CHECK(limits() == std::vector<Milliseconds>(3, Seconds(10)));
    database.fake.clock.advance(Seconds(20));
    CHECK(limits() == std::vector<Milliseconds>(3, Seconds(5)));
}

TEST_CASE("packages: every way to end has its words") {
    CHECK(describe_end(exits(100)) == "exit code 100");
    CHECK(describe_end(result([](CommandResult& r) { r.signal = 9; })) ==
          "ended by signal 9 (SIGKILL)");
    CHECK(describe_end(result([](CommandResult& r) { r.started = false, r.error = "gone"; })) ==
          "could not be started: gone");
    CHECK(describe_end(result([](CommandResult& r) {
              r.timed_out = true;
              r.duration = Seconds(60);
          })) == "no end after 60 s");
    CHECK(describe_end(result([](CommandResult& r) {
              r.interrupted = true;
          })).find("asked to end") != std::string::npos);
}
