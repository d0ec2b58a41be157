# SPDX-License-Identifier: MIT
"""The rig's rpm machines, proven with the real package managers (tdnf and yum 3: their stand-ins) and no handler."""
from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from rig.etc_snapshot import difference
from rig.inside import wait_until
from rig.machine import Machine
from rig.packaging import NEW, OLD
from rig.rpm_commands import COMMANDS, add_microsoft, family_of, installed, trust_test_key
from rig.rpm_families import RPM_FAMILIES, TOOLS
from rig.rpms import MICROSOFT_PROD, PINNED, rpm

MakeMachine = Callable[..., Machine]
ALICE = "alice@contoso.example"
# A library that aadsshlogin's newest version wants and some SUSE releases lack -> what is said, and the exit code.
UNSOLVABLE = (4, "nothing provides libsemanage.so.2()(64bit) needed by")
WRONG_KEY = {
    "dnf": (1, "GPG check FAILED"), "zypper": (104, "Signature verification failed"), "tdnf": (234, "Error(1514)"), "yum": (1, "is not installed"),
}
# A lock that another holds: its file, options that make a tool not wait for ever, the exit code and what is said.
LOCKS = {
    "dnf": ("/var/cache/dnf/metadata_lock.pid", ["--setopt=exit_on_lock=1"], 200, "already locked by {pid}"),
    "zypper": ("/run/zypp.pid", [], 7, "locked by the application with pid {pid}"),
    "yum": ("/var/run/yum.pid", ["--setopt=exit_on_lock=1"], 1, "another copy is running as pid {pid}"),
}
# The same where the tool waits, and what it says then.
WAITS = {
    "dnf": ("/var/cache/dnf/metadata_lock.pid", "Waiting for process with pid {pid} to finish."),
    "tdnf": ("/run/.tdnf-instance-lockfile", "waiting for tdnf_instance lock on /var/run/.tdnf-instance-lockfile"),
    "yum": ("/var/run/yum.pid", "Another app is currently holding the yum lock; waiting for it to exit..."),
}
RPM_LOCK = {"dnf": 1, "zypper": 8, "tdnf": 2, "yum": 1}
FAMILIES = list(RPM_FAMILIES)
ONE_OF_EACH = {"dnf": "rhel9", "zypper": "sles156", "tdnf": "azurelinux3", "yum": "rhel7"}


@pytest.mark.parametrize("family", FAMILIES)
def test_stand_in_package(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    refresh, install, remove = COMMANDS[family_of(m).tool]
    add_microsoft(m)
    before = m.snapshot_etc()
    m.ok(*install, "aadsshlogin")
    assert m.package_state("aadsshlogin") == installed(OLD)
    assert m.package_state("aad-standin-lib") == installed("1.2")
    assert any("/aad-standin-lib" in request.path for request in m.access_log("distro.test"))
    assert m.sshd_config_for(ALICE)["authorizedkeyscommand"] == "/usr/sbin/aad_certhandler %u %k"
    assert m.sshd_config_for("root")["authorizedkeyscommand"] == "none"
    assert m.ssh_login(ALICE).stdout == f"{ALICE}\n"
    m.microsoft.offer(OLD, NEW)
    m.ok(*refresh)
    done = m.run(*install, "aadsshlogin")
    takes_new = any("libsemanage.so.2" in provided for _, provided in family_of(m).stubs)
    assert (done.code, m.package_state("aadsshlogin")) == ((0, installed(NEW)) if takes_new else (UNSOLVABLE[0], installed(OLD)))
    assert takes_new or UNSOLVABLE[1] in done.stdout
    assert m.read("/etc/ssh/sshd_config").count("aad_certhandler") == 1
    assert m.ssh_login(ALICE).stdout == f"{ALICE}\n"
    m.ok(*remove, "aadsshlogin")
    assert difference(before, m.snapshot_etc()) == {}
    assert m.package_state("aadsshlogin") == ("", "")
    assert not m.exists("/usr/sbin/aad_certhandler")


@pytest.mark.parametrize("family", FAMILIES)
def test_programs_of_others_are_hidden(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    own = set(TOOLS[family_of(m).tool].programs)
    others = {name for tool in TOOLS.values() for name in tool.programs} - own
    hidden = (*others, "apt", "apt-get", "apt-cache", "dpkg", "dpkg-query", "dpkg-deb", "pam-auth-update", "debconf", "lsb_release")
    assert m.ok("sh", "-c", 'for each; do command -v "$each" || :; done', "sh", *hidden) == ""
    assert m.ok("sh", "-c", 'for each; do command -v "$each" >/dev/null || echo "$each"; done', "sh", TOOLS[family_of(m).tool].programs[0], "rpm") == ""
    assert not m.exists("/etc/debian_version") and not m.exists("/var/lib/dpkg") and not m.exists("/etc/apt")
    assert m.ok("rpm", "--query", "--whatprovides", "/bin/sh") == "bash-5.1.8-1.x86_64\n"
    assert m.read("/etc/os-release") == m.family.os_release
    assert m.ok("rpm", "--eval", "%_dbpath") == "/var/lib/rpm\n"


@pytest.mark.parametrize("family", [*ONE_OF_EACH.values(), "rhel8", "rhel10"])
def test_the_agent_enables_the_dummy(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    m.goal_state(settings={})
    report = m.wait_reported(lambda r: r.ready)
    assert (report.extension, report.extension_message) == ("success", "The dummy is well.")


@pytest.mark.parametrize("family", ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))
def test_a_wrong_key_is_refused(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    refresh, install, _ = COMMANDS[family_of(m).tool]
    add_microsoft(m)
    m.microsoft.sign_with("wrong")
    done = m.run(*install, "aadsshlogin")
    code, text = WRONG_KEY[family_of(m).tool]
    assert done.code == code and text in done.stdout + done.stderr
    assert m.package_state("aadsshlogin") == ("", "")
    m.microsoft.sign_with("good")
    m.ok(*refresh)
    m.ok(*install, "aadsshlogin")


@pytest.mark.parametrize("tool", LOCKS)
def test_locks_are_seen(dummy_machine: MakeMachine, tool: str) -> None:
    m = dummy_machine(ONE_OF_EACH[tool])
    _, install, _ = COMMANDS[tool]
    path, options, code, text = LOCKS[tool]
    add_microsoft(m)
    with m.lock(path) as pid:
        done = m.run(*install, *options, "aadsshlogin", timeout=20)
        assert done.code == code and text.format(pid=pid) in done.stdout + done.stderr
    m.ok(*install, "aadsshlogin")


@pytest.mark.parametrize("tool", WAITS)
def test_who_waits_for_a_lock_goes_on_when_it_is_free(dummy_machine: MakeMachine, tool: str) -> None:
    m = dummy_machine(ONE_OF_EACH[tool])
    path, text = WAITS[tool]
    add_microsoft(m)
    output = m.root / "tmp/output"
    with m.lock(path) as pid, output.open("wb") as stream:
        process = m.popen(*COMMANDS[tool][1], "aadsshlogin", stdout=stream, stderr=stream)
        wait_until(lambda: text.format(pid=pid) in output.read_text(), 20, "what is said of a lock")
    assert process.wait(60) == 0
    assert m.package_state("aadsshlogin") == installed(OLD)


@pytest.mark.parametrize("tool", RPM_LOCK)
def test_the_lock_of_rpm_is_seen(dummy_machine: MakeMachine, tool: str) -> None:
    m = dummy_machine(ONE_OF_EACH[tool])
    _, install, _ = COMMANDS[tool]
    add_microsoft(m)
    with m.lock("/var/lib/rpm/.rpm.lock"):
        done = m.run(*install, "aadsshlogin")
        assert done.code == RPM_LOCK[tool] and "can't create transaction lock" in done.stdout + done.stderr
    m.ok(*install, "aadsshlogin")


@pytest.mark.parametrize("family", ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))
def test_the_cache_is_warm_or_cold(dummy_machine: MakeMachine, family: str) -> None:
    for lists in ("present", "empty"):
        m = dummy_machine(family, lists=lists)
        m.ok(*COMMANDS[family_of(m).tool][1], "aad-standin-lib")
        asked = any("primary" in request.path for request in m.access_log("distro.test"))
        assert asked == (lists == "empty")


@pytest.mark.parametrize("family", ["azurelinux3", "mariner2"])
def test_azure_linux_has_the_repository_in_a_package(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    before = m.snapshot_etc()
    (package,) = family_of(m).offers
    m.ok("tdnf", "-y", "install", package)
    m.ok("tdnf", "-y", "install", "aadsshlogin")
    assert m.access_log()[0].path == f"/{m.family.prod}/repodata/repomd.xml"
    assert family_of(m).section in m.ok("tdnf", "list", "available", "aadsshlogin")
    m.microsoft.sign_with("wrong")
    assert m.run("tdnf", "makecache").code != 0
    m.ok("tdnf", "-y", "erase", "aadsshlogin", package)
    assert difference(before, m.snapshot_etc()) == {}


# What goes wrong: the fault, words of the command line, exit code and text, as measured with tdnf 3.6.0 (-C: from its source).
INSTALL = ["-y", "install", "aadsshlogin"]
SKIPPING = ["--setopt=*.skip_if_unavailable=1", *INSTALL]
TDNF = {
    "refused, skipped": (("repomd.xml$", "status", 403), SKIPPING, 243, "Disabling Repo: 'Microsoft'"),
    "refused": (("repomd.xml$", "status", 500), INSTALL, 86, "Error: 500 when downloading https://packages.microsoft.com/"),
    "reset, skipped": (("repomd.xml$", "reset", 0), SKIPPING, 243, "Error(1257) : Failure when receiving data from the peer"),
    "truncated, skipped": (("repomd.xml$", "truncate", 300), SKIPPING, 243, "retrying 10/10"),
    "garbage": (("repomd.xml$", "corrupt", 0), SKIPPING, 86, "parsing repomd: repo_repomdxml"),
    "package gone": ((r"rpm$", "status", 404), INSTALL, 86, "Error processing package: Packages/a/aadsshlogin-"),
    "package truncated": ((r"rpm$", "truncate", 300), INSTALL, 195, "Error(1219) : Transferred a partial file"),
    "package corrupt": ((r"rpm$", "corrupt", 0), INSTALL, 248, "Checksum FAILED (digest mismatch)"),
    "unknown package": (None, ["-y", "install", "nope"], 243, "Error(1011) : No matching packages"),
    "unknown option": (None, ["--nonsense", "install", "a"], 140, "No such option: --nonsense."),
    "unknown command": (None, ["rpmconf"], 133, "Error(901)"),
    "no answer": (None, ["install", "aadsshlogin"], 9, "Error(1033) : Invalid input."),
    "nothing in the cache": (None, ["-C", *INSTALL], 10, "Error(1034) : cache only is set"),
}


@pytest.mark.parametrize("case", TDNF)
def test_the_stand_in_of_tdnf_fails_as_measured(dummy_machine: MakeMachine, case: str) -> None:
    m = dummy_machine("azurelinux3")
    add_microsoft(m)
    fault, words, code, text = TDNF[case]
    if fault is not None:
        m.faults.add(f"microsoft.com/.*{fault[0]}", *fault[1:])
    done = m.run("tdnf", *words)
    assert (done.code, text in done.stdout + done.stderr) == (code, True), done
    assert m.package_state("aadsshlogin") == ("", "")


YUM = {
    "an option of dnf": (["-y", "--refresh", "install", "aadsshlogin"], 1, "Command line error: no such option: --refresh"),
    "a command of dnf": (["-y", "repoquery", "aadsshlogin"], 1, "No such command: repoquery."),
    "unknown package": (["-y", "install", "nope"], 1, "No package nope available.\nError: Nothing to do"),
    "nothing to list": (["-q", "list", "nope"], 1, "Error: No matching Packages to list"),
    "nothing in the cache": (["-C", "-y", "install", "aadsshlogin"], 1, "Caching enabled but no local cache of"),
    "no answer": (["install", "aadsshlogin"], 1, "Exiting on user command"),
    "only a download": (["-y", "--downloadonly", "install", "aadsshlogin"], 0, 'exiting because "Download Only" specified'),
    "unknown repository": (["--enablerepo=nope", "makecache"], 1, "Error getting repository data for nope, repository not found"),
}


@pytest.mark.parametrize("case", YUM)
def test_the_stand_in_of_yum_answers_as_documented(dummy_machine: MakeMachine, case: str) -> None:
    m = dummy_machine("centos7")
    add_microsoft(m)
    words, code, text = YUM[case]
    done = m.run("yum", *words)
    assert (done.code, text in done.stdout + done.stderr) == (code, True), done
    assert m.package_state("aadsshlogin") == ("", "")


@pytest.mark.parametrize("family", ["azurelinux3", "rhel7"])
def test_stand_ins_show_what_cannot_be_met(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    add_microsoft(m)
    done = m.run(*COMMANDS[family_of(m).tool][1], "--disablerepo=distro", "aadsshlogin")
    assert done.code == {"tdnf": 30, "yum": 1}[family_of(m).tool] and "aad-standin-lib >= 1.0" in done.stdout + done.stderr
    assert m.package_state("aadsshlogin") == ("", "")


def test_there_are_no_stale_lists(dummy_machine: MakeMachine) -> None:
    with pytest.raises(ValueError, match="present or empty"):
        dummy_machine("rhel9", lists="stale")


@pytest.mark.parametrize("tool", ONE_OF_EACH)
def test_knobs_and_conflicts_of_the_stand_ins(dummy_machine: MakeMachine, tool: str) -> None:
    m = dummy_machine(ONE_OF_EACH[tool])
    _, install, remove = COMMANDS[tool]
    add_microsoft(m)
    m.ok(*install, "aadlogin")
    assert m.run(*install, "aadsshlogin").code != 0 and m.package_state("aadsshlogin") == ("", "")
    m.ok(*remove, "aadlogin")
    m.write("/etc/aadsshlogin-standin/fail", "")
    done = m.run(*install, "aadsshlogin")
    assert done.code == (107 if tool == "zypper" else 0) and "the test asked this script to fail" in done.stdout + done.stderr
    assert m.package_state("aadsshlogin") == installed(OLD)
    assert m.sshd_config_for(ALICE)["authorizedkeyscommand"] == "none"
    (m.root / "etc/aadsshlogin-standin/fail").unlink()
    m.write("/etc/aadsshlogin-standin/sleep", "2")
    started = time.monotonic()
    m.ok(*remove, "aadsshlogin")
    assert m.package_state("aadsshlogin") == ("", "") and time.monotonic() - started > 2


@pytest.mark.parametrize("release", MICROSOFT_PROD)
def test_packages_microsoft_prod(dummy_machine: MakeMachine, release: str) -> None:
    m = dummy_machine({"opensuse15": "leap156", "sles15": "sles156"}.get(release, release))
    before = m.snapshot_etc()
    m.install_rpm(rpm("packages-microsoft-prod", f"1.1+{release}"))
    added = difference(before, m.snapshot_etc())
    folder, path = MICROSOFT_PROD[release]
    assert list(added) == [f"/{folder}/microsoft-prod.repo"]
    assert f"baseurl=https://packages.microsoft.com/{path}/\n" in m.read(f"/{folder}/microsoft-prod.repo")
    trust_test_key(m)
    m.ok(*COMMANDS[family_of(m).tool][1], "aadsshlogin")
    m.ok("rpm", "--erase", "aadsshlogin", "packages-microsoft-prod")
    assert difference(before, m.snapshot_etc()) == {}


def test_a_suse_release_takes_the_pinned_version(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("sles155")
    add_microsoft(m)
    m.microsoft.offer(PINNED, NEW)
    done = m.run("zypper", "-n", "install", "aadsshlogin")
    assert (done.code, UNSOLVABLE[1] in done.stdout) == (UNSOLVABLE[0], True)
    m.ok("zypper", "-n", "install", f"aadsshlogin={PINNED}")
    assert m.package_state("aadsshlogin") == installed(PINNED)


def test_selinux_policy(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("rhel9", selinux="enforcing")
    assert m.read("/sys/fs/selinux/enforce") == "1" and "SELINUX=enforcing" in m.read("/etc/selinux/config")
    add_microsoft(m)
    m.ok("dnf", "-y", "install", "aadsshlogin", "aadsshlogin-selinux")
    assert m.package_state("aadsshlogin-selinux") == installed(OLD)
    assert m.package_state("selinux-policy-targeted") == installed("38.1")
    assert m.ssh_login(ALICE).stdout == f"{ALICE}\n"
    m.shutdown()
    m.boot()
    assert m.read("/sys/fs/selinux/enforce") == "1"
    assert not dummy_machine("rhel9").exists("/sys/fs/selinux/enforce")


def test_repository_variants(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("rhel9")
    add_microsoft(m)
    versions = ("dnf", "-q", "--refresh", "list", "--showduplicates", "aadsshlogin")
    m.microsoft.offer(OLD, NEW)
    assert all(version in m.ok(*versions) for version in (OLD, NEW))
    m.microsoft.offer()
    done = m.run(*versions)
    assert done.code == 1 and "No matching Packages to list" in done.stderr
    m.microsoft.offer(NEW, only="rhel/9/prod")
    assert NEW in m.ok(*versions)
    m.microsoft.offer()
    m.microsoft.offer(NEW, only="rhel/8/prod")
    assert m.run(*versions).code == 1
    m.microsoft.withdraw("rhel/9/prod")
    done = m.run(*versions)
    assert done.code == 1 and "Failed to download metadata" in done.stderr


FETCH = "import sys, urllib.request as u, urllib.error as e\ntry: print(u.urlopen(sys.argv[1]).status)\nexcept e.HTTPError as x: print(x.code)"


@pytest.mark.parametrize(("path", "status"), [
    ("rhel/9/prod/repodata/repomd.xml", 200), ("rhel/9/prod/repodata/repomd.xml.asc", 200), ("yumrepos/microsoft-rhel9.0-prod/repodata/repomd.xml", 200),
    ("keys/microsoft.asc", 200), ("rhel/9/prod/", 403), ("rhel/9/", 403), ("ol/9/prod/repodata/repomd.xml", 403), ("rhel/11/prod/repodata/repomd.xml", 404),
    ("rhel/9/prod/repodata/nothing.xml", 404),
])
def test_what_the_site_answers(dummy_machine: MakeMachine, path: str, status: int) -> None:
    assert dummy_machine("rhel9").ok("python3", "-c", FETCH, f"https://packages.microsoft.com/{path}") == f"{status}\n"


FAULTS = [("status", 503, "Status code: 503"), ("reset", 0, "Curl error (56)"), ("truncate", 100, "Curl error"), ("corrupt", 0, "repomd.xml")]


@pytest.mark.parametrize(("kind", "argument", "text"), FAULTS, ids=[fault[0] for fault in FAULTS])
def test_faults_reach_dnf(dummy_machine: MakeMachine, kind: str, argument: int, text: str) -> None:
    m = dummy_machine("rhel9")
    add_microsoft(m)
    m.faults.add("microsoft.com/.*repomd.xml$", kind, argument)
    done = m.run("dnf", "-y", "--setopt=retries=1", "install", "aadsshlogin")
    assert done.code == 1 and text in done.stdout + done.stderr
    assert m.access_log()[0].fault is not None
    m.faults.clear()
    m.ok("dnf", "-y", "install", "aadsshlogin")
