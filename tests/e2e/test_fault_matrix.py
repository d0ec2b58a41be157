# SPDX-License-Identifier: MIT
"""Every fault at every stage of an installation, with real apt, dnf and zypper: the right code and words, the machine good or as it
was, and good at the next run once the fault is gone. fault_table.py says what is expected, fault_kinds.py how it is brought about."""
from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import assert_explains, assert_good, assert_removed, keys_of
from fault_kinds import FAULTS, LATE, SIGNALS, SITES, STAGES, TIMES, TOOLS, met, signalled, trouble, trust_keys
from fault_table import ELSEWHERE, Expected, TABLE, occurring, standard
from rig.debs import OLD
from rig.machine import Machine
from rig.rpms import PINNED

MakeMachine = Callable[..., Machine]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "fault" in metafunc.fixturenames:
        cells = occurring() if metafunc.config.getoption("--full") else standard()
        metafunc.parametrize("tool, stage, fault", cells, ids=["-".join(cell) for cell in cells])


def installed(m: Machine) -> set[str]:
    """All packages with their versions; on apt machines with dpkg's state."""
    words = ("rpm", "-qa") if m.is_rpm else ("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Abbrev}\n")
    return set(m.ok(*words).splitlines())


def test_fault(machine: MakeMachine, tool: str, stage: str, fault: str) -> None:
    expected = TABLE[tool, stage, fault]
    assert isinstance(expected, Expected)
    m = machine(SITES[tool, stage].family)
    version = PINNED if m.is_rpm else OLD
    m.microsoft.offer(version)
    if fault in LATE and stage != "key":
        trust_keys(m)
    if fault == "disk-full":
        m.ok("mkdir", "-p", SITES[tool, stage].disk)  # where its disk will be
    etc, packages, keys = m.snapshot_etc(), installed(m), keys_of(m)
    settings = {"deadlineSeconds": TIMES.get(fault, 60) if stage != "ladder" else 60}
    with trouble(m, tool, stage, fault) as broken:
        if fault in SIGNALS:
            code, stderr = signalled(broken, settings)
        else:
            done = m.direct("install", settings=settings)
            code, stderr = done.code, done.stderr
    told = f"{stderr}\n{m.handler_log()[-4000:]}"
    assert code == expected.code, told
    if code == 0:
        assert met(broken), told
    if code > 0:
        assert_explains(stderr, code, *expected.parts)
    if code != 0:
        if not expected.left:
            assert_removed(m, etc, keys=keys)
            now = installed(m)  # dependencies stay, as after a removal
            assert packages <= now and not any("aadsshlogin" in line for line in now - packages), told
        again = m.direct("install")
        assert again.code == 0, f"{again.stderr}\n{told}"
    assert_good(m, version)
    if expected.left:  # What a run that was cut off has left is taken along by removal.
        assert m.direct("uninstall").code == 0
        assert_removed(m, etc, keys=keys)


def test_every_combination_is_expected_or_told_why_not() -> None:
    wanted = {(tool, stage, fault) for tool in TOOLS for stage in STAGES for fault in FAULTS}
    assert set(TABLE) == wanted
    assert all(isinstance(cell, Expected) or len(cell) > 20 for cell in TABLE.values())
    assert all(cell[:2] in SITES for cell in occurring())


def test_steps_without_a_stage_of_their_own_are_shown_elsewhere() -> None:
    tests = Path(__file__).parents[1]
    known = "".join(file.read_text(encoding="utf-8") for file in (*tests.glob("unit/test_*.cpp"), *tests.glob("e2e/test_*.py")))
    for step, names in ELSEWHERE.items():
        for name in names:
            assert f"def {name}(" in known or f'"{name}"' in known, f"{step}: there is no test {name!r}."


def test_standard_run_has_every_fault_and_every_stage_of_each_tool() -> None:
    assert set(standard()) < set(occurring())
    assert len(standard()) >= len(occurring()) * 0.45
    for place, each in ((1, "stage"), (2, "fault")):
        assert {(cell[0], cell[place]) for cell in standard()} == {(cell[0], cell[place]) for cell in occurring()}, each
