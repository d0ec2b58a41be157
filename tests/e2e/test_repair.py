# SPDX-License-Identifier: MIT
"""A set-up that others have damaged or kept from being made: sshd_config copied over, PAM changed, limits on who may sign in."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from expectations import ALICE, assert_explains, assert_good, assert_removed, package_managers, substatus
from rig.machine import Machine
from rig.packaging import NEW, OLD

MakeMachine = Callable[..., Machine]
REINSTALL = {"debian12": "apt-get update && apt-get install --reinstall aadsshlogin", "rhel9": "dnf reinstall aadsshlogin",
             "sles156": "zypper install --force aadsshlogin", "azurelinux3": "tdnf reinstall aadsshlogin", "rhel7": "yum reinstall aadsshlogin"}
families = pytest.mark.parametrize("family", REINSTALL)
CONFIG = "/etc/ssh/sshd_config"
NO_QUESTIONS = {"DEBIAN_FRONTEND": "noninteractive", "PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
COMMON_AUTH = "/etc/pam.d/common-auth"


def reset_ssh(m: Machine) -> None:
    """What VMAccess's "Reset SSH" does: a stock file over sshd_config."""
    text = m.read(CONFIG)
    assert "# Begin aadsshlogin" in text
    m.write(CONFIG, text[:text.index("# Begin aadsshlogin")])


def change_pam(m: Machine, text: str = "auth required pam_faildelay.so delay=1\n") -> None:
    """A line of the administrator's within pam-auth-update's own block, as hardening guides add them."""
    mark = '# here are the per-package modules (the "Primary" block)\n'
    m.write(COMMON_AUTH, m.read(COMMON_AUTH).replace(mark, mark + text))


@families
def test_a_wiped_match_block_is_repaired_by_enable(machine: MakeMachine, family: str) -> None:
    m = machine(family, trace=True)
    assert m.direct("install").code == 0
    m.microsoft.offer(OLD, NEW)
    reset_ssh(m)
    m.clear_logs()
    done = m.direct("enable")
    assert done.code == 0, done.stderr
    level, message = substatus(done.status)["repair"]
    assert level == "success" and "sshd" in message and f"aadsshlogin {OLD}" in message and "was installed again by" in message
    assert_good(m, OLD)  # enable never upgrades
    assert m.ssh_login(ALICE).stdout.strip() == ALICE
    assert package_managers(m)
    m.clear_logs()
    again = m.direct("enable")
    assert again.code == 0 and "repair" not in substatus(again.status)
    assert package_managers(m) == []
    assert m.direct("uninstall").code == 0
    assert m.package_state("aadsshlogin")[0] in ("", "un")


@pytest.mark.parametrize("family", ("debian12", "rhel9", "sles156"))
def test_repair_false_is_21_with_the_command(machine: MakeMachine, family: str) -> None:
    m = machine(family, trace=True)
    assert m.direct("install").code == 0
    reset_ssh(m)
    before = m.snapshot_etc()
    m.clear_logs()
    done = m.direct("enable", settings={"repair": False})
    assert done.code == 21
    assert_explains(done.stderr, 21, "Match block", REINSTALL[family])
    assert m.snapshot_etc() == before and package_managers(m) == []
    # The command that it names mends it.
    without_questions = ("zypper", "zypper -n") if family == "sles156" else ("install", "install -y")
    m.ok("sh", "-c", REINSTALL[family].replace(*without_questions))
    assert m.direct("enable", settings={"repair": False}).code == 0


def test_pam_and_nss_are_repaired_on_a_deb_machine(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    for type_ in ("auth", "account", "session"):
        path = f"/etc/pam.d/common-{type_}"
        m.write(path, "".join(line for line in m.read(path).splitlines(keepends=True) if "pam_aad" not in line))
    m.write("/etc/nsswitch.conf", m.read("/etc/nsswitch.conf").replace(" aad", ""))
    done = m.direct("enable", settings={"repair": False})
    assert done.code == 21 and "pam: " in done.stderr and "nss: " in done.stderr
    done = m.direct("enable")
    assert done.code == 0, done.stderr
    assert substatus(done.status)["repair"][0] == "success"
    assert_good(m, OLD)


def test_a_pam_profile_that_was_disabled_is_21_with_its_command(machine: MakeMachine) -> None:
    """For pam-auth-update, and so for the package, that is the administrator's wish."""
    m = machine("debian12")
    assert m.direct("install").code == 0
    m.ok("/usr/sbin/pam-auth-update", "--disable", "aad", env=NO_QUESTIONS)
    done = m.direct("enable")
    assert done.code == 21
    assert_explains(done.stderr, 21, "did not come back", "pam: ", "pam-auth-update --enable aad")
    m.ok("/usr/sbin/pam-auth-update", "--enable", "aad", env=NO_QUESTIONS)
    assert m.direct("enable").code == 0
    assert_good(m, OLD)


def test_pam_registration_is_repaired_on_an_rpm_machine(machine: MakeMachine) -> None:
    m = machine("rhel9")
    assert m.direct("install").code == 0
    path = "/etc/pam.d/password-auth"
    m.write(path, "".join(line for line in m.read(path).splitlines(keepends=True) if "pam_aad" not in line))
    m.write("/etc/authselect/authselect.conf", "custom/hardened\nwith-faillock\n")
    done = m.direct("enable", settings={"repair": False})
    assert done.code == 21
    assert_explains(done.stderr, 21, "pam: ", "authselect's profile custom/hardened", REINSTALL["rhel9"])
    done = m.direct("enable")
    assert done.code == 0, done.stderr
    assert substatus(done.status)["repair"][0] == "success"
    assert_good(m, OLD)


def test_without_the_repository_the_configuration_step_is_run_again(machine: MakeMachine) -> None:
    m = machine("debian12", trace=True)
    assert m.direct("install").code == 0
    reset_ssh(m)
    m.faults.add("packages.microsoft.com", "reset")
    done = m.direct("enable")
    assert done.code == 0, done.stderr
    level, message = substatus(done.status)["repair"]
    assert level == "success" and "could not be fetched" in message
    assert_good(m, OLD)
    assert m.ssh_login(ALICE).stdout.strip() == ALICE


def test_without_that_version_the_configuration_step_is_run_again(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    reset_ssh(m)
    m.microsoft.offer(NEW)
    done = m.direct("enable")
    assert done.code == 0, done.stderr
    assert "could not be fetched" in substatus(done.status)["repair"][1]
    assert_good(m, OLD)


def test_with_rpm_and_without_that_version_it_is_21(machine: MakeMachine) -> None:
    m = machine("rhel9")
    assert m.direct("install").code == 0
    reset_ssh(m)
    m.microsoft.offer(NEW)
    done = m.direct("enable")
    assert done.code == 21
    assert_explains(done.stderr, 21, "Match block", REINSTALL["rhel9"])
    assert m.package_state("aadsshlogin")[0] == "ii"
    assert m.direct("install").code == 0  # takes the newer one, whose scripts mend it
    assert m.package_state("aadsshlogin") == ("ii", f"{NEW}-1")


@pytest.mark.parametrize("family", ("debian11", "debian12", "debian13"))
def test_locally_changed_pam_is_refused_before_anything_is_touched(machine: MakeMachine, family: str) -> None:
    m = machine(family, trace=True)
    change_pam(m)
    before = m.snapshot_etc()
    for command in ("install", "enable"):
        done = m.direct(command)
        assert done.code == 21
        assert_explains(done.stderr, 21, COMMON_AUTH, "pam_faildelay.so", "pam-auth-update --force")
    assert_removed(m, before)
    assert package_managers(m) == [] and m.access_log() == []
    # The real tool is of the same opinion, and what the message advises helps.
    refused = m.run("/usr/sbin/pam-auth-update", "--package", env=NO_QUESTIONS)
    assert "Local modifications" in refused.stderr
    m.ok("/usr/sbin/pam-auth-update", "--force", env=NO_QUESTIONS)
    assert m.direct("install").code == 0
    assert_good(m, OLD)


def test_changes_outside_the_managed_blocks_are_no_obstacle(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write(COMMON_AUTH, "auth required pam_faildelay.so delay=1\n" + m.read(COMMON_AUTH).replace("nullok", "") + "auth optional pam_faildelay.so delay=1\n")
    assert m.direct("install").code == 0
    assert_good(m, OLD)
    assert m.read(COMMON_AUTH).startswith("auth required pam_faildelay.so")


def test_limits_on_who_may_sign_in_are_a_warning_with_file_and_line(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/etc/ssh/sshd_config.d/50-cis.conf", "LoginGraceTime 60\nAllowGroups sshusers wheel\n")
    done = m.direct("install")
    assert done.code == 0, done.stderr
    level, message = substatus(done.status)["sshd-access"]
    assert level == "warning" and "AllowGroups (/etc/ssh/sshd_config.d/50-cis.conf line 2)" in message
    assert done.status[0]["status"]["status"] == "success"
    (m.root / "etc/ssh/sshd_config.d/50-cis.conf").unlink()
    assert "sshd-access" not in substatus(m.direct("enable").status)


def test_sshd_without_pam_is_a_warning(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/etc/ssh/sshd_config.d/10-own.conf", "UsePAM no\n")
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert "UsePAM no (/etc/ssh/sshd_config.d/10-own.conf line 1" in substatus(done.status)["sshd-options"][1]


SYSTEMCTL = """#!/bin/sh
echo "$@" >> /tmp/systemctl.log
[ "$1" = show ] || exit 0
printf 'Id=ssh.service\\nCanReload=yes\\nActiveState=active\\n\\nId=ssh.socket\\nCanReload=no\\nActiveState=inactive\\n'
"""


def test_the_service_that_runs_is_reloaded_and_nothing_restarted(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/usr/bin/systemctl", SYSTEMCTL, 0o755)
    (m.root / "run/systemd/system").mkdir(parents=True)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert "ssh.service was reloaded" in substatus(done.status)["sshd-reload"][1]
    calls = m.read("/tmp/systemctl.log").splitlines()
    assert calls[-1] == "reload ssh.service" and not any("restart" in call for call in calls)
    m.write("/tmp/systemctl.log", "")
    assert m.direct("enable").code == 0
    assert m.read("/tmp/systemctl.log") == ""
