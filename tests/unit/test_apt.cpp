// SPDX-License-Identifier: MIT
#include "installers/apt.hpp"
#include "installers/text.hpp"
#include "tests/unit/test_data.hpp"

#include <doctest/doctest.h>

#include <filesystem>
#include <set>

using namespace aadssh;
using Strings = std::vector<std::string>;

namespace {

/// A run of the real program: tests/data/apt/<version of apt>-<what>.txt.
struct Measured {
    std::string file;
    int code;
    ToolRun kind;
    Outcome outcome;
    std::string culprit;  ///< part of it; "-" when there must be none
};

using enum ToolRun;
using enum Outcome;

const Measured measured[] = {
    {"2.6-refresh-ok", 0, refresh, ok, "-"},
    {"2.6-refresh-twice-configured", 0, refresh, ok, "-"},
    {"2.6-refresh-release-gpg", 0, refresh, ok, "-"},
    {"2.6-refresh-500-zero", 0, refresh, network, "500  Internal Server Error"},
    {"2.6-refresh-refused-zero", 0, refresh, network, "Connection refused"},
    {"2.6-refresh-unresolved-zero", 0, refresh, network, "Temporary failure resolving"},
    {"2.6-refresh-no-ca-zero", 0, refresh, network, "Certificate verification failed"},
    {"2.6-refresh-proxy-407-zero", 0, refresh, network, "407 Proxy Authentication Required"},
    {"2.2-refresh-404", 100, refresh, not_published, "does not have a Release file"},
    {"2.6-refresh-404", 100, refresh, not_published, "does not have a Release file"},
    {"3.0-refresh-404", 100, refresh, not_published, "does not have a Release file"},
    {"2.6-refresh-portal", 100, refresh, network, "does not have a Release file"},
    {"2.6-refresh-proxy-without-scheme", 100, refresh, network, "does not have a Release file"},
    {"2.6-refresh-403", 100, refresh, network, "403  Forbidden"},
    {"2.6-refresh-410", 100, refresh, network, "410  Gone"},
    {"2.6-refresh-429", 100, refresh, busy, "429  Too Many Requests"},
    {"2.6-refresh-500", 100, refresh, network, "500  Internal Server Error"},
    {"2.6-refresh-reset", 100, refresh, network, "Connection failed"},
    {"2.6-refresh-truncated", 100, refresh, network, "Undetermined Error"},
    {"3.0-refresh-truncated", 100, refresh, network, "unexpected eof"},
    {"2.6-refresh-corrupt", 100, refresh, network, "Splitting up"},
    {"3.0-refresh-corrupt", 100, refresh, network, "Splitting up"},
    {"2.6-refresh-packages-404", 100, refresh, network, "404  Not Found"},
    {"2.6-refresh-hash-mismatch", 100, refresh, mismatch, "Hash Sum mismatch"},
    {"2.6-refresh-no-key", 100, refresh, signature, "NO_PUBKEY"},
    {"3.0-refresh-no-key", 100, refresh, signature, "Missing key"},
    {"2.6-refresh-not-valid-yet", 100, refresh, signature, "is not valid yet"},
    {"3.0-refresh-not-valid-yet", 100, refresh, signature, "is not valid yet"},
    {"2.6-refresh-expired", 100, refresh, signature, "is expired (invalid since"},
    {"3.0-refresh-expired", 100, refresh, signature, "is expired (invalid since"},
    {"2.2-refresh-key-expired", 100, refresh, signature, "EXPKEYSIG"},
    {"3.0-refresh-keyring-missing", 100, refresh, signature, "Failed to parse keyring"},
    {"3.0-refresh-keyring-missing-again", 100, refresh, signature, "Failed to parse keyring"},
    {"2.6-refresh-no-space", 100, refresh, no_space, "No space left on device"},
    {"2.6-refresh-lists-locked",
     100,
     refresh,
     locked,
     "Could not get lock /var/lib/apt/lists/lock"},
    {"2.6-refresh-conflicting",
     100,
     refresh,
     sources,
     "Conflicting values set for option Signed-By"},
    {"2.6-query-found", 0, query, ok, "-"},
    {"2.6-download-ok", 0, download, ok, "-"},
    {"2.6-download-dependency-absent",
     100,
     download,
     unmet,
     "aadsshlogin : Depends: libstandindep1 (>= 1.0)"},
    {"3.0-download-dependency-absent",
     100,
     download,
     unmet,
     "aadsshlogin : Depends: libstandindep1 (>= 1.0)"},
    {"2.6-download-unknown", 100, download, unmet, "Unable to locate package aadsshlogin"},
    {"2.6-download-404", 100, download, unmet, "404  Not Found"},
    {"2.6-download-would-remove", 100, download, unmet, "remove is disabled"},
    {"2.6-download-403", 100, download, network, "403  Forbidden"},
    {"2.6-download-500", 100, download, network, "500  Internal Server Error"},
    {"2.6-download-hash-mismatch", 100, download, mismatch, "Hash Sum mismatch"},
    {"2.6-download-truncated", 100, download, network, "Undetermined Error"},
    {"3.0-download-truncated", 100, download, network, "unexpected eof"},
    {"2.6-download-half-unpacked",
     100,
     download,
     interrupted,
     "aadsshlogin : Depends: libstandindep1"},
    {"3.0-download-half-unpacked",
     100,
     download,
     interrupted,
     "aadsshlogin : Depends: libstandindep1"},
    {"2.6-download-interrupted", 100, download, interrupted, "dpkg was interrupted"},
    {"2.6-download-held", 100, download, failed, "Held packages were changed"},
    {"2.6-download-malformed-source", 100, download, sources, "Malformed entry 1 in list file"},
    {"2.6-download-conflicting",
     100,
     download,
     sources,
     "Conflicting values set for option Signed-By"},
    {"2.6-download-no-space", 100, download, no_space, "don't have enough free space"},
    {"2.6-download-locked", 100, download, locked, "It is held by process"},
    {"2.6-transaction-ok", 0, transaction, ok, "-"},
    {"2.6-transaction-locked", 100, transaction, locked, "It is held by process"},
    {"2.6-transaction-lock-timeout", 100, transaction, locked, "is another process using it?"},
    {"2.6-transaction-interrupted", 100, transaction, interrupted, "dpkg was interrupted"},
    {"2.6-transaction-no-space", 100, transaction, no_space, "No space left on device"},
    {"2.6-transaction-script-failed",
     100,
     transaction,
     failed,
     "dpkg: error processing package libstandindep1 (--configure): installed libstandindep1 "
     "package "
     "post-installation script subprocess returned error exit status 1"},
    {"2.6-dpkg-configure-ok", 0, transaction, ok, "-"},
    {"2.6-dpkg-locked", 2, transaction, locked, "dpkg frontend lock was locked by another process"},
    {"3.0-dpkg-locked", 2, transaction, locked, "dpkg frontend lock was locked by /usr/bin/perl"},
    {"2.6-dpkg-purge-inconsistent",
     1,
     transaction,
     failed,
     "package is in a very bad inconsistent state"},
    {"2.6-dpkg-purge-ok", 0, transaction, ok, "-"},
};

/// Texts of older versions, from their sources and from public reports.
struct Quoted {
    std::string text;
    int code;
    ToolRun kind;
    Outcome outcome;
};

const Quoted quoted[] = {
    {"E: Could not get lock /var/lib/dpkg/lock - open (11: Resource temporarily unavailable)\n"
     "E: Unable to lock the administration directory (/var/lib/dpkg/), is another process using "
     "it?\n",
     100,
     transaction,
     locked},
    {"dpkg: error: dpkg status database is locked by another process\n", 2, transaction, locked},
    {"E: Could not open lock file /var/lib/dpkg/lock-frontend - open (13: Permission denied)\n"
     "E: Unable to acquire the dpkg frontend lock (/var/lib/dpkg/lock-frontend), are you root?\n",
     100,
     transaction,
     failed},
    {"W: GPG error: https://x.example.org noble InRelease: The following signatures couldn't be "
     "verified because the "
     "public key is not available: NO_PUBKEY EE4D7792F748182B\n",
     0,
     refresh,
     signature},
    {"W: Failed to fetch https://x.example.org/InRelease  Clearsigned file isn't valid, got "
     "'NOSPLIT' "
     "(does the network require authentication?)\n",
     0,
     refresh,
     network},
    {"E: The repository 'https://x.example.org noble Release' no longer has a Release file.\n  404 "
     " Not Found\n",
     100,
     refresh,
     not_published},
    {"E: Release file for https://x.example.org/InRelease is expired (invalid since 3d 2h).\n",
     100,
     refresh,
     signature},
    {"E: Unmet dependencies. Try 'apt-get -f install' with no packages (or specify a solution).\n",
     100,
     download,
     interrupted},
    {"E: Package 'aadsshlogin' has no installation candidate\n", 100, download, unmet},
    {"E: There were unauthenticated packages and -y was used without --allow-unauthenticated\n",
     100,
     download,
     signature},
    {"", 100, refresh, failed},
    {"", 100, download, failed},
    {"", 1, transaction, failed},
    {"", 0, query, not_published},
    {"W: Unable to read /etc/apt/-/ - DirectoryExists (2: No such file or directory)\n",
     0,
     query,
     not_published},
    {"E: Could not open file\n", 100, query, failed},
    {"  404  Not Found\n", 1, transaction, failed},
    {"Setting up x (NO_PUBKEY, is not signed, Failed to fetch) ...\n", 0, transaction, ok},
};

}  // namespace

TEST_CASE("apt: what measured runs came to") {
    for (const Measured& each : measured) {
        CAPTURE(each.file);
        const std::string text = test_data("apt/" + each.file + ".txt");
        CHECK(outcome_name(apt.classify(each.kind, each.code, text)) == outcome_name(each.outcome));
        const std::string culprit = apt.culprit(text);
        CAPTURE(culprit);
        CHECK(culprit.size() <= 300);
        CHECK(!contains(culprit, "\n"));
        CHECK((each.culprit == "-" ? culprit.empty() : contains(culprit, each.culprit)));
    }
}

TEST_CASE("apt: no measured run is left out of the table") {
    std::set<std::string> known;
    for (const Measured& each : measured) {
        known.insert(each.file + ".txt");
    }
    std::set<std::string> files;
    for (const auto& file :
         std::filesystem::directory_iterator(AADSSH_SOURCE_DIR "/tests/data/apt")) {
        files.insert(file.path().filename());
    }
    CHECK(files == known);
}

TEST_CASE("apt: what texts of older versions mean") {
    for (const Quoted& each : quoted) {
        CAPTURE(each.text);
        CHECK(outcome_name(apt.classify(each.kind, each.code, each.text)) ==
              outcome_name(each.outcome));
    }
}

TEST_CASE("apt: the culprit is the line that explains, whole where it fits") {
    CHECK(apt.culprit("").empty());
    CHECK(apt.culprit("Setting up x ...\n").empty());
    CHECK(apt.culprit("E: some\nnoise\nE: other\nE: third\n") == "E: some; E: other");
    CHECK(apt.culprit("E: some\nE: some\n") == "E: some");
    CHECK(apt.culprit("E: late\npam-auth-update: Local modifications to /etc/pam.d/common-*, not "
                      "updating.\n")
              .starts_with("pam-auth-update: Local modifications"));
    const std::string cut = apt.culprit("E: " + std::string(5000, 'x'));
    CHECK(cut.size() == 300);
    CHECK(cut.ends_with("..."));
    CHECK(apt.culprit("dpkg: error processing package x (--configure):\n")
              .starts_with("dpkg: error"));
}

TEST_CASE("apt: any bytes") {
    std::string noise;
    for (unsigned i = 0; i < 50000; ++i) {
        noise += static_cast<char>((i * 2654435761U) >> 11U);
    }
    for (const ToolRun kind : {query, check, refresh, download, transaction}) {
        CHECK_NOTHROW(apt.classify(kind, 100, noise));
    }
    CHECK_NOTHROW(apt.culprit(noise));
    CHECK_NOTHROW(apt.parse_states(noise));
    CHECK_NOTHROW(apt.parse_owner(noise));
    CHECK_NOTHROW(apt.newest_version(noise));
}

TEST_CASE("apt: states of packages") {
    CHECK(apt.state_query({"a1", "b2"}) ==
          Strings{"dpkg-query",
                  "-W",
                  "-f",
                  "${Package}\\t${db:Status-Abbrev}\\t${Version}\\n",
                  "a1",
                  "b2"});
    CHECK(apt.state_query({}).size() == 4);
    const auto states = apt.parse_states(
        "aadsshlogin\tii \t1.0.030480001\n"
        "aadlogin\trc \t1.0.015950001\n"
        "libone\tiF \t1\n"
        "libtwo\tiU \t1\n"
        "libthree\tun \t\n"
        "libfour\thi \t2\n"
        "libfive\tiHR\t1\n"
        "libsix\tiiR\t1\n"
        "dpkg-query: no packages found matching nope\n"
        "Broken\tii \t1\n"
        "short\ti\t1\n");
    using Status = PackageState::Status;
    struct {
        std::string name;
        Status status;
        std::string version;
        bool held;
    } const expected[] = {
        {"aadsshlogin", Status::installed, "1.0.030480001", false},
        {"aadlogin", Status::config_files, "1.0.015950001", false},
        {"libone", Status::broken, "1", false},
        {"libtwo", Status::broken, "1", false},
        {"libthree", Status::absent, "", false},
        {"libfour", Status::installed, "2", true},
        {"libfive", Status::broken, "1", false},
        {"libsix", Status::broken, "1", false},
    };
    REQUIRE(states.size() == std::size(expected));
    for (std::size_t i = 0; i < states.size(); ++i) {
        CAPTURE(states[i].name);
        CHECK(states[i].name == expected[i].name);
        CHECK(states[i].status == expected[i].status);
        CHECK(states[i].version == expected[i].version);
        CHECK(states[i].held == expected[i].held);
    }
}

TEST_CASE("apt: a package of several architectures is there if it is there for one") {
    const auto states = apt.parse_states("libone\tun \t\nlibone\tii \t2\nlibone\trc \t1\n");
    REQUIRE(states.size() == 1);
    CHECK(states[0].installed());
    CHECK(states[0].version == "2");
}

TEST_CASE("apt: owners of files") {
    CHECK(apt.owner_query("/etc/x") == Strings{"dpkg-query", "-S", "/etc/x"});
    CHECK(apt.parse_owner("packages-microsoft-prod: /usr/share/keyrings/microsoft-prod.gpg\n") ==
          "packages-microsoft-prod");
    CHECK(apt.parse_owner("libone:amd64, libtwo: /etc/x\n") == "libone");
    CHECK(apt.parse_owner("diversion by dash from: /bin/sh\ndiversion by dash to: "
                          "/bin/sh.distrib\ndash: /bin/sh\n") == "dash");
    CHECK(apt.parse_owner("dpkg-query: no path found matching pattern /etc/x\n").empty());
    CHECK(apt.parse_owner("").empty());
}

TEST_CASE("apt: the newest version in an index") {
    CHECK(apt.newest_version(test_data("apt/2.6-query-found.txt")) == "1.0.030480001");
    CHECK(apt.newest_version("").empty());
    CHECK(apt.newest_version("N: Unable to locate package x\n").empty());
    CHECK(apt.newest_version("speed | 1.4 MB in all | 00:00\n").empty());
}

TEST_CASE("apt: every outcome without a message of its own has a command for people") {
    CHECK(repair_hint(apt, ok).empty());
    for (const Outcome outcome : {locked, interrupted, no_space, unmet, sources, failed}) {
        CAPTURE(outcome_name(outcome));
        CHECK(!repair_hint(apt, outcome).empty());
    }
    CHECK(apt.removal_hint("aadlogin") == "apt-get purge aadlogin");
}
