# SPDX-License-Identifier: MIT
"""A standard run leaves out machines, but no test and no package tool that a test is about."""
from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1] / "e2e"))

import standard_run  # noqa: E402


class Item:
    """What the choice looks at of a test that pytest has collected."""

    def __init__(self, file: str, function: str, machine: str | None) -> None:
        self.path, self.originalname, self.machine = Path(file), function, machine
        if machine is not None:
            self.callspec = SimpleNamespace(params={"family": machine, "number": 3})


def chosen(file: str, function: str, *machines: str | None) -> list[str | None]:
    """Of a function with these machines as its parameter (None: it has no parameters) those that a standard run has."""
    items: list[Any] = [Item(file, function, machine) for machine in machines]
    return [item.machine for item in standard_run.standard(items)]


def test_one_machine_for_each_tool() -> None:
    assert chosen("test_x.py", "test_x", "debian11", "debian12", "rhel8", "rhel9", "sles155", "sles156", "rhel7", "centos7") == [
        "debian12", "rhel9", "sles155", "rhel7"]


def test_a_function_that_has_none_of_those_machines_keeps_its_first_of_each_tool() -> None:
    assert chosen("test_x.py", "test_x", "debian11", "debian13") == ["debian11"]
    assert chosen("test_x.py", "test_x", "debian12", "rhel9", "sles153", "sles156") == ["debian12", "rhel9", "sles153"]


def test_a_function_of_which_every_second_is_left_out_loses_no_tool() -> None:
    halved = standard_run.HALVED[0]
    assert chosen("test_x.py", halved, "debian12", "debian12", "rhel9", "rhel9", "rhel9") == ["debian12", "rhel9", "rhel9"]
    assert chosen("test_x.py", halved, "debian12", "rhel9") == ["debian12", "rhel9"]


def test_the_life_cycle_has_more_machines() -> None:
    for name in standard_run.LIFE_CYCLE:
        assert chosen("test_x.py", name, *standard_run.OTHER_VERSIONS, "debian12", "ubuntu2204") == [*standard_run.OTHER_VERSIONS, "debian12"]


def test_a_test_without_a_machine_among_its_parameters_stays_unless_it_is_the_rigs_own() -> None:
    assert chosen("test_x.py", "test_x", None) == [None]
    own = standard_run.OWN_TESTS[0]
    assert chosen(own, "test_x", None) == [] and chosen(own, "test_x", "debian11", "debian12") == ["debian12"]


def test_every_function_that_is_halved_exists() -> None:
    texts = "".join(file.read_text(encoding="utf-8") for file in (Path(__file__).parents[1] / "e2e").glob("test_*.py"))
    for name in (*standard_run.HALVED, *standard_run.LIFE_CYCLE):
        assert f"\ndef {name}(" in texts, name
