# SPDX-License-Identifier: MIT
"""tests/FAILURES.md has a row for every number, and every test that it names exists."""
from __future__ import annotations

import re
from pathlib import Path

TESTS = Path(__file__).parents[1]
NUMBERS = [f"F{number:02}" for number in range(1, 65) if number != 52]
# How a row without a test begins: why there is none.
OUTSIDE = "Outside: "


def rows() -> dict[str, list[str]]:
    """Number -> what happens, what the handler does, how it ends, the tests."""
    lines = re.findall(r"^\| (F\d\d) \|(.*)\|$", (TESTS / "FAILURES.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert len({number for number, _ in lines}) == len(lines), "A number has two rows."
    return {number: [cell.strip() for cell in rest.split("|")] for number, rest in lines}


def shown_by(cells: list[str]) -> list[str]:
    return re.findall(r"`([^`]+)`", cells[-1])


def unit_tests() -> set[str]:
    """Names of all doctest cases; a name may be written as several literals."""
    texts = [file.read_text(encoding="utf-8") for file in (TESTS / "unit").glob("*.cpp")]
    cases = [case for text in texts for case in re.findall(r'TEST_CASE\(\s*((?:"(?:[^"\\]|\\.)*"\s*)+)\)', text)]
    return {"".join(re.findall(r'"((?:[^"\\]|\\.)*)"', case)).replace('\\"', '"') for case in cases}


def end_to_end_tests() -> set[str]:
    return {f"{file.name}::{name}" for file in (TESTS / "e2e").glob("test_*.py")
            for name in re.findall(r"^def (test_\w+)", file.read_text(encoding="utf-8"), re.MULTILINE)}


def test_every_number_has_a_row_that_is_filled() -> None:
    assert list(rows()) == NUMBERS
    for number, cells in rows().items():
        assert len(cells) == 4, number
        happens, does, ends, _ = cells
        assert happens and does and ends, number
        assert bool(shown_by(cells)) != does.startswith(OUTSIDE), f"{number} needs a test, or the reason why there is none."


def test_every_test_that_is_named_exists() -> None:
    known = unit_tests() | end_to_end_tests()
    for number, cells in rows().items():
        for test in shown_by(cells):
            assert test in known, f"{number}: there is no test {test!r}."


def test_nearly_all_have_a_test() -> None:
    assert sum(bool(shown_by(cells)) for cells in rows().values()) >= 50
