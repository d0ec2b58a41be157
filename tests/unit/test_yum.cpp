// SPDX-License-Identifier: MIT
#include "installers/yum.hpp"
#include "tests/unit/tool_runs.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

using enum ToolRun;
using enum Outcome;

/// yum 3 was not measured: its texts are from its source (rpm-software-management/yum: cli.py,
/// yummain.py, output.py, yum/__init__.py, yum/yumRepo.py), its exit codes from yummain.py, the
/// lines of python-urlgrabber and of certificates from public reports.
const Measured measured[] = {
    {"documented-refresh-ok", 0, refresh, ok, "-"},
    {"documented-refresh-404", 1, refresh, not_published, "HTTPS Error 404 - Not Found"},
    {"documented-refresh-404-http", 1, refresh, not_published, "HTTP Error 404 - Not Found"},
    {"documented-refresh-primary-404", 1, refresh, network, "HTTPS Error 404"},
    {"documented-refresh-403", 1, refresh, network, "HTTPS Error 403 - Forbidden"},
    {"documented-refresh-503", 1, refresh, busy, "HTTPS Error 503"},
    {"documented-refresh-primary-mismatch", 1, refresh, mismatch, "does not match checksum"},
    {"documented-download-mismatch", 1, download, mismatch, "does not match intended download"},
    {"documented-refresh-reset", 1, refresh, network, "curl#35"},
    {"documented-refresh-timeout", 1, refresh, network, "Timeout on"},
    {"documented-download-certificate-expired",
     1,
     download,
     certificate,
     "rejected your certificate as expired"},
    {"documented-refresh-unsigned", 1, refresh, signature, "signature could not be verified"},
    {"documented-query-found", 0, query, ok, "-"},
    {"documented-query-absent", 1, query, not_published, "-"},
    {"documented-query-installed", 0, query, not_published, "-"},
    {"documented-query-locked", 1, query, locked, "another copy is running as pid 812"},
    {"documented-download-ok", 0, download, ok, "-"},
    {"documented-download-ok", 1, download, ok, "-"},
    {"documented-download-ok", 1, transaction, failed, "-"},
    {"documented-download-unknown", 1, download, unmet, "No package aadsshlogin available."},
    {"documented-download-dependency-absent",
     1,
     download,
     unmet,
     "Requires: libsemanage.so.2()(64bit)"},
    {"documented-download-conflict", 1, download, unmet, "conflicts with aadlogin"},
    {"documented-download-404", 1, download, unmet, "HTTPS Error 404"},
    {"documented-download-500", 1, download, network, "HTTPS Error 500"},
    {"documented-transaction-not-downloaded",
     1,
     transaction,
     unmet,
     "no local cache of /var/cache/yum/a.rpm"},
    {"documented-download-mismatch-cached",
     1,
     download,
     mismatch,
     "does not match intended download"},
    {"documented-transaction-no-key", 1, transaction, signature, "Public key for aadsshlogin"},
    {"documented-transaction-wrong-key", 1, transaction, signature, "not correct for this package"},
    {"documented-transaction-no-space",
     1,
     transaction,
     no_space,
     "At least 12MB more space needed on the / filesystem"},
    {"documented-download-no-space", 1, download, no_space, "No space left on device"},
    {"documented-transaction-rpm-lock", 1, transaction, locked, "can't create transaction lock"},
    {"documented-refresh-database-damaged", 1, refresh, interrupted, "rpmdb open failed"},
    {"documented-refresh-unknown-option", 1, refresh, failed, "-"},
    {"documented-refresh-setting-without-value", 1, refresh, failed, "-"},
};

/// Without a word to go by.
const Quoted quoted[] = {
    {"", 0, query, not_published},
    {"", 0, transaction, ok},
    {"", 1, query, failed},
    {"", 1, refresh, failed},
    {"", 1, download, failed},
    {"", 1, transaction, failed},
};

/// yum(8) and yum.conf(5) of 3.4.3: not --refresh, --latest-limit, --cacheonly=... of dnf.
const Documented documented = {
    .options = {"-y",
                "-q",
                "-C",
                "--setopt",
                "--disablerepo",
                "--enablerepo",
                "--disableexcludes",
                "--disableplugin",
                "--showduplicates",
                "--downloadonly"},
    .settings = {"exit_on_lock",
                 "timeout",
                 "retries",
                 "skip_if_unavailable",
                 "metadata_expire",
                 "http_caching",
                 "proxy",
                 "proxy_username"},
    .commands = {"makecache", "list", "install", "reinstall", "update", "downgrade"},
};

}  // namespace

const std::span<const Measured> aadssh::yum_runs = measured;

TEST_CASE("yum: what its texts mean") {
    check_measured(yum, measured);
    check_quoted(yum, quoted);
}

TEST_CASE("yum: no text is left out of the table") {
    check_complete(yum, measured);
}

TEST_CASE("yum: any bytes") {
    check_any_bytes(yum);
}

TEST_CASE("yum: the newest version in an index") {
    const std::string installed =
        "Installed Packages\n"
        "aadsshlogin.x86_64           1.0.027980001-1           @packages-microsoft-com-prod\n";
    const std::string available =
        "Available Packages\n"
        "aadsshlogin.x86_64           1.0.030480001-1           packages-microsoft-com-prod\n"
        "aadsshlogin.x86_64           1.0.033070001-1           packages-microsoft-com-prod\n";
    CHECK(yum.newest_version(available) == "1.0.033070001-1");
    CHECK(yum.newest_version(installed + available) == "1.0.033070001-1");
    CHECK(yum.newest_version(installed).empty());
    CHECK(yum.newest_version("Repository x is listed more than once in the configuration\n" +
                             available) == "1.0.033070001-1");
}

TEST_CASE("yum: that there is nothing to do does not explain why") {
    CHECK(yum.culprit("No package aadsshlogin available.\nError: Nothing to do\n") ==
          "No package aadsshlogin available.");
}

TEST_CASE("yum: every option in its plans is one that it documents") {
    check_documented(yum, documented);
}

TEST_CASE("yum: what is never stopped asks the network for nothing") {
    check_offline(yum);
}

TEST_CASE("yum: every outcome without a message of its own has a command for people") {
    check_hints(yum, "yum reinstall");
    CHECK(contains(repair_hint(yum, certificate), "yum -y --disablerepo='*'"));
}
