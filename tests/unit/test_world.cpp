// SPDX-License-Identifier: MIT
#include "handler/sys/real_world.hpp"

#include <doctest/doctest.h>

#include <netdb.h>
#include <pwd.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>

using namespace aadssh;

TEST_CASE("shipped files lie above bin/, or beside the program") {
    CHECK(own_folder_of("/opt/handler-1.0/bin/aadssh-handler") == "/opt/handler-1.0");
    CHECK(own_folder_of("/opt/build/aadssh-handler") == "/opt/build");
    CHECK(own_folder_of("/opt/sbin/aadssh-handler") == "/opt/sbin");
}

TEST_CASE("the real world is this machine") {
    ::setenv("AADSSH_TEST", "a=b", 1);
    RealWorld real;
    const World world = real.world();
    CHECK(world.environment.at("AADSSH_TEST") == "a=b");
    CHECK(world.files.info("/proc")->kind == FileInfo::Kind::folder);
    CHECK_FALSE(world.machine.empty());
    CHECK(world.root == (::geteuid() == 0));
    CHECK(world.files.info(world.own_folder).has_value());
    CHECK_FALSE(world.processes.interrupted());
    ::raise(SIGTERM);
    CHECK(world.processes.interrupted());
    for (const int changed : {SIGTERM, SIGINT, SIGHUP, SIGPIPE}) {
        ::signal(changed, SIG_DFL);
    }
    ::unsetenv("AADSSH_TEST");
}

TEST_CASE("with the name service pinned, files are still asked") {
    CHECK(::getpwnam("root") != nullptr);
    CHECK(::getservbyname("no-such-service-anywhere", "tcp") == nullptr);
}
