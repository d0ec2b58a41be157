# SPDX-License-Identifier: MIT
"""An upgrade that fails never takes away a sign-in that worked; nor does our removal beside another extension."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import ALICE, OWN_SOURCE, STATE, assert_explains, assert_good, rpm_version, substatus
from rig.debs import NEW, OLD, deb, newer_with_postinst
from rig.machine import Machine
from rig.packaging import Package
from rig.rpms import pack

MakeMachine = Callable[..., Machine]
OTHER = "/var/lib/waagent/Contoso.Identity.AADSSHLoginForLinux-1.0.3041.1"
# A package whose trigger (rpm's manual, "Scriptlets, Triggers") undoes a part of what that version of aadsshlogin has set up.
SPOILER = Package("spoiler", "1", scripts={f"triggerin -- aadsshlogin = {NEW}": "sed -i 's/ aad//' /etc/nsswitch.conf"}, arch="noarch")


@pytest.mark.parametrize("family", ("debian11", "debian12", "debian13"))
@pytest.mark.parametrize("script", ("exit 1", "sed -i 's/ aad//' /etc/nsswitch.conf"), ids=("fails", "does-not-work"))
def test_failed_upgrade_puts_the_working_version_back(machine: MakeMachine, tmp_path: Path, family: str, script: str) -> None:
    m = machine(family)
    assert m.direct("install").code == 0
    before, state = m.snapshot_etc(), m.read(f"{STATE}/state.json")
    m.microsoft.offer(OLD, extra=(newer_with_postinst(script, tmp_path),))
    done = m.direct("install", seq=1)
    assert_explains(done.stderr, 21, f"aadsshlogin {OLD}, which worked before, was put back and works")
    assert substatus(done.status)["rollback"][0] == "warning"
    assert_good(m, OLD)
    assert m.snapshot_etc() == before
    assert m.read(f"{STATE}/state.json") == state
    assert m.ssh_login().stdout.strip() == ALICE
    # Once a version that works is published, it is taken.
    m.microsoft.offer(OLD, NEW)
    assert m.direct("install", seq=2).code == 0
    assert_good(m, NEW)


def test_version_that_the_repository_has_no_more_is_said_not_to_be_back(machine: MakeMachine, tmp_path: Path) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    m.microsoft.offer(extra=(newer_with_postinst("exit 1", tmp_path),))
    done = m.direct("install", seq=1)
    assert_explains(done.stderr, 21, "could not be put back", f"apt-get install --allow-downgrades aadsshlogin={OLD}")
    assert m.package_state("aadsshlogin") == ("iF", NEW)  # and it was not removed
    # Once it is offered again, the command that was named brings it back.
    m.microsoft.offer(OLD)
    m.ok("sh", "-c", f"apt-get -q update && apt-get -q -y install --allow-downgrades aadsshlogin={OLD}")
    assert m.direct("install", seq=2).code == 0
    assert_good(m, OLD)


def test_failed_upgrade_of_a_package_of_the_administrator(machine: MakeMachine, tmp_path: Path) -> None:
    """Put back, it is still the administrator's: our removal leaves it."""
    m = machine("debian12")
    assert m.direct("install").code == 0
    assert m.direct("uninstall").code == 0
    m.ok("sh", "-c", "apt-get -q update && apt-get -q -y install openssh-server libpam-runtime")
    m.install_deb(deb("aadsshlogin", OLD))
    m.microsoft.offer(OLD, extra=(newer_with_postinst("exit 1", tmp_path),))
    done = m.direct("install", seq=1)
    assert_explains(done.stderr, 21, "was put back and works")
    assert_good(m, OLD)
    assert m.direct("uninstall").code == 0
    assert_good(m, OLD)
    assert not m.exists(OWN_SOURCE)


@pytest.mark.parametrize("family", ("rhel9", "sles156"))
def test_rpm_tools_put_the_working_version_back(machine: MakeMachine, tmp_path: Path, family: str) -> None:
    m = machine(family)
    assert m.direct("install").code == 0
    m.microsoft.offer(OLD, NEW)
    pack([SPOILER], tmp_path / "spoiler", "distro")
    m.install_rpm(next((tmp_path / "spoiler").glob("*.rpm")))
    done = m.direct("install", seq=1)
    assert_explains(done.stderr, 21, f"aadsshlogin {OLD}-1, which worked before, was put back and works")
    assert m.package_state("aadsshlogin") == rpm_version(OLD)
    assert_good(m, OLD)


def test_beside_another_extension_shared_packages_stay(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write(f"{OTHER}/config/HandlerState", "Enabled")
    done = m.direct("install")
    assert done.code == 0, done.stderr
    level, message = substatus(done.status)["other-extension"]
    assert level == "warning" and "Contoso.Identity.AADSSHLoginForLinux 1.0.3041.1 (Enabled)" in message
    done = m.direct("uninstall")
    assert done.code == 0
    assert "Nothing was removed" in done.stdout and "Contoso.Identity.AADSSHLoginForLinux" in done.stdout
    assert_good(m, OLD)
    assert m.exists(OWN_SOURCE) and m.exists(STATE)  # the other one may be this very program, with the same record
