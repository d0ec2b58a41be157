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
const Quoted quoted[] = {
    {"Metadata Cache Created\n", 0, refresh, ok},
    {"https://packages.microsoft.com/rhel/7/prod/repodata/repomd.xml: [Errno 14] HTTPS Error 404 - "
     "Not Found\nTrying other mirror.\n\n\n One of the configured repositories failed (x),\n and "
     "yum "
     "doesn't have enough cached data to continue.\n\n"
     "failure: repodata/repomd.xml from packages-microsoft-com-prod: [Errno 256] No more mirrors "
     "to "
     "try.\nhttps://packages.microsoft.com/rhel/7/prod/repodata/repomd.xml: [Errno 14] HTTPS Error "
     "404 - Not Found\n",
     1,
     refresh,
     not_published,
     "HTTPS Error 404 - Not Found"},
    {"http://mirror.example.org/repodata/repomd.xml: [Errno 14] HTTP Error 404 - Not Found\n",
     1,
     refresh,
     not_published,
     "HTTP Error 404 - Not Found"},
    {"https://x.example.org/repodata/a-primary.sqlite.bz2: [Errno 14] HTTPS Error 404 - Not "
     "Found\nTrying other mirror.\n"
     "failure: repodata/a-primary.sqlite.bz2 from x: [Errno 256] No more mirrors to try.\n",
     1,
     refresh,
     network,
     "HTTPS Error 404"},
    {"https://x.example.org/repodata/repomd.xml: [Errno 14] HTTPS Error 403 - Forbidden\n"
     "failure: repodata/repomd.xml from x: [Errno 256] No more mirrors to try.\n",
     1,
     refresh,
     network,
     "HTTPS Error 403 - Forbidden"},
    {"https://x.example.org/repodata/repomd.xml: [Errno 14] HTTPS Error 503 - Service Unavailable\n"
     "failure: repodata/repomd.xml from x: [Errno 256] No more mirrors to try.\n",
     1,
     refresh,
     busy,
     "HTTPS Error 503"},
    {"https://x.example.org/repodata/primary.xml.gz: [Errno -1] Metadata file does not match "
     "checksum\nTrying other mirror.\n"
     "failure: repodata/primary.xml.gz from x: [Errno 256] No more mirrors to try.\n",
     1,
     refresh,
     mismatch,
     "does not match checksum"},
    {"https://x.example.org/a.rpm: [Errno -1] Package does not match intended download. "
     "Suggestion: run yum --enablerepo=x clean metadata\nTrying other mirror.\n",
     1,
     download,
     mismatch,
     "does not match intended download"},
    {"https://x.example.org/repodata/repomd.xml: [Errno 14] curl#35 - \"TCP connection reset by "
     "peer\"\nfailure: repodata/repomd.xml from x: [Errno 256] No more mirrors to try.\n",
     1,
     refresh,
     network,
     "curl#35"},
    {"https://x.example.org/repodata/repomd.xml: [Errno 12] Timeout on "
     "https://x.example.org/repodata/repomd.xml: (28, 'Connection timed out after 30000 "
     "milliseconds')\nfailure: repodata/repomd.xml from x: [Errno 256] No more mirrors to try.\n",
     1,
     refresh,
     network,
     "Timeout on"},
    {"https://rhui-2.microsoft.com/x/repodata/repomd.xml: [Errno 14] curl#58 - \"SSL peer rejected "
     "your certificate as expired.\"\nTrying other mirror.\n"
     "failure: repodata/repomd.xml from rhui: [Errno 256] No more mirrors to try.\n",
     1,
     download,
     certificate,
     "rejected your certificate as expired"},
    {"https://x.example.org/repodata/repomd.xml: [Errno -1] repomd.xml signature could not be "
     "verified for x\nTrying other mirror.\n"
     "failure: repodata/repomd.xml from x: [Errno 256] No more mirrors to try.\n",
     1,
     refresh,
     signature,
     "signature could not be verified"},

    {"Available Packages\naadsshlogin.x86_64   1.0.030480001-1   packages-microsoft-com-prod\n",
     0,
     query,
     ok},
    {"Error: No matching Packages to list\n", 1, query, not_published},
    {"Installed Packages\naadsshlogin.x86_64   1.0.030480001-1   @packages-microsoft-com-prod\n",
     0,
     query,
     not_published},
    {"Existing lock /var/run/yum.pid: another copy is running as pid 812.\n"
     "Another app is currently holding the yum lock; exiting as configured by exit_on_lock\n",
     1,
     query,
     locked,
     "another copy is running as pid 812"},

    {"Background downloading packages, then exiting:\nexiting because \"Download Only\" "
     "specified\n",
     0,
     download,
     ok},
    {"exiting because \"Download Only\" specified\n", 1, download, ok},
    {"exiting because \"Download Only\" specified\n", 1, transaction, failed},
    {"No package aadsshlogin available.\nError: Nothing to do\n",
     1,
     download,
     unmet,
     "No package aadsshlogin available."},
    {"Error: Package: aadsshlogin-1.0.033070001-1.x86_64 (packages-microsoft-com-prod)\n"
     "           Requires: libsemanage.so.2()(64bit)\n"
     " You could try using --skip-broken to work around the problem\n",
     1,
     download,
     unmet,
     "Requires: libsemanage.so.2()(64bit)"},
    {"Error: aadsshlogin conflicts with aadlogin-1.0.016050002-1.x86_64\n",
     1,
     download,
     unmet,
     "conflicts with aadlogin"},
    {"https://x.example.org/a.rpm: [Errno 14] HTTPS Error 404 - Not Found\nTrying other mirror.\n"
     "\n\nError downloading packages:\n  a-1-1.x86_64: [Errno 256] No more mirrors to try.\n",
     1,
     download,
     unmet,
     "HTTPS Error 404"},
    {"https://x.example.org/a.rpm: [Errno 14] HTTPS Error 500 - Internal Server Error\nTrying "
     "other "
     "mirror.\n\n\nError downloading packages:\n  a-1-1.x86_64: [Errno 256] No more mirrors to "
     "try.\n",
     1,
     download,
     network,
     "HTTPS Error 500"},
    {"\n\nError downloading packages:\n  a-1-1.x86_64: Caching enabled but no local cache of "
     "/var/cache/yum/a.rpm from x\n",
     1,
     transaction,
     unmet,
     "no local cache of /var/cache/yum/a.rpm"},

    // yum/__init__.py, verifyPkg.
    {"[Errno -1] Package does not match intended download. Suggestion: run yum "
     "--enablerepo=packages-microsoft-com-prod clean metadata\n",
     1,
     download,
     mismatch,
     "does not match intended download"},
    {"\n\nPublic key for aadsshlogin-1.0.030480001-1.x86_64.rpm is not installed\n",
     1,
     transaction,
     signature,
     "Public key for aadsshlogin"},
    {"\n\nThe GPG keys listed for the \"x\" repository are already installed but they are not "
     "correct for this package.\nCheck that the correct key URLs are configured for this "
     "repository.\n",
     1,
     transaction,
     signature,
     "not correct for this package"},
    {"Transaction check error:\n  installing package a-1-1.x86_64 needs 12MB on the / filesystem\n"
     "\nError Summary\n-------------\nDisk Requirements:\n  At least 12MB more space needed on the "
     "/ "
     "filesystem.\n",
     1,
     transaction,
     no_space,
     "At least 12MB more space needed on the / filesystem"},
    {"[Errno 14] curl#23 - \"Failed writing body\"\n[Errno 28] No space left on device\n",
     1,
     download,
     no_space,
     "No space left on device"},
    {"error: can't create transaction lock on /var/lib/rpm/.rpm.lock (Resource temporarily "
     "unavailable)\n",
     1,
     transaction,
     locked,
     "can't create transaction lock"},
    {"error: rpmdb: BDB0113 Thread/process 29414/140651526424384 failed: BDB1507 Thread died in "
     "Berkeley DB library\nerror: cannot open Packages database in /var/lib/rpm\n"
     "CRITICAL:yum.main:\n\nError: rpmdb open failed\n",
     1,
     refresh,
     interrupted,
     "rpmdb open failed"},
    {"Command line error: no such option: --refresh\n", 1, refresh, failed},
    {"Setopt argument has no value: x\n", 1, refresh, failed},
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

TEST_CASE("yum: what its texts mean") {
    check_quoted(yum, quoted);
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

TEST_CASE("yum: every outcome without a message of its own has a command for people") {
    check_hints(yum, "yum reinstall");
    CHECK(contains(repair_hint(yum, certificate), "yum -y --disablerepo='*'"));
}
