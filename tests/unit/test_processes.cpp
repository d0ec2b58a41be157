// SPDX-License-Identifier: MIT
#include "handler/scrub.hpp"
#include "handler/sys/capped_output.hpp"
#include "handler/sys/real_clock.hpp"
#include "handler/sys/real_files.hpp"
#include "handler/sys/real_processes.hpp"
#include "tests/fakes/temporary_folder.hpp"

#include <doctest/doctest.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <fstream>
#include <sstream>
#include <thread>

using namespace aadssh;
using namespace std::chrono_literals;

namespace {

constexpr auto never = 100s;  // far beyond what the tests allow anything to take

Command command(Words argv, std::chrono::milliseconds limit = never) {
    Command result;
    result.argv = std::move(argv);
    result.limit = limit;
    return result;
}

/// The programs under test are scripts; the product itself starts no shell.
Command script(const std::string& text, std::chrono::milliseconds limit = never) {
    return command({"sh", "-c", text}, limit);
}

struct Fixture {
    StopFlag stop;
    RealProcesses processes{stop, 200ms};

    std::string output(const Command& what) { return processes.run(what).output; }
    bool lives(pid_t pid) const {
        const std::string stat =
            RealFiles().read("/proc/" + std::to_string(pid) + "/stat", 4096).text;
        const auto parsed = parse_stat(stat);
        return parsed && processes.alive({pid, parsed->start_time});
    }
    /// SIGKILL works at once, but its victim must get a processor to die on.
    bool dies(const std::string& pid) const {
        const auto end = std::chrono::steady_clock::now() + 30s;
        while (lives(std::stoi(pid)) && std::chrono::steady_clock::now() < end) {
            std::this_thread::yield();
        }
        return !lives(std::stoi(pid));
    }
};

}  // namespace

TEST_CASE("capped output keeps its beginning and its end, in whole lines") {
    CappedOutput output(10);
    output.add("a\nb");
    output.add("cd\nef\rg");
    CHECK(output.text() == "a\nbcd\nef\rg");
    output.add("h");
    CHECK(output.text() == "a\n… 7 bytes left out …\ngh");
    for (int i = 0; i < 1000; ++i) {
        output.add("01234567\n");
    }
    CHECK(output.text() == "a\n… 9009 bytes left out …\n");
    output.add("x\n");
    CHECK(output.text() == "a\n… 9009 bytes left out …\nx\n");
    CappedOutput one_line(10);
    one_line.add("never ending");
    CHECK(one_line.text() == "… 12 bytes left out …\n");
}

TEST_CASE("capped output shows no secret that was cut") {
    const std::string secret = "hunter2hunter2hunter2";
    const std::string line = "password=" + secret + " http://user:" + secret + "@proxy.example\n";
    std::string key = "-----BEGIN PRIVATE KEY-----\n";
    for (int i = 0; i < 8; ++i) {
        key += secret + "\n";
    }
    key += "-----END PRIVATE KEY-----\n";
    for (const std::string& text : {line, key}) {
        for (std::size_t padding = 0; padding < 2 * text.size(); padding += 3) {
            CAPTURE(padding);
            CappedOutput output(4 * text.size());
            output.add(std::string(padding, 'x') + "\n");
            for (int i = 0; i < 20; ++i) {
                output.add(text);
            }
            output.add(std::string(padding, '.') + "\n");
            const std::string shown = output.text();
            CHECK(shown.find("left out") != std::string::npos);
            CHECK(scrub(shown).find("hunter2") == std::string::npos);
        }
    }
}

TEST_CASE("the start time is found behind any name") {
    std::string fields = ") Z";
    for (int field = 4; field <= 52; ++field) {
        fields += " " + std::to_string(field * 1000);
    }
    const auto stat = parse_stat("812 (a) S 1 (b" + fields);
    REQUIRE(stat.has_value());
    CHECK(stat->state == 'Z');
    CHECK(stat->start_time == 22000);
    CHECK_FALSE(parse_stat("").has_value());
    CHECK_FALSE(parse_stat("812 (a) S 1 2").has_value());
}

TEST_CASE_FIXTURE(Fixture, "a program's output and exit code come back") {
    const CommandResult result = processes.run(script("echo out; echo err >&2; echo out; exit 3"));
    CHECK(result.started);
    CHECK(result.code == 3);
    CHECK(result.signal == 0);
    CHECK(result.output == "out\nerr\nout\n");
    CHECK_FALSE(result.ok());
    CHECK(processes.run(command({"true"})).ok());
    CHECK(processes.run(command({"/bin/true"})).ok());
    const CommandResult killed = processes.run(script("kill -9 $$"));
    CHECK(killed.signal == SIGKILL);
    CHECK(killed.code == 0);
    CHECK_FALSE(killed.ok());
}

TEST_CASE_FIXTURE(Fixture, "words reach the program as they are") {
    CHECK(output(command({"printf", "%s|", "a b", "", "$HOME;*'\""})) == "a b||$HOME;*'\"|");
}

TEST_CASE_FIXTURE(Fixture, "what cannot be started says why") {
    const CommandResult none = processes.run(command({"no-such-program-anywhere"}));
    CHECK_FALSE(none.started);
    CHECK_FALSE(none.ok());
    CHECK(none.error == "No such file or directory");
    CHECK(processes.run(command({"/etc"})).error == "Permission denied");
    Command elsewhere = command({"true"});
    elsewhere.folder = "/nowhere";
    CHECK(processes.run(elsewhere).error == "cannot enter /nowhere: No such file or directory");
}

TEST_CASE_FIXTURE(Fixture, "children get the fixed environment and nothing of ours") {
    ::setenv("SECRET_OF_OURS", "x", 1);
    Command env = command({"env"});
    CHECK(output(env) == "HOME=/root\nLC_ALL=C\nPATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
    env.environment = {{"DEBIAN_FRONTEND", "noninteractive"}, {"HOME", "/tmp"}};
    CHECK(output(env) ==
          "DEBIAN_FRONTEND=noninteractive\nHOME=/tmp\nLC_ALL=C\n"
          "PATH=/usr/sbin:/usr/bin:/sbin:/bin\n");
    ::unsetenv("SECRET_OF_OURS");
    Command where = script("pwd; umask; cat; wc -c < /dev/stdin");
    where.folder = "/usr";
    CHECK(output(where) == "/usr\n0022\n0\n");
}

TEST_CASE_FIXTURE(Fixture, "children get no descriptor of ours and default signals") {
    const int leak = ::open("/dev/null", O_RDONLY);  // inheritable
    REQUIRE(::dup2(leak, 57) == 57);
    ::signal(SIGPIPE, SIG_IGN);
    sigset_t blocked;
    sigset_t before;
    ::sigemptyset(&blocked);
    ::sigaddset(&blocked, SIGUSR1);
    ::pthread_sigmask(SIG_BLOCK, &blocked, &before);
    CHECK(output(command({"ls", "/proc/self/fd"})) == "0\n1\n2\n3\n");  // 3 is ls's own
    const std::string signals =
        output(command({"grep", "-E", "^Sig(Blk|Ign)", "/proc/self/status"}));
    CHECK(signals == "SigBlk:\t0000000000000000\nSigIgn:\t0000000000000000\n");
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
    ::signal(SIGPIPE, SIG_DFL);
    ::close(leak);
    ::close(57);
}

TEST_CASE_FIXTURE(Fixture, "much output is capped, none is waited for") {
    Command flood = script("head -c 3000000 /dev/zero | tr '\\0' x; echo; echo end");
    flood.output_cap = 2000;
    const std::string text = output(flood);
    CHECK(text.size() < 2100);
    CHECK(text == "… 3000001 bytes left out …\nend\n");
}

TEST_CASE_FIXTURE(Fixture, "at the limit the program is asked to end") {
    const CommandResult result = processes.run(
        script("trap 'echo cleaned; exit 7' TERM; echo begun; sleep 90 & wait", 300ms));
    CHECK(result.timed_out);
    CHECK(result.code == 0);
    CHECK(result.signal == 0);
    CHECK_FALSE(result.ok());
    CHECK(result.output == "begun\ncleaned\n");
    CHECK(result.duration >= 300ms);
    CHECK(result.duration < 30s);
}

TEST_CASE_FIXTURE(Fixture, "who does not listen is killed, with all of the group") {
    const CommandResult result = processes.run(
        script("trap '' TERM; sh -c 'echo $$; sleep 90' & sleep 90; sleep 90", 300ms));
    CHECK(result.timed_out);
    CHECK(result.duration >= 500ms);
    CHECK(result.duration < 30s);
    CHECK(dies(result.output));
}

TEST_CASE_FIXTURE(Fixture, "leftovers of the group do not outlive the program") {
    const CommandResult result = processes.run(script("sleep 90 & echo $!"));
    CHECK(result.ok());
    CHECK(result.duration < 30s);
    CHECK(dies(result.output));
}

TEST_CASE_FIXTURE(Fixture, "a daemon that keeps the pipe open does not hold us up") {
    const CommandResult result =
        processes.run(script("setsid sh -c 'echo $$; exec sleep 90' & sleep 0.3; exit 4"));
    CHECK(result.code == 4);
    CHECK(result.duration < 30s);
    const pid_t daemon = std::stoi(result.output);
    CHECK(lives(daemon));
    ::kill(daemon, SIGKILL);
}

TEST_CASE_FIXTURE(Fixture, "a request to end stops a program, and no other is started") {
    std::jthread other([this] {
        RealClock(StopFlag()).sleep(200ms);
        stop.raise();
    });
    const CommandResult result = processes.run(command({"sleep", "90"}));
    CHECK(result.interrupted);
    CHECK_FALSE(result.timed_out);
    CHECK(result.signal == 0);
    CHECK(result.duration < 30s);
    CHECK(processes.interrupted());
    const CommandResult later = processes.run(script("echo ran"));
    CHECK(later.interrupted);
    CHECK(later.output.empty());

    // Once it was heeded, programs run again to put things in order; the next request counts again.
    processes.heed_interruption();
    CHECK_FALSE(processes.interrupted());
    CHECK(processes.run(script("echo ran")).output == "ran\n");
    stop.raise();
    CHECK(processes.run(command({"sleep", "90"})).interrupted);
}

TEST_CASE_FIXTURE(Fixture, "a detached program leads a session and writes to a file of ours") {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/out";
    std::ofstream(path) << "what an earlier run left behind, longer than the new text";
    std::string error;
    const ProcessId id = processes.start_detached(script("cat /proc/$$/stat; exit 3"), path, error);
    REQUIRE(id.pid > 0);
    CHECK(error.empty());
    const auto result = processes.wait_detached(id, never);
    REQUIRE(result.has_value());
    CHECK(result->code == 3);
    CHECK(result->output.empty());
    CHECK(RealFiles().info(path)->mode == 0600);

    std::istringstream stat(RealFiles().read(path, 4096).text);
    std::string pid, name, state, parent, group, session;
    stat >> pid >> name >> state >> parent >> group >> session;
    CHECK(pid == std::to_string(id.pid));
    CHECK(group == pid);
    CHECK(session == pid);
    CHECK_FALSE(processes.alive(id));
}

TEST_CASE_FIXTURE(Fixture, "a detached program is waited for in pieces and never signalled") {
    const TemporaryFolder folder;
    std::string error;
    const ProcessId id =
        processes.start_detached(command({"sleep", "90"}), folder.path() + "/o", error);
    REQUIRE(id.pid > 0);
    CHECK(id.start_time > 0);
    CHECK(processes.alive(id));
    CHECK_FALSE(processes.alive({id.pid, id.start_time + 1}));
    CHECK(processes.describe(id.pid) == "pid " + std::to_string(id.pid) + " (sleep)");
    CHECK_FALSE(processes.wait_detached(id, 20ms).has_value());
    stop.raise();
    const auto before = std::chrono::steady_clock::now();
    CHECK_FALSE(processes.wait_detached(id, never).has_value());
    CHECK(std::chrono::steady_clock::now() - before < 30s);
    CHECK(processes.alive(id));
    ::kill(id.pid, SIGKILL);
    while (processes.alive(id)) {
        std::this_thread::yield();
    }
    const auto end = processes.wait_detached(id, never);  // an ended child is fetched even now
    REQUIRE(end.has_value());
    CHECK(end->signal == SIGKILL);
}

TEST_CASE_FIXTURE(Fixture, "what cannot be started detached says why") {
    const TemporaryFolder folder;
    const std::string path = folder.path() + "/out";
    std::string error;
    CHECK(processes.start_detached(command({"no-such-program"}), path, error).pid == 0);
    CHECK(error == "No such file or directory");
    CHECK(processes.start_detached(command({"true"}), folder.path() + "/no/out", error).pid == 0);
    CHECK(error == folder.path() + "/no/out: No such file or directory");
    ::unlink(path.c_str());
    REQUIRE(::symlink("/dev/null", path.c_str()) == 0);
    CHECK(processes.start_detached(command({"true"}), path, error).pid == 0);
    CHECK(error.ends_with("Too many levels of symbolic links"));
}

TEST_CASE_FIXTURE(Fixture, "who is not there is not alive and has no name") {
    CHECK_FALSE(processes.alive({0x7ffffff0, 1}));
    CHECK(processes.describe(0x7ffffff0) == "pid 2147483632");
    CHECK(processes.wait_detached({0x7ffffff0, 1}, never)->started == false);
}
