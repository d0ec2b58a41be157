# SPDX-License-Identifier: MIT
"""A distribution stands in the catalogue and nowhere else in the program."""
from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "installers/catalogue.cpp"


def strings(source: str) -> set[str]:
    """The string literals of a C++ file, whole."""
    code = re.sub(r"//[^\n]*", "", source)
    return set(re.findall(r'"((?:[^"\\]|\\.)*)"', code))


def test_no_other_file_knows_a_distribution_by_its_id() -> None:
    ids = set(re.findall(r'\{"[^"]+",\s*"([a-z-]+)",\s*\w+,\s*&\w+,', CATALOGUE.read_text(encoding="utf-8")))
    assert len(ids) >= 12 and "opensuse" in ids, ids
    for file in sorted([*(ROOT / "installers").glob("*.[ch]pp"), *(ROOT / "handler").rglob("*.[ch]pp")]):
        if file != CATALOGUE:
            assert not strings(file.read_text(encoding="utf-8")) & ids, file
