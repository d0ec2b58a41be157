// SPDX-License-Identifier: MIT
#include "installers/openpgp.hpp"
#include "installers/rpm_parts.hpp"
#include "installers/text.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace aadssh;
using Strings = std::vector<std::string>;

namespace {

std::string answered(const std::string& name) {
    return test_data("rpm/" + name + ".txt");
}

/// What the real rpm answered: tests/data/rpm/<version of rpm>-<what>.txt.
struct Answer {
    std::string file;
    bool failed;  ///< the database could not be read
};
const Answer answers[] = {
    {"4.16-state", false},
    {"4.18-state", false},
    {"4.20-state", false},
    {"4.16-state-damaged", true},
    {"4.18-state-damaged", true},
    {"4.20-state-damaged", true},
    {"4.18-owner", false},
    {"4.18-owner-no-such-file", false},
    {"4.18-owner-none", false},
    {"4.16-owner-damaged", true},
    {"4.18-owner-damaged", true},
    {"4.20-owner-damaged", true},
};

}  // namespace

TEST_CASE("rpm: the question for states") {
    const std::string format = "%{NAME}\\t%{VERSION}\\t%{RELEASE}\\n";
    CHECK(rpm_state_query({"a1", "b2"}) == Strings{"rpm", "-q", "--qf", format, "a1", "b2"});
    CHECK(rpm_state_query({}) == Strings{"rpm", "-qa", "--qf", format});
    CHECK(rpm_owner_query("/etc/x") == Strings{"rpm", "-qf", "--qf", "%{NAME}\\n", "/etc/x"});
}

TEST_CASE("rpm: an answer fails only where the database could not be read") {
    std::set<std::string> known;
    for (const Answer& each : answers) {
        CAPTURE(each.file);
        known.insert(each.file + ".txt");
        CHECK(rpm_query_failed(1, answered(each.file)) == each.failed);
        CHECK(rpm_query_failed(0, answered(each.file)) == each.failed);
    }
    std::set<std::string> files;
    for (const auto& file :
         std::filesystem::directory_iterator(AADSSH_SOURCE_DIR "/tests/data/rpm")) {
        files.insert(file.path().filename());
    }
    CHECK(files == known);
    // rpm before 4.16, from its source (lib/rpmdb.c, openDatabase; lib/rpmts.c).
    CHECK(rpm_query_failed(1,
                           "error: rpmdb: BDB0113 Thread/process 2034/139 failed: BDB1507 Thread "
                           "died in Berkeley DB library\n"
                           "error: cannot open Packages database in /var/lib/rpm\n"
                           "package aadsshlogin is not installed\n"));
    CHECK_FALSE(rpm_query_failed(0, ""));
    CHECK_FALSE(rpm_query_failed(0, "warning: Found bdb Packages database\n"));
    CHECK_FALSE(rpm_query_failed(1, "package error: x is not installed\n"));
}

TEST_CASE("rpm: states of packages and keys") {
    for (const std::string version : {"4.16", "4.18", "4.20"}) {
        CAPTURE(version);
        const auto states = rpm_parse_states(answered(version + "-state"));
        // aadsshlogin and a key that is not there were asked for as well.
        REQUIRE(states.size() == 3);
        CHECK(states[0].name == "openssh-server");
        CHECK(states[0].installed());
        CHECK(states[0].version == "8.7p1-1");
        CHECK(states[1].name.starts_with("gpg-pubkey-"));
        CHECK(states[2].name.starts_with("gpg-pubkey-"));
        CHECK(states[1].name != states[2].name);
        for (const PackageState& each : states) {
            CHECK_FALSE(each.held);
            CHECK_FALSE(each.reinstall);
        }
    }
    const auto keys = rpm_parse_states("gpg-pubkey\tbe1229cf\t5631588c\n");
    REQUIRE(keys.size() == 1);
    CHECK(keys[0].name == key_package(Fingerprint(pinned_keys[0].fingerprint)));
    CHECK(keys[0].version == "be1229cf-5631588c");
    // rpm 6 (lib/keystore.cc, makePubkeyHeader).
    const auto later =
        rpm_parse_states("gpg-pubkey\tbc528686b50d79e339d3721ceb3e94adbe1229cf\t5631588c\n");
    REQUIRE(later.size() == 1);
    CHECK(later[0].name == keys[0].name);
    CHECK(rpm_parse_states("gpg-pubkey\tbe\t1\n").size() == 1);
}

TEST_CASE("rpm: of two versions of a package the last one counts") {
    const auto states = rpm_parse_states(
        "aadsshlogin\t1.0.027980001\t1\nbash\t5.1\t2\naadsshlogin\t1.0.033070001\t1\n");
    REQUIRE(states.size() == 2);
    CHECK(states[0].name == "aadsshlogin");
    CHECK(states[0].version == "1.0.033070001-1");
    CHECK(states[1].version == "5.1-2");
}

TEST_CASE("rpm: lines that are no states") {
    CHECK(rpm_parse_states("").empty());
    CHECK(rpm_parse_states("package aadsshlogin is not installed\n").empty());
    CHECK(rpm_parse_states("\t1\t2\n").empty());
    CHECK(rpm_parse_states("a\t1\n").empty());
    CHECK(rpm_parse_states("a\t1\t2\t3\n").empty());
    const auto cut = rpm_parse_states("a\t1\t2");  // no line end
    REQUIRE(cut.size() == 1);
    CHECK(cut[0].version == "1-2");
}

TEST_CASE("rpm: owners of files") {
    CHECK(rpm_parse_owner(answered("4.18-owner")) == "aadsshlogin");
    CHECK(rpm_parse_owner(answered("4.18-owner-none")).empty());
    CHECK(rpm_parse_owner(answered("4.18-owner-no-such-file")).empty());
    CHECK(rpm_parse_owner("").empty());
    CHECK(rpm_parse_owner("one\ntwo\n") == "one");
}

TEST_CASE("rpm: the name of a key is that of its last eight digits, in lower case") {
    CHECK(key_package("BC528686B50D79E339D3721CEB3E94ADBE1229CF") == "gpg-pubkey-be1229cf");
    CHECK(key_package("2474B06F08BC6A4A1959D09CF53B5236D236FDB4") == "gpg-pubkey-d236fdb4");
}

TEST_CASE("rpm: any bytes") {
    std::string noise;
    for (unsigned i = 0; i < 50000; ++i) {
        noise += static_cast<char>((i * 2654435761U) >> 11U);
    }
    CHECK_NOTHROW(rpm_parse_states(noise));
    CHECK_NOTHROW(rpm_parse_owner(noise));
    CHECK_NOTHROW(rpm_query_failed(1, noise));
}

TEST_CASE("rpm: the command by which a person removes a package") {
    CHECK(rpm_removal_hint("aadlogin") == "rpm -e aadlogin");
}
