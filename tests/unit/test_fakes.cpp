// SPDX-License-Identifier: MIT
#include "tests/fakes/world.hpp"

#include <doctest/doctest.h>

using namespace aadssh;
using namespace std::chrono_literals;
using Lines = std::vector<std::string>;

TEST_CASE("fake files behave like a file system") {
    FakeFiles files;
    files.add("/etc/ssh/sshd_config", "x");
    CHECK(files.list("/etc") == Lines{"ssh"});
    CHECK(files.list("/") == Lines{"etc"});
    CHECK_FALSE(files.write("/var/lib/new", "x", 0600).empty());
    CHECK(files.make_folder("/var/lib", 0700).empty());
    CHECK(files.info("/var")->mode == 0755);
    CHECK(files.info("/var/lib")->mode == 0700);
    CHECK(files.write("/var/lib/new", "x", 0600).empty());
    CHECK(files.read("/var/lib/new", 1).text == "x");
    CHECK(files.read("/var/lib/new", 0).state == FileText::State::too_big);
    CHECK(files.rename("/var/lib/new", "/etc/ssh/sshd_config").empty());
    CHECK(files.info("/etc/ssh/sshd_config")->mode == 0600);
    CHECK(files.remove_tree("/var").empty());
    CHECK_FALSE(files.has("/var/lib"));
    CHECK(files.remove("/var/lib/new").empty());
    CHECK_FALSE(files.remove("/etc").empty());
    CHECK(files.operations.front() == "write /var/lib/new 0600");
    CHECK(files.operations.back() == "remove /etc");
}

TEST_CASE("fake files: links, trust, seeding") {
    FakeFiles files;
    files.add("/real", "text");
    files.add_link("/link", "/real");
    CHECK(files.read("/link", 10).text == "text");
    CHECK(files.read_trusted("/real", 10).ok());
    CHECK(files.read_trusted("/link", 10).state == FileText::State::untrusted);
    files.entries["/real"].mode = 0664;
    CHECK(files.read_trusted("/real", 10).state == FileText::State::untrusted);
    files.answers["/real"] = {FileText::State::denied, "", "no"};
    CHECK(files.read("/real", 10).state == FileText::State::denied);

    files.add("/lists/a", "1");
    files.add("/lists/b", "2");
    files.add_folder("/lists/partial");
    files.add("/own/b", "kept");
    CHECK(files.seed("/lists", "/own", "a").empty());
    CHECK(files.list("/own") == Lines{"b"});
    CHECK(files.seed("/lists", "/own", "").empty());
    CHECK(files.text("/own/a") == "1");
    CHECK(files.text("/own/b") == "kept");
}

TEST_CASE("fake files fail and die on request") {
    FakeFiles files;
    files.fail_on(2);
    CHECK(files.write("/a", "1", 0600).empty());
    CHECK_FALSE(files.write("/b", "2", 0600).empty());
    CHECK(files.write("/c", "3", 0600).empty());
    CHECK_FALSE(files.has("/b"));
    CHECK(files.operations[1] == "write /b 0600 FAILED");

    files.refused["/etc"] = "Read-only file system";
    files.add_folder("/etc");
    CHECK(files.write("/etc/x", "", 0600) == "Read-only file system");

    files.kill_on(1);
    CHECK_THROWS_AS(files.remove("/a"), FakeFiles::Killed);
    CHECK(files.has("/a"));
}

TEST_CASE("fake locks") {
    FakeFiles files;
    {
        const auto lock = files.try_lock("/run/lock", "pid 1");
        CHECK(lock != nullptr);
        CHECK(files.try_lock("/run/lock", "pid 2") == nullptr);
    }
    CHECK(files.try_lock("/run/lock", "pid 2") != nullptr);
    files.lock_holders["/var/lib/dpkg/lock"] = 812;
    CHECK(files.lock_holder("/var/lib/dpkg/lock") == 812);
    CHECK_FALSE(files.lock_holder("/free").has_value());
}

TEST_CASE("fake processes answer by the rule added last") {
    FakeProcesses processes;
    Command query;
    query.argv = {"dpkg-query", "-W", "aadsshlogin"};
    CHECK_FALSE(processes.run(query).started);
    CHECK(processes.run(query).error == "not scripted: dpkg-query -W aadsshlogin");
    processes.on({"dpkg-query"}, exits(1));
    CHECK(processes.run(query).code == 1);
    processes.on_each({"dpkg-query", "-W"}, {exits(0, "first"), exits(0, "then")});
    CHECK(processes.run(query).output == "first");
    CHECK(processes.run(query).output == "then");
    CHECK(processes.run(query).output == "then");
    processes.on_match([](const Command& c) { return c.argv.size() == 3; },
                       [](const Command& c) { return exits(0, c.argv[2]); });
    CHECK(processes.run(query).output == "aadsshlogin");
    CHECK(processes.ran({"dpkg-query", "-W"}) == 7);
    CHECK(processes.ran({"apt-get"}) == 0);
    CHECK(processes.lines().back() == "dpkg-query -W aadsshlogin");
    processes.stop_requested = true;
    CHECK(processes.run(query).interrupted);
}

TEST_CASE("fake detached processes take their time and leave their output in the file") {
    FakeWorld fake;
    CommandResult result = exits(100, "E: broken\n");
    result.duration = 90s;
    fake.processes.on({"apt-get"}, result);
    Command install;
    install.argv = {"apt-get", "install"};
    std::string error;
    const ProcessId id = fake.processes.start_detached(install, "/var/log/apt.out", error);
    CHECK(error.empty());
    CHECK(fake.processes.alive(id));
    CHECK_FALSE(fake.processes.alive({id.pid, id.start_time + 1}));
    CHECK_FALSE(fake.processes.wait_detached(id, 60s).has_value());
    const auto end = fake.processes.wait_detached(id, 60s);
    REQUIRE(end.has_value());
    CHECK(end->code == 100);
    CHECK(end->output.empty());
    CHECK(fake.files.text("/var/log/apt.out") == "E: broken\n");
    CHECK_FALSE(fake.processes.alive(id));
    CHECK(fake.clock.uptime() == 1h + 90s);
    install.argv = {"dnf"};
    CHECK(fake.processes.start_detached(install, "/x", error).pid == 0);
    CHECK(error == "not scripted: dnf");
}

TEST_CASE("fake HTTP gives the longest prefix's answers in turn") {
    FakeWorld fake;
    fake.http.on("http://169.254.169.254/", answer(404));
    fake.http.on("http://169.254.169.254/metadata/identity", answer(503));
    fake.http.on("http://169.254.169.254/metadata/identity", answer(200, "token"));
    fake.http.on("https://slow/", no_answer(HttpResponse::Failure::timed_out));
    HttpRequest request;
    request.url = "http://169.254.169.254/metadata/identity/oauth2";
    CHECK(fake.http.get(request).status == 503);
    CHECK(fake.http.get(request).body == "token");
    CHECK(fake.http.get(request).ok());
    request.url = "http://169.254.169.254/other";
    CHECK(fake.http.get(request).status == 404);
    request.url = "https://slow/x";
    request.limit = 7s;
    CHECK(fake.http.get(request).failure == HttpResponse::Failure::timed_out);
    CHECK(fake.clock.uptime() == 1h + 7s);
    request.url = "https://unknown/";
    CHECK(fake.http.get(request).detail == "not scripted: https://unknown/");
    CHECK(fake.http.requests.size() == 6);
}
