// SPDX-License-Identifier: MIT
#include "installers/dnf.hpp"
#include "installers/dnf_parts.hpp"
#include "installers/yum.hpp"
#include "tests/unit/tool_runs.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

using enum ToolRun;
using enum Outcome;

const Measured measured[] = {
    {"4.14-query-absent", 0, query, not_published, "-"},
    {"4.5-query-database-damaged", 1, query, interrupted, "rpmdb open failed"},
    {"4.14-query-database-damaged", 1, query, interrupted, "rpmdb open failed"},
    {"4.14-query-excluded", 0, query, not_published, "-"},
    {"4.14-query-found", 0, query, ok, "-"},
    {"4.14-query-locked", 200, query, locked, "already locked by"},
    {"4.14-query-no-cache", 1, query, unmet, "Cache-only enabled but no cache"},
    {"4.14-query-rpm-lock", 0, query, ok, "-"},
    {"4.14-query-several", 0, query, ok, "-"},
    {"4.14-query-upgrade", 0, query, ok, "-"},
    {"4.14-refresh-403", 1, refresh, network, "Status code: 403"},
    {"4.14-refresh-404", 1, refresh, not_published, "Status code: 404"},
    {"4.14-refresh-500", 1, refresh, network, "Status code: 500"},
    {"4.14-refresh-503", 1, refresh, busy, "Status code: 503"},
    {"4.14-refresh-all-distro-down", 0, refresh, ok, "-"},
    {"4.14-refresh-all-distro-down-uncached", 0, refresh, ok, "-"},
    {"4.14-refresh-all-ok", 0, refresh, ok, "-"},
    {"4.14-refresh-broken-file", 0, refresh, ok, "-"},
    {"4.14-refresh-corrupt", 1, refresh, network, "repomd.xml parser error"},
    {"4.14-refresh-hang", 1, refresh, network, "Curl error (28)"},
    {"4.14-refresh-locked", 200, refresh, locked, "already locked by"},
    {"4.14-refresh-no-key", 0, refresh, ok, "-"},
    {"4.14-refresh-no-space", 1, refresh, no_space, "No space left on device"},
    {"4.14-refresh-ok", 0, refresh, ok, "-"},
    {"4.23-refresh-ok", 0, refresh, ok, "-"},
    {"4.14-refresh-primary-404", 1, refresh, network, "Status code: 404"},
    {"4.23-refresh-primary-404", 1, refresh, network, "Status code: 404"},
    {"4.14-refresh-primary-corrupt", 1, refresh, mismatch, "Failed to download metadata"},
    {"4.23-refresh-primary-corrupt", 1, refresh, mismatch, "Failed to download metadata"},
    {"4.5-refresh-proxy-407", 1, refresh, network, "407"},
    {"4.14-refresh-proxy-407", 1, refresh, network, "407"},
    {"4.5-refresh-proxy-refused", 1, refresh, network, "Curl error (7)"},
    {"4.14-refresh-proxy-refused", 1, refresh, network, "Curl error (7)"},
    {"4.23-refresh-proxy-refused", 1, refresh, network, "Curl error (7)"},
    {"4.5-refresh-refused", 1, refresh, network, "Curl error (7)"},
    {"4.14-refresh-refused", 1, refresh, network, "Curl error (7)"},
    {"4.23-refresh-refused", 1, refresh, network, "Curl error (7)"},
    {"4.14-refresh-repo-gpgcheck-wrong-key", 1, refresh, signature, "Bad GPG signature"},
    {"4.5-refresh-reset", 1, refresh, network, "Curl error (56)"},
    {"4.14-refresh-reset", 1, refresh, network, "Curl error (56)"},
    {"4.14-refresh-truncated", 1, refresh, network, "Curl error (56)"},
    {"4.14-refresh-twice-configured", 0, refresh, ok, "-"},
    {"4.14-refresh-unknown-authority", 1, refresh, network, "Curl error (60)"},
    {"4.23-refresh-unknown-authority", 1, refresh, network, "Curl error (60)"},
    {"4.14-refresh-unknown-repository", 1, refresh, failed, "Unknown repo"},
    {"4.14-refresh-unresolved", 1, refresh, network, "Curl error (6)"},
    {"4.23-refresh-unresolved", 1, refresh, network, "Curl error (6)"},
    {"4.14-refresh-unsigned", 0, refresh, ok, "-"},
    {"4.14-refresh-wrong-key", 0, refresh, ok, "-"},
    {"4.5-download-403", 1, download, network, "Status code: 403"},
    {"4.14-download-403", 1, download, network, "Status code: 403"},
    {"4.5-download-404", 1, download, unmet, "Status code: 404"},
    {"4.14-download-404", 1, download, unmet, "Status code: 404"},
    {"4.5-download-500", 1, download, network, "Status code: 500"},
    {"4.14-download-500", 1, download, network, "Status code: 500"},
    {"4.14-download-again-ok", 0, download, ok, "-"},
    {"4.14-download-conflict", 1, download, unmet, "conflicts with"},
    {"4.23-download-conflict", 1, download, unmet, "conflicts with"},
    {"4.5-download-corrupt", 1, download, mismatch, "checksum doesn't match"},
    {"4.14-download-corrupt", 1, download, mismatch, "checksum doesn't match"},
    {"4.5-download-database-damaged", 1, download, interrupted, "rpmdb open failed"},
    {"4.14-download-database-damaged", 1, download, interrupted, "rpmdb open failed"},
    {"4.5-download-dependency-404", 1, download, unmet, "Status code: 404"},
    {"4.14-download-dependency-404", 1, download, unmet, "Status code: 404"},
    {"4.14-download-dependency-absent",
     1,
     download,
     unmet,
     "nothing provides aad-standin-lib >= 1.0"},
    {"4.23-download-dependency-absent",
     1,
     download,
     unmet,
     "nothing provides aad-standin-lib >= 1.0"},
    {"4.5-download-distro-cached", 1, download, busy, "Status code: 503"},
    {"4.14-download-distro-cached", 1, download, busy, "Status code: 503"},
    {"4.14-download-distro-down", 1, download, unmet, "nothing provides aad-standin-lib"},
    {"4.23-download-distro-down", 1, download, unmet, "nothing provides aad-standin-lib"},
    {"4.14-download-excluded", 1, download, unmet, "filtered out by exclude"},
    {"4.14-download-key-404", 1, download, unmet, "Status code: 404"},
    {"4.14-download-key-reset", 1, download, network, "Curl error (56)"},
    {"4.14-download-locked", 200, download, locked, "already locked by"},
    {"4.14-download-locked-download", 200, download, locked, "already locked by"},
    {"4.5-download-no-key", 1, download, signature, "read a file:// file"},
    {"4.14-download-no-key", 1, download, signature, "read a file:// file"},
    {"4.23-download-no-key", 1, download, signature, "read a file:// file"},
    {"4.5-download-no-space", 1, download, no_space, "Curl error (23)"},
    {"4.14-download-no-space", 1, download, no_space, "Curl error (23)"},
    {"4.23-download-no-space", 1, download, no_space, "Curl error (23)"},
    {"4.14-download-nothing-to-do", 0, download, ok, "-"},
    {"4.14-download-ok", 0, download, ok, "-"},
    {"4.14-download-package-unsigned", 1, download, signature, "is not signed"},
    {"4.14-download-package-wrong-key", 1, download, signature, "not correct for this package"},
    {"4.5-download-reset", 1, download, network, "Curl error (56)"},
    {"4.14-download-reset", 1, download, network, "Curl error (56)"},
    {"4.23-download-reset", 1, download, network, "Curl error (56)"},
    {"4.14-download-rpm-lock", 0, download, ok, "-"},
    {"4.14-download-truncated", 1, download, network, "Curl error (56)"},
    {"4.14-download-unknown", 1, download, unmet, "Unable to find a match: aadsshlogin"},
    {"4.14-download-unknown-repository", 1, download, failed, "Unknown repo"},
    {"4.14-download-upgrade", 0, download, ok, "-"},
    {"4.5-download-wrong-key", 1, download, signature, "not correct for this package"},
    {"4.14-download-wrong-key", 1, download, signature, "not correct for this package"},
    {"4.23-download-wrong-key", 1, download, signature, "not correct for this package"},
    {"4.14-transaction-conflict", 1, transaction, unmet, "conflicts with"},
    {"4.23-transaction-conflict", 1, transaction, unmet, "conflicts with"},
    {"4.5-transaction-database-damaged", 1, transaction, interrupted, "rpmdb open failed"},
    {"4.14-transaction-database-damaged", 1, transaction, interrupted, "rpmdb open failed"},
    {"4.14-transaction-dependency-absent", 1, transaction, unmet, "nothing provides"},
    {"4.23-transaction-dependency-absent", 1, transaction, unmet, "nothing provides"},
    {"4.14-transaction-excluded", 1, transaction, unmet, "filtered out by exclude"},
    {"4.14-transaction-import-garbage", 1, transaction, failed, "import read failed"},
    {"4.14-transaction-import-lock", 1, transaction, locked, "can't create transaction lock"},
    {"4.5-transaction-key-404", 1, transaction, unmet, "Status code: 404"},
    {"4.14-transaction-key-404", 1, transaction, unmet, "Status code: 404"},
    {"4.23-transaction-key-404", 1, transaction, unmet, "Status code: 404"},
    {"4.14-transaction-key-reset", 1, transaction, failed, "Curl error (56)"},
    {"4.14-transaction-locked", 200, transaction, locked, "already locked by"},
    {"4.14-transaction-no-cache", 1, transaction, unmet, "Cache-only enabled"},
    {"4.5-transaction-no-key", 1, transaction, signature, "read a file:// file"},
    {"4.14-transaction-no-key", 1, transaction, signature, "read a file:// file"},
    {"4.23-transaction-no-key", 1, transaction, signature, "read a file:// file"},
    {"4.14-transaction-no-space",
     1,
     transaction,
     no_space,
     "more space needed on the /etc/sudoers.d filesystem"},
    {"4.14-transaction-no-space-database",
     1,
     transaction,
     no_space,
     "more space needed on the /var/lib/rpm filesystem"},
    {"4.5-transaction-not-downloaded", 1, transaction, unmet, "--cacheonly"},
    {"4.14-transaction-not-downloaded", 1, transaction, unmet, "--cacheonly"},
    {"4.14-transaction-nothing-to-do", 0, transaction, ok, "-"},
    {"4.14-transaction-ok", 0, transaction, ok, "-"},
    {"4.23-transaction-ok", 0, transaction, ok, "-"},
    {"4.14-transaction-package-unsigned", 1, transaction, signature, "is not signed"},
    {"4.14-transaction-package-wrong-key",
     1,
     transaction,
     signature,
     "not correct for this package"},
    {"4.14-transaction-reinstall-ok", 0, transaction, ok, "-"},
    {"4.14-transaction-renew-nothing", 1, transaction, failed, "Unknown repo"},
    {"4.14-transaction-rpm-e-absent", 1, transaction, failed, "package nope is not installed"},
    {"4.23-transaction-rpm-e-absent", 1, transaction, failed, "package nope is not installed"},
    {"4.14-transaction-rpm-e-needed",
     1,
     transaction,
     failed,
     "is needed by (installed) aadsshlogin"},
    {"4.23-transaction-rpm-e-needed",
     1,
     transaction,
     failed,
     "is needed by (installed) aadsshlogin"},
    {"4.14-transaction-rpm-e-script-failed", 1, transaction, failed, "%preun(aadsshlogin"},
    {"4.23-transaction-rpm-e-script-failed", 1, transaction, failed, "%preun(aadsshlogin"},
    {"4.14-transaction-rpm-lock", 1, transaction, locked, "can't create transaction lock"},
    {"4.14-transaction-rpmdb-locked", 200, transaction, locked, "already locked by"},
    {"4.14-transaction-script-failed", 0, transaction, ok, "scriptlet failed, exit status 1"},
    {"4.14-transaction-upgrade", 0, transaction, ok, "-"},
    {"4.5-transaction-wrong-key", 1, transaction, signature, "not correct for this package"},
    {"4.14-transaction-wrong-key", 1, transaction, signature, "not correct for this package"},
    {"4.23-transaction-wrong-key", 1, transaction, signature, "not correct for this package"},
    // From public reports and dnf's source; the certificates are those of Azure's Red Hat images
    // (openshift/release#36741).
    {"documented-download-certificate-expired",
     1,
     download,
     certificate,
     "alert certificate expired"},
    {"documented-refresh-certificate-bad", 1, refresh, certificate, "alert bad certificate"},
    {"documented-transaction-rpm-database-damaged",
     1,
     transaction,
     interrupted,
     "cannot open Packages database"},
    {"documented-transaction-no-key", 1, transaction, signature, "Public key for aadsshlogin"},
    {"documented-refresh-signature-404", 1, refresh, signature, "GPG signature verification error"},
    {"documented-refresh-primary-404", 1, refresh, network, "Status code: 404"},
    {"documented-download-modules", 1, download, unmet, "filtered out by modular filtering"},
    {"documented-download-not-reinstalled", 1, download, unmet, "No packages marked for reinstall"},
};

const Quoted quoted[] = {
    {"", 200, refresh, locked},
    {"", 200, transaction, locked},
    {"", 1, query, failed},
    {"", 1, refresh, failed},
    {"", 1, download, failed},
    {"", 1, transaction, failed},
    {"", 0, query, not_published},
    {"", 0, refresh, ok},
    {"Last metadata expiration check: 0:00:01 ago\n", 0, query, not_published},
    {"GPG check FAILED, nothing provides, Status code: 404", 0, transaction, ok},
};

const Documented documented = {
    // dnf(8), dnf.conf(5)
    .options = {"-y",
                "-q",
                "-C",
                "--setopt",
                "--disablerepo",
                "--enablerepo",
                "--disableexcludes",
                "--disableplugin",
                "--refresh",
                "--downloadonly",
                "--latest-limit",
                "--queryformat"},
    .settings = {"exit_on_lock",
                 "timeout",
                 "retries",
                 "skip_if_unavailable",
                 "module_hotfixes",
                 "proxy",
                 "proxy_username"},
    .commands = {"makecache", "repoquery", "install", "reinstall", "update"},
};

}  // namespace

TEST_CASE("dnf: what measured and documented runs came to") {
    check_measured(dnf, measured);
}

TEST_CASE("dnf: no text is left out of the table") {
    check_complete(dnf, measured);
}

TEST_CASE("dnf: codes without words, and words of a run that succeeded") {
    check_quoted(dnf, quoted);
}

TEST_CASE("dnf and yum: one of their texts proves each rule") {
    check_rules({yum_first_rules(), yum_last_rules()}, {{&dnf, measured}, {&yum, yum_runs}});
}

TEST_CASE("dnf: any bytes") {
    check_any_bytes(dnf);
}

TEST_CASE("dnf: the newest version in an index") {
    CHECK(dnf.newest_version(test_data("dnf/4.14-query-found.txt")) == "1.0.030480001-1");
    CHECK(dnf.newest_version(test_data("dnf/4.14-query-several.txt")) == "1.0.033070001-1");
    CHECK(dnf.newest_version(test_data("dnf/4.14-query-absent.txt")).empty());
    CHECK(dnf.newest_version(test_data("dnf/4.14-query-no-cache.txt")).empty());
    CHECK(dnf.newest_version("Repository x is listed more than once\n1.0-1\n") == "1.0-1");
    CHECK(dnf.newest_version("1 file removed\n").empty());
}

TEST_CASE("dnf: the culprit is the line that explains, without those that only repeat it") {
    CHECK(
        dnf.culprit(test_data("dnf/4.14-transaction-rpm-lock.txt")) ==
        "RPM: error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily "
        "unavailable)");
    CHECK(dnf.culprit("Status code: 403 for x\nError: Error downloading packages:\n  a\n") ==
          "Status code: 403 for x");
    CHECK(dnf.culprit("Error: Could not run transaction.\n").empty());
    CHECK(dnf.culprit("error: one\nerror: two\nerror: three: No space left on device\n")
              .starts_with("error: three"));
    CHECK(dnf.culprit("  Running scriptlet: aadsshlogin-1.0-1.x86_64   1/1\n").empty());
}

TEST_CASE("dnf: every option in its plans is one that it documents") {
    check_documented(dnf, documented);
}

TEST_CASE("dnf: what is never stopped asks the network for nothing") {
    check_offline(dnf);
}

TEST_CASE("dnf: what hides a package is passed by the second question, modules too") {
    std::size_t questions = 0;
    for (const auto& argv : command_lines(dnf)) {
        const std::string line = shell_line(argv);
        CAPTURE(line);
        const bool past = contains(line, " --disableexcludes=all --disableplugin=versionlock ");
        CHECK(past == contains(line, ".module_hotfixes=1 repoquery "));
        questions += past ? 1U : 0U;
    }
    CHECK(questions > 0);
}

TEST_CASE("dnf: every outcome without a message of its own has a command for people") {
    check_hints(dnf, "dnf reinstall");
    CHECK(contains(repair_hint(dnf, certificate), "--enablerepo='*microsoft-azure*' update"));
    CHECK(repair_hint(dnf, unmet) == "dnf clean expire-cache && dnf makecache");
}
