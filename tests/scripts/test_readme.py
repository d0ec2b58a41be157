# SPDX-License-Identifier: MIT
"""The README's column "Proven by" says what the end-to-end tests have: which machine installs from which row's repository, and
which releases of a row no machine is."""
from __future__ import annotations

import re
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

import test_lifecycle  # noqa: E402
import test_rpm  # noqa: E402
from rig.families import FAMILIES  # noqa: E402
from rig.rpm_families import RPM_FAMILIES  # noqa: E402

MACHINES = {**FAMILIES, **RPM_FAMILIES}


@dataclass(frozen=True)
class Row:
    """A row of the catalogue (installers/catalogue.cpp), and its cells in the README."""

    ident: str
    releases: list[str]
    tool: str
    path: str
    proof: str

    def release_of(self, version: str) -> str:
        """The version as exact as the row's: 9 for 9.6."""
        return ".".join(version.split(".")[:self.releases[0].count(".") + 1])

    def machines(self) -> dict[str, str]:
        """Machine -> version, as the README has them."""
        return dict(re.findall(r"`([^`]+)` \(([\d.]+)\)", self.proof))


def rows() -> list[Row]:
    catalogue = (ROOT / "installers/catalogue.cpp").read_text(encoding="utf-8")
    lists = {name: re.findall(r'\{"([\d.]+)"', text) for name, text in re.findall(r"constexpr Release (\w+)\[\] = \{(.*?)\};", catalogue, re.DOTALL)}
    readme = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Supported distributions")[2].partition("\n## ")[0]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in readme.splitlines() if line.startswith("|")][2:]
    known = re.findall(r'\{"[^"]+",\s*"([a-z-]+)",\s*(\w+),\s*&\w+,', catalogue)
    assert len(table) == len(known), "tests/unit/test_readme.cpp compares the other columns."
    return [Row(ident, lists[releases], tool, re.findall("`([^`]+)`", paths)[0], proof)
            for (ident, releases), (_, tool, paths, proof) in zip(known, table)]


def identity(machine: str) -> tuple[str, str]:
    """ID and VERSION_ID of the machine's os-release."""
    text = MACHINES[machine].os_release
    if text is None:  # Debian's own
        return "debian", MACHINES[machine].prod.split("/")[1]
    found = [re.search(rf'^{key}="?([^"\n]+)', text, re.MULTILINE) for key in ("ID", "VERSION_ID")]
    assert found[0] and found[1]
    return found[0][1], found[1][1]


def parameters(test: object) -> set[str]:
    """The machines on which a test runs."""
    (families,) = (mark.args[1] for mark in getattr(test, "pytestmark") if mark.args[0] == "family")
    return set(families)


INSTALLED_ON = (parameters(test_lifecycle.test_install_enable_uninstall)
                | parameters(test_rpm.test_install_enable_again_upgrade_uninstall))


def test_every_machine_that_installs_stands_in_the_row_of_its_release_and_no_other() -> None:
    for row in rows():
        fitting = {machine: version for machine in INSTALLED_ON for ident, version in [identity(machine)]
                   if ident == row.ident and row.release_of(version) in row.releases}
        assert row.machines() == fitting, row
    assert {machine for row in rows() for machine in row.machines()} == INSTALLED_ON
    assert set(MACHINES) - INSTALLED_ON == {"debian-forky"}, "Of a release that the catalogue does not have."


def test_every_machine_installs_from_the_first_repository_of_its_row() -> None:
    for row in rows():
        for machine, version in row.machines().items():
            values = {"version": row.release_of(version), "major": version.split(".")[0], "arch": "x86_64"}
            assert row.path.format(**values) == MACHINES[machine].prod, machine


def test_releases_that_no_machine_is_are_said_to_be_plans() -> None:
    for row in rows():
        others = [release for release in row.releases if release not in map(row.release_of, row.machines().values())]
        for release in others:
            assert (ROOT / f"tests/golden/{row.ident}-{release}-x86_64.txt").exists(), row
        if not row.machines():
            assert row.proof == "its plan only", row
        elif len(others) == 1:
            assert row.proof.endswith(f"; {others[0]} by its plan only"), row
        else:
            assert row.proof.endswith("; the others by their plans only") == bool(others), row
            assert others or "plan" not in row.proof, row


def test_real_tools_and_stand_ins_are_told_apart() -> None:
    for row in rows():
        if row.machines():
            assert ("stand-in" in row.proof) == (row.tool in ("yum", "tdnf")), row
            assert all(RPM_FAMILIES[machine].tool == row.tool for machine in row.machines() if machine in RPM_FAMILIES), row
            assert (row.tool == "apt") == all(machine in FAMILIES for machine in row.machines()), row
