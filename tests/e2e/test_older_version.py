# SPDX-License-Identifier: MIT
"""A package that was published a moment ago and fails verification: the version before it is installed, after the same checks."""
from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import assert_explains, assert_good, assert_removed, substatus
from rig.machine import Machine
from rig.packaging import NEW, OLD
from rig.rpms import rpm

MakeMachine = Callable[..., Machine]


def changed_on_the_way(m: Machine, folder: Path) -> None:
    """Its content is not what the signed index says."""
    m.microsoft.offer(OLD, NEW)
    m.faults.add(f"packages.microsoft.com/.*aadsshlogin[_-]{NEW}", "corrupt")


def signed_with_another_key(m: Machine, folder: Path) -> None:
    """The incident of August 2021 (MicrosoftDocs/azure-docs#79541): a new rpm with the signature of a key that nobody knew."""
    wrong = Path(shutil.copy(rpm("aadsshlogin", NEW, "wrong"), folder))
    m.microsoft.offer(OLD, extra=(wrong,))


CASES = [("debian12", changed_on_the_way), ("debian13", changed_on_the_way), ("rhel9", signed_with_another_key),
         ("rhel9", changed_on_the_way), ("sles156", changed_on_the_way)]


@pytest.mark.parametrize("family, spoil", CASES)
def test_version_before_a_refused_one(machine: MakeMachine, tmp_path: Path, family: str, spoil: Callable[[Machine, Path], None]) -> None:
    m = machine(family)
    before = m.snapshot_etc()
    spoil(m, tmp_path)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert_good(m, OLD)
    level, message = substatus(done.status)["install"]
    assert level == "warning" and f"so version {OLD}" in message and "was installed instead" in message
    # Once it is mended the newest comes, and nothing is left of the detour.
    m.faults.clear()
    m.microsoft.offer(OLD, NEW)
    again = m.direct("install")
    assert again.code == 0, again.stderr
    assert_good(m, NEW)
    assert "install" not in substatus(again.status)
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


@pytest.mark.parametrize("family, spoil", [CASES[0], CASES[2]])
def test_installed_version_stays_where_a_newer_one_is_refused(
        machine: MakeMachine, tmp_path: Path, family: str, spoil: Callable[[Machine, Path], None]) -> None:
    m = machine(family)
    assert m.direct("install").code == 0
    spoil(m, tmp_path)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert_good(m, OLD)
    level, message = substatus(done.status)["install"]
    assert level == "warning" and "stays" in message


@pytest.mark.parametrize("family, code", [("debian12", 20), ("rhel9", 61)])
def test_where_every_version_is_refused_nothing_is_installed(machine: MakeMachine, tmp_path: Path, family: str, code: int) -> None:
    m = machine(family)
    before = m.snapshot_etc()
    m.microsoft.offer(OLD, NEW)
    if family == "rhel9":
        wrong = [Path(shutil.copy(rpm("aadsshlogin", version, "wrong"), tmp_path)) for version in (OLD, NEW)]
        m.microsoft.offer(extra=tuple(wrong))
    else:
        m.faults.add("packages.microsoft.com/.*/aadsshlogin_", "corrupt")
    done = m.direct("install")
    assert done.code == code, done.stderr
    assert_explains(done.stderr, code, m.family.prod)
    assert_removed(m, before)
