# SPDX-License-Identifier: MIT
"""A distribution stands in the catalogue and nowhere else in the program."""
from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
CATALOGUE = ROOT / "installers/catalogue.cpp"
# What begins first counts: no comment begins in a string, no string in a comment. The groups are the strings, raw ones first.
PIECES = re.compile(r'R"\w*\((.*?)\)\w*"|"((?:[^"\\\n]|\\.)*)"|\'(?:[^\'\\\n]|\\.)+\'|//[^\n]*|/\*.*?\*/', re.DOTALL)


def strings(source: str) -> list[str]:
    """The string literals of a C++ file."""
    return [raw or plain for raw, plain in PIECES.findall(source) if raw or plain]


def named(source: str, ids: set[str]) -> set[str]:
    """The ids that are words of a string, addresses aside: they name a public issue or a place that is the same everywhere."""
    return {word for text in strings(source) if "://" not in text for word in re.findall(r"[\w-]+", text)} & ids


def ids_of_the_catalogue() -> set[str]:
    return set(re.findall(r'\{"[^"]+",\s*"([a-z-]+)",\s*\w+,\s*&\w+,', CATALOGUE.read_text(encoding="utf-8")))


def test_no_other_file_knows_a_distribution_by_its_id() -> None:
    ids = ids_of_the_catalogue()
    assert len(ids) >= 12 and "opensuse" in ids, ids
    for file in sorted([*(ROOT / "installers").glob("*.[ch]pp"), *(ROOT / "handler").rglob("*.[ch]pp")]):
        if file != CATALOGUE:
            assert not named(file.read_text(encoding="utf-8"), ids), file


def test_such_a_file_would_be_found() -> None:
    ids = ids_of_the_catalogue()
    assert named('get("https://x.test/y"); if (id == "rhel") {', ids) == {"rhel"}, "Behind an address in its line."
    assert named('log("not on ol, nor sles");', ids) == {"ol", "sles"}, "As a word."
    assert named('R"({"id": "ubuntu"})"', ids) == {"ubuntu"}
    assert named("// \"debian\"\n/* \"rhel\" */ char c = '\"'; // \"centos\"\n", ids) == set(), "Comments are none."
    assert named('url("https://packages.microsoft.com/rhel/9"); file("/etc/debian_version"); say("control")', ids) == set()
