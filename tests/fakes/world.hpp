// SPDX-License-Identifier: MIT
#pragma once
#include "handler/sys/world.hpp"
#include "tests/fakes/clock.hpp"
#include "tests/fakes/files.hpp"
#include "tests/fakes/http.hpp"
#include "tests/fakes/processes.hpp"

namespace aadssh {

/// A machine made of data. The four fakes share one clock.
///
///     FakeWorld fake;
///     fake.files.add("/etc/os-release", "ID=debian\nVERSION_ID=12\n");
///     fake.processes.on({"dpkg-query"}, exits(1));
///     World world = fake.world();
///     CHECK(gather_facts(world).distribution == "debian");
struct FakeWorld {
    FakeFiles files;
    FakeClock clock;
    FakeProcesses processes;
    FakeHttp http;
    Variables environment;
    std::string own_folder = "/opt/handler";
    std::string machine = "x86_64";
    bool root = true;

    FakeWorld() {
        processes.clock = &clock;
        processes.files = &files;
        http.clock = &clock;
    }
    FakeWorld(const FakeWorld&) = delete;  // the parts point at each other
    FakeWorld& operator=(const FakeWorld&) = delete;

    World world() {
        return {files, processes, http, clock, environment, own_folder, machine, root};
    }
};

}  // namespace aadssh
