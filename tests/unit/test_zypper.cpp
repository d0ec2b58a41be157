// SPDX-License-Identifier: MIT
#include "installers/zypper.hpp"
#include "tests/unit/tool_runs.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace aadssh;

namespace {

using enum ToolRun;
using enum Outcome;

const Measured measured[] = {
    {"1.14-query-absent", 104, query, not_published, "-"},
    {"1.14-query-database-damaged", 4, query, interrupted, "cannot open Packages database"},
    {"1.14-query-excluded", 0, query, ok, "-"},
    {"1.14-query-found", 0, query, ok, "-"},
    {"1.14-query-locked", 7, query, locked, "System management is locked by"},
    {"1.14-query-no-cache", 0, query, ok, "-"},
    {"1.14-query-rpm-lock", 0, query, ok, "-"},
    {"1.14-query-several", 0, query, ok, "-"},
    {"1.14-query-upgrade", 0, query, ok, "-"},
    {"1.14-refresh-403", 4, refresh, network, "Permission to access"},
    {"1.14-refresh-404", 4, refresh, not_published, "type can't be determined"},
    {"1.14-refresh-500", 4, refresh, network, "returned error: 500"},
    {"1.14-refresh-503", 4, refresh, busy, "temporarily unaccessible"},
    {"1.14-refresh-all-distro-down", 4, refresh, busy, "temporarily unaccessible"},
    {"1.14-refresh-all-distro-down-uncached", 4, refresh, busy, "temporarily unaccessible"},
    {"1.14-refresh-all-ok", 0, refresh, ok, "-"},
    {"1.14-refresh-broken-file", 1, refresh, failed, "contains garbage"},
    {"1.14-refresh-corrupt", 4, refresh, signature, "Signature verification failed"},
    {"1.14-refresh-hang", 4, refresh, network, "Empty reply from server"},
    {"1.14-refresh-locked", 7, refresh, locked, "System management is locked by"},
    {"1.14-refresh-no-key", 4, refresh, signature, "Key Fingerprint:  0616"},
    {"1.14-refresh-no-space", 4, refresh, network, "Valid metadata not found"},
    {"1.14-refresh-ok", 0, refresh, ok, "-"},
    {"1.14-refresh-primary-404", 4, refresh, network, "not found on medium"},
    {"1.14-refresh-primary-corrupt", 4, refresh, mismatch, "has wrong checksum"},
    {"1.14-refresh-proxy-407", 4, refresh, network, "returned error: 407"},
    {"1.14-refresh-proxy-refused", 4, refresh, network, "Failed to connect to 127.0.0.1 port 9"},
    {"1.14-refresh-refused", 4, refresh, network, "Couldn't connect to server"},
    {"1.14-refresh-reset", 4, refresh, network, "Connection reset by peer"},
    {"1.14-refresh-truncated", 4, refresh, network, "Timeout exceeded"},
    {"1.14-refresh-twice-configured", 0, refresh, ok, "-"},
    {"1.14-refresh-unknown-authority", 4, refresh, network, "error setting certificate file"},
    {"1.14-refresh-unknown-repository", 3, refresh, failed, "not found by its alias"},
    {"1.14-refresh-unresolved", 4, refresh, network, "Could not resolve host"},
    {"1.14-refresh-unsigned", 4, refresh, signature, "is unsigned"},
    {"1.14-refresh-wrong-key", 4, refresh, signature, "Key Fingerprint:  05F6"},
    {"1.14-download-403", 8, download, network, "Permission to access"},
    {"1.14-download-404", 8, download, unmet, "not found on medium"},
    {"1.14-download-500", 8, download, network, "returned error: 500"},
    {"1.14-download-again-ok", 0, download, ok, "-"},
    {"1.14-download-conflict", 4, download, unmet, "conflicts with"},
    {"1.14-download-corrupt", 8, download, mismatch, "corrupted during transfer"},
    {"1.14-download-database-damaged", 4, download, interrupted, "cannot open Packages database"},
    {"1.14-download-dependency-404", 8, download, unmet, "not found on medium"},
    {"1.14-download-dependency-absent", 4, download, unmet, "nothing provides aad-standin-lib"},
    {"1.14-download-distro-cached", 8, download, busy, "temporarily unaccessible"},
    {"1.14-download-distro-down", 4, download, unmet, "nothing provides"},
    {"1.14-download-excluded", 4, download, unmet, "; Problem: conflicting requests"},
    {"1.14-download-locked", 7, download, locked, "System management is locked by"},
    {"1.14-download-no-key", 104, download, signature, "Key Fingerprint"},
    {"1.14-download-no-space", 8, download, no_space, "Can't hardlink/copy"},
    {"1.14-download-nothing-to-do", 0, download, ok, "-"},
    {"1.14-download-ok", 0, download, ok, "-"},
    {"1.14-download-package-unsigned", 0, download, ok, "-"},
    {"1.14-download-package-wrong-key", 0, download, ok, "-"},
    {"1.14-download-pinned", 0, download, ok, "-"},
    {"1.14-download-reset", 8, download, network, "Connection reset by peer"},
    {"1.14-download-rpm-lock", 0, download, ok, "-"},
    {"1.14-download-truncated", 8, download, network, "Timeout exceeded"},
    {"1.14-download-unknown", 104, download, unmet, "No provider of 'aadsshlogin' found"},
    {"1.14-download-unknown-repository",
     104,
     download,
     unmet,
     "No provider of 'aadsshlogin' found"},
    {"1.14-download-upgrade", 0, download, ok, "-"},
    {"1.14-download-wrong-key", 8, download, mismatch, "corrupted during transfer"},
    {"1.14-transaction-conflict", 4, transaction, unmet, "conflicts with"},
    {"1.14-transaction-database-damaged",
     4,
     transaction,
     interrupted,
     "cannot open Packages database"},
    {"1.14-transaction-dependency-absent", 4, transaction, unmet, "nothing provides"},
    {"1.14-transaction-excluded", 4, transaction, unmet, "; Problem: conflicting requests"},
    {"1.14-transaction-import-garbage", 1, transaction, failed, "import read failed"},
    {"1.14-transaction-import-lock", 1, transaction, locked, "can't create transaction lock"},
    {"1.14-transaction-locked", 7, transaction, locked, "System management is locked by"},
    {"1.14-transaction-no-cache", 0, transaction, ok, "-"},
    {"1.14-transaction-no-key", 104, transaction, signature, "Key Fingerprint"},
    {"1.14-transaction-no-space",
     8,
     transaction,
     no_space,
     "more space on the /etc/sudoers.d filesystem"},
    {"1.14-transaction-no-space-database",
     8,
     transaction,
     no_space,
     "more space on the /var/lib/rpm filesystem"},
    {"1.14-transaction-nothing-to-do", 0, transaction, ok, "-"},
    {"1.14-transaction-ok", 0, transaction, ok, "-"},
    {"1.14-transaction-package-unsigned", 0, transaction, ok, "-"},
    {"1.14-transaction-package-wrong-key", 0, transaction, ok, "-"},
    {"1.14-transaction-reinstall-ok", 0, transaction, ok, "-"},
    {"1.14-transaction-rpm-e-absent", 1, transaction, failed, "package nope is not installed"},
    {"1.14-transaction-rpm-e-needed",
     1,
     transaction,
     failed,
     "is needed by (installed) aadsshlogin"},
    {"1.14-transaction-rpm-e-script-failed", 1, transaction, failed, "%preun(aadsshlogin"},
    {"1.14-transaction-rpm-lock", 8, transaction, locked, "can't create transaction lock"},
    {"1.14-transaction-script-failed", 107, transaction, ok, "scriptlet failed"},
    {"1.14-transaction-upgrade", 0, transaction, ok, "-"},
    // From rpm's source.
    {"documented-transaction-no-space", 8, transaction, no_space, "No space left on device"},
};

/// From zypper(8), "EXIT CODES".
const Quoted quoted[] = {
    {"", 102, transaction, ok},  // a reboot is needed
    {"", 103, transaction, ok},  // zypper itself was updated
    {"", 106, transaction, ok},  // a repository was skipped
    {"", 106, refresh, ok},
    {"", 107, transaction, ok},  // a script failed: the database tells
    {"", 7, refresh, locked},
    {"", 7, transaction, locked},
    {"", 104, query, not_published},
    {"", 106, query, not_published},
    {"", 0, query, not_published},
    {"", 104, transaction, failed},
    {"", 4, refresh, failed},
    {"", 5, refresh, failed},
    {"", 6, refresh, failed},
    {"", 8, transaction, failed},
    {"", 8, download, failed},
    {"", 4, query, failed},
    {"S | Name | Type | Version | Arch | Repository\n", 0, query, not_published},
    {"Signature verification failed, nothing provides", 0, transaction, ok},
};

const Documented documented = {
    // zypper(8)
    .options = {"--non-interactive",
                "--no-refresh",
                "--force",
                "--repo",
                "--details",
                "--match-exact",
                "--type",
                "--auto-agree-with-licenses",
                "--no-recommends",
                "--download-only",
                "--oldpackage"},
    .settings = {},
    .commands = {"refresh", "search", "install"},
};

}  // namespace

TEST_CASE("zypper: what measured runs came to") {
    check_measured(zypper, measured);
}

TEST_CASE("zypper: no text is left out of the table") {
    check_complete(zypper, measured);
}

TEST_CASE("zypper: codes without words") {
    check_quoted(zypper, quoted);
}

TEST_CASE("zypper: one of its texts proves each rule") {
    check_rules({zypper_rules()}, {{&zypper, measured}});
}

TEST_CASE("zypper: any bytes") {
    check_any_bytes(zypper);
}

TEST_CASE("zypper: the newest version in an index") {
    CHECK(zypper.newest_version(test_data("zypper/1.14-query-found.txt")) == "1.0.030480001-1");
    CHECK(zypper.newest_version(test_data("zypper/1.14-query-several.txt")) == "1.0.033070001-1");
    CHECK(zypper.newest_version(test_data("zypper/1.14-query-upgrade.txt")) == "1.0.033070001-1");
    CHECK(zypper.newest_version(test_data("zypper/1.14-query-excluded.txt")) == "1.0.030480001-1");
    CHECK(zypper.newest_version(test_data("zypper/1.14-query-absent.txt")).empty());
    CHECK(zypper.newest_version("a | b | patch | 1 | noarch | d\n").empty());
}

TEST_CASE("zypper: of several errors a full disk is the one that is named") {
    CHECK(zypper.culprit("error: one\nerror: two\nerror: three: No space left on device\n")
              .starts_with("error: three"));
}

TEST_CASE("zypper: of a download that failed the address is told, so that its owner can be named") {
    for (const auto* name : {"1.14-download-500", "1.14-download-reset", "1.14-refresh-refused"}) {
        CAPTURE(name);
        CHECK(zypper.culprit(test_data(fmt::format("zypper/{}.txt", name)))
                  .find("error for 'https://packages.microsoft.com") != std::string::npos);
    }
}

TEST_CASE("zypper: every option in its plans is one that it documents") {
    check_documented(zypper, documented);
}

TEST_CASE("zypper: never told to trust whatever key is served, nor to pass over a signature") {
    for (const auto& argv : command_lines(zypper)) {
        const std::string line = shell_line(argv);
        CAPTURE(line);
        CHECK(!contains(line, "gpg"));
        CHECK(!contains(line, "unsigned"));
        CHECK(!contains(line, "--no-check"));
        CHECK(!contains(line, "--force-resolution"));
        CHECK(argv[1] == "--non-interactive");
    }
}

TEST_CASE("zypper: every outcome without a message of its own has a command for people") {
    check_hints(zypper, "zypper install --force");
    CHECK(zypper.reinstall_hint("aadsshlogin", "1.0.2-1") ==
          "zypper install --force aadsshlogin=1.0.2-1");
}
