// SPDX-License-Identifier: MIT
#include "installers/tdnf.hpp"
#include "tests/unit/tool_runs.hpp"

#include <doctest/doctest.h>

using namespace aadssh;

namespace {

using enum ToolRun;
using enum Outcome;

/// Runs of "tdnf install" where the name does not say otherwise; what they print about a
/// repository, "tdnf makecache" prints as well, so they stand for a refresh, too.
const Measured measured[] = {
    {"3.6-makecache-ok", 0, refresh, ok, "-"},
    {"3.6-install-repository-403", 243, refresh, network, "Error: 403 when downloading"},
    {"3.6-install-repository-404", 243, refresh, not_published, "Error: 404 when downloading"},
    {"3.6-install-repository-500", 243, refresh, network, "Error: 500 when downloading"},
    {"3.6-install-repository-500-not-skipped", 86, refresh, network, "Error: 500 when downloading"},
    {"3.6-install-repository-reset", 243, refresh, network, "Error(1257)"},
    {"3.6-install-repository-corrupt", 86, refresh, network, "parsing repomd"},
    // Left out, and the command succeeded.
    {"3.6-install-repository-404-zero", 0, refresh, not_published, "Error: 404 when downloading"},
    {"3.6-install-repository-truncated-zero", 0, refresh, network, "Error(1219)"},
    {"3.6-install-repository-403", 243, query, network, "Error: 403 when downloading"},
    {"3.6-list-installed", 0, query, not_published, "-"},
    {"3.6-install-unknown", 243, query, not_published, "-"},
    {"3.6-install-repository-404-zero", 0, download, ok, "-"},
    {"3.6-install-repository-403", 243, download, network, "Error: 403 when downloading"},
    {"3.6-install-nothing-to-do", 0, download, ok, "-"},
    {"3.6-install-unknown", 243, download, unmet, "nope package not found or not installed"},
    {"3.6-install-package-404", 86, download, unmet, "Error: 404 when downloading"},
    {"3.6-install-package-500", 86, download, network, "Error: 500 when downloading"},
    {"3.6-install-package-truncated", 195, download, network, "Error(1219)"},
    {"3.6-install-package-corrupt", 248, download, mismatch, "Error(1528)"},
    {"3.6-install-wrong-key", 234, download, signature, "failed to match with known keys"},
    {"3.6-install-wrong-key", 234, transaction, signature, "failed to match with known keys"},
    {"3.6-install-waited-for-lock", 0, transaction, ok, "-"},
    {"3.6-install-downgrade", 0, transaction, ok, "-"},
    {"3.6-install-script-failed", 0, transaction, ok, "scriptlet failed, exit status 1"},
    {"3.6-install-rpm-lock", 2, transaction, locked, "can't create transaction lock"},
    {"3.6-install-not-root", 65, transaction, failed, "Error(1601)"},
    {"3.6-unknown-option", 140, refresh, failed, "Error(908)"},
};

/// From tdnf's source (vmware/tdnf: client/defines.h, plugins/repogpgcheck), libsolv's and rpm's.
const Quoted quoted[] = {
    {"aadsshlogin.x86_64      1.0.030480001-1      azurelinux-official-ms-non-oss\n", 0, query, ok},
    {"", 0, query, not_published},
    {"Error(1601) : Operation not permitted. You have to be root.\n", 65, query, failed},
    {"error: cannot open Packages database in /var/lib/rpm\n", 1, query, interrupted},
    {"Error(1510) : RPM not signed. Use --nogpgcheck to ignore.\n",
     230,
     download,
     signature,
     "Error(1510)"},
    {"Error(1513) : RPM failed to parse gpg key. Use --nogpgcheck to ignore.\n",
     233,
     transaction,
     signature,
     "Error(1513)"},
    {"Error(1515) : rpm check reported errors\n", 235, transaction, failed, "Error(1515)"},
    {"Error(1516) : \n", 236, refresh, failed, "Error(1516)"},
    {"repo md signature check: Bad signature\n"
     "Error: TDNFVerifySignature 2004\n"
     "Error(2004) : repogpgcheck plugin error: failed to verify signature\n"
     "Error: Failed to synchronize cache for repo 'x'\n",
     212,
     refresh,
     signature,
     "repo md signature check: Bad signature"},
    // The signature is absent, not the index.
    {"Error: 404 when downloading https://x.example.org/repodata/repomd.xml.asc\n"
     ". Please check repo url or refresh metadata with 'tdnf makecache'.\n",
     86,
     refresh,
     network,
     "Error: 404 when downloading"},
    {"Error(1036) : Insufficient disk space at cache directory /var/cache/tdnf (unless specified "
     "differently in config). Try freeing space first.\n",
     12,
     download,
     no_space,
     "Error(1036)"},
    {"\tinstalling package x-1-1.x86_64 needs 4KB more space on the /usr filesystem\n",
     245,
     transaction,
     no_space,
     "needs 4KB more space on the /usr filesystem"},
    {"error: unpacking of archive failed: cpio: write failed - No space left on device\n",
     245,
     transaction,
     no_space,
     "No space left on device"},
    {"Found 1 problem(s) while resolving\n"
     "1. nothing provides aad-standin-lib >= 1.0 needed by aadsshlogin-1.0.030480001-1.x86_64\n"
     "Error(1310) : \n",
     30,
     download,
     unmet,
     "nothing provides aad-standin-lib"},
    {"Found 1 problem(s) while resolving\n"
     "1. package aadsshlogin-1.0-1.x86_64 conflicts with aadlogin provided by "
     "aadlogin-1-1.x86_64\n",
     30,
     download,
     unmet,
     "conflicts with aadlogin"},
    {"", 1, refresh, failed},
    {"", 1, download, failed},
    {"", 1, transaction, failed},
    {"Error: Failed to synchronize cache for repo 'of-somebody'\nDisabling Repo: 'of-somebody'\n",
     0,
     download,
     ok},
    {"Error: Failed to synchronize cache for repo 'of-somebody'\nDisabling Repo: 'of-somebody'\n",
     0,
     transaction,
     ok},
};

const Documented documented = {
    // tdnf(8), tdnf.conf(5)
    .options = {"-y",
                "-q",
                "--setopt",
                "--disablerepo",
                "--enablerepo",
                "--disableexcludes",
                "--refresh",
                "--downloadonly"},
    .settings = {"skip_if_unavailable"},
    .commands = {"makecache", "list", "install", "reinstall"},
};

}  // namespace

TEST_CASE("tdnf: what measured runs came to") {
    check_measured(tdnf, measured);
}

TEST_CASE("tdnf: no measured run is left out of the table") {
    check_complete(tdnf, measured);
}

TEST_CASE("tdnf: what texts of its source mean") {
    check_quoted(tdnf, quoted);
}

TEST_CASE("tdnf: any bytes") {
    check_any_bytes(tdnf);
}

TEST_CASE("tdnf: the newest version in an index") {
    CHECK(tdnf.newest_version("aadsshlogin.x86_64   1.0.030480001-1   ms\n"
                              "aadsshlogin.x86_64   1.0.033070001-1   ms\n") == "1.0.033070001-1");
    CHECK(tdnf.newest_version("aadsshlogin.x86_64   1.0.030480001-1   ms\n"
                              "aadsshlogin.x86_64   1.0.033070001-1   @System\n") ==
          "1.0.030480001-1");
    CHECK(tdnf.newest_version(test_data("tdnf/3.6-list-installed.txt")).empty());
    CHECK(tdnf.newest_version(test_data("tdnf/3.6-install-unknown.txt")).empty());
}

TEST_CASE("tdnf: of several errors a full disk is the one that is named") {
    CHECK(tdnf.culprit("error: one\nerror: two\nerror: three: No space left on device\n")
              .starts_with("error: three"));
}

TEST_CASE("tdnf: every option in its plans is one that it documents") {
    check_documented(tdnf, documented);
}

TEST_CASE("tdnf: other repositories may fail, ours may not") {
    for (const auto& argv : command_lines(tdnf)) {
        const std::string line = shell_line(argv);
        CAPTURE(line);
        CHECK(!contains(line, "packages-microsoft-com-prod.skip_if_unavailable=1"));
        CHECK(!contains(line, "nogpgcheck"));
        const bool of_all = !contains(line, "--disablerepo=");
        CHECK(contains(line, "--setopt=baseos.skip_if_unavailable=1") == of_all);
        CHECK(contains(line, "--setopt=appstream.skip_if_unavailable=1") == of_all);
    }
}

TEST_CASE("tdnf: every outcome without a message of its own has a command for people") {
    check_hints(tdnf, "tdnf reinstall");
}
