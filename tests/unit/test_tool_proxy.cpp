// SPDX-License-Identifier: MIT
#include "installers/apt.hpp"
#include "installers/assignments.hpp"
#include "installers/dnf.hpp"
#include "installers/tdnf.hpp"
#include "installers/tool_proxy.hpp"
#include "installers/yum.hpp"
#include "installers/zypper.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace aadssh;

TEST_CASE("assignments: quotes, comments, blanks and export are no part of a value") {
    auto values = assignments_in(
        "# A=1\n"
        "A=plain # a comment\n"
        "export B='single # no comment'\n"
        "  C = \"double\"  # a comment\n"
        "D=\"never closed\n"
        "E=first\n"
        "E=last\n"
        "F=a=b\n"
        "no assignment\n"
        "G=\n");
    CHECK(values["A"] == "plain");
    CHECK(values["B"] == "single # no comment");
    CHECK(values["C"] == "double");
    CHECK(values["D"] == "never closed");
    CHECK(values["E"] == "last");
    CHECK(values["F"] == "a=b");
    CHECK(values["G"].empty());
    CHECK(values.size() == 7);
    CHECK(assignments_in("").empty());
}

TEST_CASE("tool proxy: apt's dump, whatever the case of its names") {
    const auto found = apt_proxy(
        "APT \"\";\n"
        "Acquire \"\";\n"
        "Acquire::http \"\";\n"
        "Acquire::HTTP::proxy \"http://user:it's@proxy.example:3128/\";\n"
        "Acquire::http::Proxy::mirror.example \"DIRECT\";\n"
        "Acquire::http::Proxy::other.example \"http://elsewhere.example:1\";\n"
        "Acquire::https::Proxy::Packages.Microsoft.com \"direct\";\n"
        "Acquire::http::Timeout \"20\";\n");
    CHECK(found.http == "http://user:it's@proxy.example:3128/");
    CHECK(found.https.empty());
    CHECK(found.bypass == "mirror.example,packages.microsoft.com");
    CHECK(apt_proxy("Acquire::https::Proxy \"http://p:1\";\n").https == "http://p:1");
    CHECK(apt_proxy("Acquire::http::Proxy \"DIRECT\";\n").http.empty());
    CHECK(apt_proxy("Acquire::http::Proxy \"http://cut.off\n").http.empty());
    CHECK(apt_proxy("").http.empty());
}

TEST_CASE("tool proxy: apt's entry of packages.microsoft.com goes before those for all hosts") {
    const std::string all =
        "Acquire::http::Proxy \"http://all:1\";\nAcquire::https::Proxy \"http://all:2\";\n";
    const std::string for_http =
        "Acquire::http::Proxy::Packages.Microsoft.com \"http://host:1\";\n";
    const std::string for_https =
        "Acquire::https::Proxy::packages.microsoft.com \"http://host:2\";\n";
    CHECK(apt_proxy(all).https == "http://all:2");
    CHECK(apt_proxy(for_https).https == "http://host:2");
    CHECK(apt_proxy(for_https).http.empty());
    for (const auto& dump : {all + for_http, for_http + all}) {
        CHECK(apt_proxy(dump).https == "http://host:1");
        CHECK(apt_proxy(dump).http == "http://host:1");
    }
    CHECK(apt_proxy(fmt::format("{}{}{}", all, for_http, for_https)).https == "http://host:2");
    CHECK(apt_proxy(fmt::format("{}{}{}", for_https, for_http, all)).https == "http://host:2");
}

TEST_CASE("tool proxy: dnf's, yum's and tdnf's file, in [main] only") {
    const auto found = yum_proxy(
        "[other]\nproxy=http://wrong:1\n"
        "[main]\ngpgcheck=1\n#proxy=http://comment:1\n"
        "proxy = http://proxy.example:3128 \n"
        "proxy_username=DOM\\joe\nproxy_password=p@ss:word\n"
        "[late]\nproxy=http://late:1\n");
    CHECK(found.http == "http://DOM%5Cjoe:p%40ss%3Aword@proxy.example:3128");
    CHECK(found.https == found.http);
    CHECK(yum_proxy("[main]\nproxy=_none_\n").http.empty());
    CHECK(yum_proxy("[main]\nproxy=\nproxy_username=joe\n").http.empty());
    CHECK(yum_proxy("proxy=http://no.section:1\n").http.empty());
    CHECK(yum_proxy("[main]\nproxy=http://a:b@p:1\nproxy_username=c\n").http == "http://a:b@p:1");
    CHECK(yum_proxy("[main]\nproxy=p:1\nproxy_username=joe\n").http == "joe@p:1");
}

TEST_CASE("tool proxy: SUSE's file, unless it is switched off") {
    const std::string file =
        "HTTP_PROXY=\"http://proxy.example:3128\"\n"
        "HTTPS_PROXY='http://secure.example:3128'\n"
        "NO_PROXY=\"localhost, 127.0.0.1\"\n";
    const auto found = suse_proxy("PROXY_ENABLED=\"yes\"\n" + file);
    CHECK(found.http == "http://proxy.example:3128");
    CHECK(found.https == "http://secure.example:3128");
    CHECK(found.bypass == "localhost, 127.0.0.1");
    CHECK(suse_proxy("PROXY_ENABLED=\"no\"\n" + file).http.empty());
    CHECK(suse_proxy("PROXY_ENABLED=\"no\"\n" + file).bypass.empty());
}

TEST_CASE("tool proxy: every package manager says where its own stands") {
    for (const PackageTool* tool : {&apt, &dnf, &yum, &tdnf, &zypper}) {
        CAPTURE(tool->name);
        REQUIRE((tool->parse_proxy != nullptr));
        CHECK((tool->proxy_query == nullptr) == !tool->proxy_file.empty());
    }
    CHECK(apt.proxy_query() == std::vector<std::string>{"apt-config", "dump"});
}
