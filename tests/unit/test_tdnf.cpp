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
    // From tdnf's source (vmware/tdnf: client/defines.h, include/tdnferror.h,
    // plugins/repogpgcheck), libsolv's and rpm's.
    {"documented-query-found", 0, query, ok, "-"},
    {"documented-query-not-root", 65, query, failed, "-"},
    {"documented-query-database-damaged", 1, query, interrupted, "-"},
    {"documented-download-unsigned", 230, download, signature, "Error(1510)"},
    {"documented-transaction-bad-key", 233, transaction, signature, "Error(1513)"},
    {"documented-transaction-check-failed", 235, transaction, failed, "Error(1515)"},
    {"documented-refresh-1516", 236, refresh, failed, "Error(1516)"},
    {"documented-refresh-bad-signature",
     212,
     refresh,
     signature,
     "repo md signature check: Bad signature"},
    {"documented-refresh-signature-404", 86, refresh, network, "Error: 404 when downloading"},
    {"documented-download-cache-full", 12, download, no_space, "Error(1036)"},
    {"documented-transaction-no-space",
     245,
     transaction,
     no_space,
     "needs 4KB more space on the /usr filesystem"},
    {"documented-transaction-no-space-unpacking",
     245,
     transaction,
     no_space,
     "No space left on device"},
    {"documented-download-dependency-absent",
     30,
     download,
     unmet,
     "nothing provides aad-standin-lib"},
    {"documented-download-conflict", 30, download, unmet, "conflicts with aadlogin"},
    {"documented-download-somebody-elses-down", 0, download, ok, "-"},
    {"documented-download-somebody-elses-down", 0, transaction, ok, "-"},
    {"documented-transaction-no-cache", 10, transaction, unmet, "Error(1034)"},
};

const Quoted quoted[] = {
    {"", 0, query, not_published},
    {"", 1, refresh, failed},
    {"", 1, download, failed},
    {"", 1, transaction, failed},
};

const Documented documented = {
    // tdnf(8), tdnf.conf(5)
    .options = {"-y",
                "-q",
                "-C",
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

TEST_CASE("tdnf: what measured and documented runs came to") {
    check_measured(tdnf, measured);
}

TEST_CASE("tdnf: no text is left out of the table") {
    check_complete(tdnf, measured);
}

TEST_CASE("tdnf: codes without words") {
    check_quoted(tdnf, quoted);
}

TEST_CASE("tdnf: one of its texts proves each rule") {
    check_rules({tdnf_rules()}, {{&tdnf, measured}});
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

TEST_CASE("tdnf: what is never stopped asks the network for nothing") {
    check_offline(tdnf);
}

TEST_CASE("tdnf: every outcome without a message of its own has a command for people") {
    check_hints(tdnf, "tdnf reinstall");
}
