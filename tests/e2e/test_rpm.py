# SPDX-License-Identifier: MIT
"""Distributions with rpm, under the real agent: install, enable, update, uninstall and the failures of each family's tool."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import (ALICE, OWN_SOURCE_OF, STATE, assert_explains, assert_good, assert_removed, keys_of, lock_of, package_managers, rpm_version, substatus)
from rig.machine import Machine, wait_until
from rig.packaging import NEW, OLD
from rig.rpm_families import RPM_FAMILIES, TOOLS, RpmFamily
from rig.rpms import PINNED, rpm
from rig.sites import DISTRO

MakeMachine = Callable[..., Machine]
CHECKS = ("legacy", "identity", "repository", "package", "pam", "nss", "sshd", "selinux")
ONE_OF_EACH = {"dnf": "rhel9", "zypper": "sles156", "tdnf": "azurelinux3", "yum": "rhel7"}
FAIL = "/etc/aadsshlogin-standin/fail"
every = pytest.mark.parametrize("family", RPM_FAMILIES)
tools = pytest.mark.parametrize("family", ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))


def family_of(m: Machine) -> RpmFamily:
    assert isinstance(m.family, RpmFamily)
    return m.family


def newest_for(m: Machine) -> str:
    """What the family takes when OLD, NEW and the pinned version are offered: before SUSE 15.6 nothing newer than the pin works."""
    takes_new = any("libsemanage.so.2" in provided for _, provided in family_of(m).stubs)
    return NEW if takes_new else PINNED


def config_package(family: str) -> Path:
    """Microsoft's packages-microsoft-prod for this family."""
    return rpm("packages-microsoft-prod", {"sles156": "1.1+sles15"}.get(family, f"1.1+{family}"))


@pytest.mark.parametrize("family", RPM_FAMILIES)
def test_install_enable_again_upgrade_uninstall(machine: MakeMachine, family: str) -> None:
    m = machine(family, trace=True)
    m.microsoft.offer(PINNED)
    before, keys_before = m.snapshot_etc(), keys_of(m)
    m.goal_state(settings={})
    report = m.wait_reported(lambda r: r.success)
    assert PINNED in report.extension_message
    found = {name: part.status for name, part in report.substatus.items()}
    if family_of(m).tool == "tdnf":  # where the distribution brings the keys, the test's own setting is told to be of no use
        assert found.pop("settings") == "warning"
    assert found == {name: "success" for name in CHECKS}
    assert_good(m, PINNED)
    assert m.ssh_login(ALICE).stdout.strip() == ALICE
    # What it depends on came from the distribution, whose metadata, fresh enough, was not asked for again.
    asked = [request.path for request in m.access_log(DISTRO)]
    assert any("/aad-standin-lib-" in path for path in asked)
    assert not any("/repodata/" in path for path in asked), asked
    # The same again: no package tool, no request.
    m.clear_logs()
    m.goal_state()
    m.wait_reported(lambda r: r.success)
    assert package_managers(m) == [] and m.access_log() == []
    # Another version of the extension brings the newest package that works here and never removes the old one.
    m.microsoft.offer(PINNED, OLD, NEW)
    m.goal_state(version="1.0.1")
    m.wait_reported(lambda r: r.success and r.version == "1.0.1")
    assert_good(m, newest_for(m))
    assert not any(argv[:2] == ["rpm", "-e"] for argv in m.process_log())
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert_removed(m, before)
    assert keys_of(m) == keys_before


@tools
def test_a_repository_that_is_gone_is_51_and_leaves_nothing(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    before, keys_before = m.snapshot_etc(), keys_of(m)
    m.faults.add("packages.microsoft.com/(?!keys/)", "status", 404)
    done = m.direct("install", settings={"deadlineSeconds": 200}, timeout=230)
    assert done.code == 51, done.stderr
    assert_explains(done.stderr, 51, f"there is no repository https://packages.microsoft.com/{family_of(m).prod}", "x86_64")
    assert_removed(m, before)
    assert keys_of(m) == keys_before


@every
def test_a_lock_is_waited_for_and_nobody_elses_broken_repository_matters(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED)
    m.write(f"{TOOLS[family_of(m).tool].repositories}/broken.repo",
            "[broken]\nname=broken\nbaseurl=http://distro.test/no/such/place/\nenabled=1\ngpgcheck=1\n")
    with m.lock(lock_of(m)):
        m.goal_state(settings={})
        wait_until(lambda: "waiting: " in m.handler_log())
    m.wait_reported(lambda r: r.success)
    assert_good(m, PINNED)


@every
def test_a_failing_scriptlet_is_21_and_names_what_is_missing(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED)
    m.write(FAIL, "")
    done = m.direct("install")
    assert done.code == 21, done.stderr
    assert_explains(done.stderr, 21, "pam")
    (m.root / FAIL[1:]).unlink()
    assert m.package_state("aadsshlogin") == rpm_version(PINNED), "Left for inspection, as the database has it."
    assert m.direct("uninstall").code == 0
    assert m.package_state("aadsshlogin") == ("", "")


def not_published(m: Machine) -> None:
    m.microsoft.offer()


def wrong_key(m: Machine) -> None:
    m.microsoft.sign_with("wrong")


def failing_scriptlet(m: Machine) -> None:
    m.write(FAIL, "")


def mend(m: Machine) -> None:
    m.microsoft.offer(PINNED)
    m.microsoft.sign_with("good")
    (m.root / FAIL[1:]).unlink(missing_ok=True)


# Each of the failures with each of the two real tools.
UNDER_THE_AGENT: tuple[tuple[str, int, Callable[[Machine], None], str], ...] = (
    ("rhel9", 61, wrong_key, "signature"), ("sles155", 21, failing_scriptlet, "pam"),
    ("rhel8", 21, failing_scriptlet, "pam"), ("sles156", 51, not_published, "is not published for"),
    ("rhel10", 51, not_published, "is not published for"), ("sles153", 61, wrong_key, "signature"),
)


@pytest.mark.parametrize("family, code, spoil, words", UNDER_THE_AGENT)
def test_a_failure_reaches_azure_and_is_over_once_mended(
        machine: MakeMachine, family: str, code: int, spoil: Callable[[Machine], None], words: str) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED)
    before, keys_before = m.snapshot_etc(), keys_of(m)
    spoil(m)
    m.goal_state(settings={"deadlineSeconds": 200})
    report = m.wait_reported(lambda r: not r.ready and r.code != 0)
    assert f"Non-zero exit code: {code}," in report.message
    assert_explains(report.message, code, words)
    if code != 21:  # then the package stays for inspection
        assert_removed(m, before)
        assert keys_of(m) == keys_before
    mend(m)
    m.goal_state(settings={}, seq=1)
    m.wait_reported(lambda r: r.success and r.sequence == 1)
    assert_good(m, PINNED)
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert_removed(m, before)
    assert keys_of(m) == keys_before


@pytest.mark.parametrize("family", ("rhel9", "sles156"))
def test_config_package_of_microsoft_after_us_and_before_our_removal(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED)
    assert m.direct("install").code == 0
    own = OWN_SOURCE_OF[family_of(m).tool]
    m.install_rpm(config_package(family))
    assert m.direct("enable").code == 0
    assert_good(m, PINNED)
    removed = m.direct("uninstall")
    assert removed.code == 0 and f"{own} stays" in m.handler_log()
    m.ok(*TOOLS[family_of(m).tool].refresh)
    m.ok("rpm", "-e", "packages-microsoft-prod")


@pytest.mark.parametrize("family", ("rhel9", "sles156"))
def test_config_package_of_microsoft_removed_while_we_stay(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED)
    assert m.direct("install").code == 0
    m.install_rpm(config_package(family))
    m.ok("rpm", "-e", "packages-microsoft-prod")
    assert m.direct("enable").code == 0
    assert_good(m, PINNED)
    m.ok(*TOOLS[family_of(m).tool].refresh)


@pytest.mark.parametrize("family", ("rhel9", "sles156", "rhel7"))
def test_a_repository_that_is_configured_already_is_left_alone(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED)
    m.install_rpm(config_package(family))
    before = m.snapshot_etc()
    assert m.direct("install").code == 0
    assert_good(m, PINNED)
    assert not m.exists("/etc/yum.repos.d/aadsshlogin-handler.repo")
    assert m.direct("uninstall").code == 0
    assert m.exists(OWN_SOURCE_OF[family_of(m).tool])
    assert m.snapshot_etc() == before


@pytest.mark.parametrize("family", ("rhel9", "sles156"))
def test_a_name_that_somebody_has_taken_is_not_written_over(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED)
    own = OWN_SOURCE_OF[family_of(m).tool]
    theirs = "[packages-microsoft-com-prod]\nname=mine\nbaseurl=https://mirror.test/other/\nenabled=0\n"
    m.write(own, theirs)
    assert m.direct("install").code == 0
    assert m.read(own) == theirs
    assert m.direct("uninstall").code == 0
    assert m.read(own) == theirs and not m.exists(f"{own.rpartition('/')[0]}/aadsshlogin-handler.repo")


def test_the_next_rung_of_the_ladder(machine: MakeMachine) -> None:
    m = machine("rocky9")
    m.microsoft.offer(PINNED)
    m.microsoft.withdraw("yumrepos/microsoft-rocky9-prod")
    assert m.direct("install").code == 0
    assert "rhel/9/prod" in m.read(OWN_SOURCE_OF["dnf"])
    assert_good(m, PINNED)


def test_an_empty_first_rung_is_passed(machine: MakeMachine) -> None:
    m = machine("rocky9")
    m.microsoft.offer(PINNED)
    m.microsoft.offer(only="yumrepos/microsoft-rocky9-prod")
    assert m.direct("install").code == 0
    assert "rhel/9/prod" in m.read(OWN_SOURCE_OF["dnf"])
    assert_good(m, PINNED)


@pytest.mark.parametrize("family", ("rhel9", "rhel10"))
def test_selinux_package_comes_first(machine: MakeMachine, family: str) -> None:
    m = machine(family, selinux="enforcing")
    m.microsoft.offer(OLD)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert m.package_state("aadsshlogin-selinux") == rpm_version(OLD)
    log = m.handler_log()
    assert log.index("install aadsshlogin-selinux") < log.index("run: dnf", log.index("install aadsshlogin-selinux"))
    assert m.direct("uninstall").code == 0
    assert m.package_state("aadsshlogin-selinux") == ("", "")


def test_immutable_system_is_51_before_anything_is_touched(machine: MakeMachine) -> None:
    m = machine("sles156")
    m.write("/usr/sbin/transactional-update", "#!/bin/sh\n", 0o755)
    before = m.snapshot_etc()
    done = m.direct("install")
    assert done.code == 51
    assert_explains(done.stderr, 51, "transactional-update")
    assert m.snapshot_etc() == before and m.access_log() == [] and not m.exists(STATE)


@pytest.mark.parametrize("family, file", [("rhel9", "/etc/dnf/dnf.conf"), ("rhel10", "/etc/dnf/dnf.conf")])
def test_an_excluded_package_is_52_and_says_where(machine: MakeMachine, family: str, file: str) -> None:
    m = machine(family)
    m.write(file, m.read(file) + "exclude=aadsshlogin*\n")
    done = m.direct("install")
    assert done.code == 52, done.stderr
    assert_explains(done.stderr, 52, "pass it over", file, OLD)


@pytest.mark.parametrize("domain, level", [("", "warning"), ("sshd_session_t", "success")])
def test_a_policy_that_does_not_know_the_session_program_is_a_warning(machine: MakeMachine, domain: str, level: str) -> None:
    m = machine("rhel10", selinux="enforcing")
    m.write("/usr/libexec/openssh/sshd-session", "", 0o755)
    m.write("/usr/share/selinux/packages/targeted/aadsshlogin.pp", f"sshd_t {domain}")
    m.write("/var/lib/selinux/targeted/active/modules/400/aadsshlogin/cil", "")
    done = m.direct("install")
    assert done.code == 0, done.stderr
    found = substatus(done.status)["selinux"]
    assert found[0] == level and (level == "success" or "sshd_session_t" in found[1])
