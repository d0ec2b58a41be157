// SPDX-License-Identifier: MIT
#include "installers/os_release.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

TEST_CASE("os-release: real values in every layout") {
    const OsRelease xenial = parse_os_release(test_data("os-release/ubuntu-16.04"));
    CHECK(xenial.id == "ubuntu");
    CHECK(xenial.id_like == std::vector<std::string>{"debian"});
    CHECK(xenial.version_id == "16.04");
    CHECK(xenial.version_codename.empty());
    CHECK(xenial.base_codenames.at("ubuntu") == "xenial");
    CHECK(xenial.pretty_name == "Ubuntu 16.04.1 LTS");

    const OsRelease rocky = parse_os_release(test_data("os-release/rocky-9.3"));
    CHECK(rocky.id_like == std::vector<std::string>{"rhel", "centos", "fedora"});
    CHECK(rocky.name == "Rocky Linux");

    const OsRelease mint = parse_os_release(test_data("os-release/linuxmint-debian-6"));
    CHECK(mint.base_codenames.at("debian") == "bookworm");
    CHECK(mint.version_codename == "faye");
}

TEST_CASE("os-release: quoting") {
    struct {
        std::string line;
        std::string value;
    } const cases[] = {
        {"NAME=plain", "plain"},
        {"NAME=\"two words\"", "two words"},
        {"NAME='two words'", "two words"},
        {"NAME=\"a \\\"quoted\\\" \\$word \\\\ \\`x\\`\"", "a \"quoted\" $word \\ `x`"},
        {"NAME='no \\escape'", "no \\escape"},
        {"  NAME=indented  ", "indented"},
        {"NAME=\"with return\"\r", "with return"},
        {"NAME=\"\"", ""},
        {"NAME=", ""},
        {"NAME=two words", ""},
        {"NAME=\"open", ""},
        {"NAME=\"closed\" rest", ""},
        {"NAME=a'b'", ""},
        {"NAME=$(reboot)", ""},
        {"NAME=`reboot`", ""},
        {"NAME =x", ""},
        {"export NAME=x", ""},
        {"#NAME=x", ""},
        {"name=x", ""},
    };
    for (const auto& each : cases) {
        CAPTURE(each.line);
        CHECK(parse_os_release(each.line).name == each.value);
    }
}

TEST_CASE("os-release: only what may stand in a URL becomes an identifier") {
    CHECK(parse_os_release("ID=Debian").id == "debian");
    CHECK(parse_os_release("ID=\"../../etc\"").id.empty());
    CHECK(parse_os_release("ID='a b'").id.empty());
    CHECK(parse_os_release("VERSION_ID=\"24.04/../x\"").version_id.empty());
    CHECK(parse_os_release("VERSION_ID=..").version_id.empty());
    CHECK(parse_os_release("VERSION_CODENAME={version}").version_codename.empty());
    CHECK(parse_os_release("ID_LIKE=\"Ubuntu ?? debian\"").id_like ==
          std::vector<std::string>{"ubuntu", "debian"});
}

TEST_CASE("os-release: the last assignment that is one wins") {
    CHECK(parse_os_release("ID=a1\nID=b2\n").id == "b2");
    CHECK(parse_os_release("ID=a1\nID=\"b2\n").id == "a1");
    CHECK(parse_os_release("ID_LIKE=a1\nID_LIKE=b2").id_like == std::vector<std::string>{"b2"});
    CHECK(parse_os_release("ID=a1\nID=").id.empty());
}

TEST_CASE("os-release: any bytes") {
    CHECK(parse_os_release("").id.empty());
    CHECK(parse_os_release("\n\n=\n==\n").id.empty());
    CHECK(parse_os_release(std::string("ID=deb\0ian\n", 11)).id == "debian");
    CHECK(parse_os_release("NAME=\"caf\xc3\xa9\x1b[31m\"").name == "caf[31m");
    CHECK(parse_os_release("ID=" + std::string(256, 'x')).id.size() == 256);
    CHECK(parse_os_release("ID=ok\nID=" + std::string(257, 'x')).id == "ok");
    CHECK(parse_os_release("ID=ok\nID=" + std::string(8UL * 1024 * 1024, 'x')).id == "ok");
    std::string noise;
    for (unsigned i = 0; i < 100000; ++i) {
        noise += static_cast<char>((i * 2654435761U) >> 13U);
    }
    CHECK(parse_os_release(noise + "\nID=debian\n").id == "debian");
}
