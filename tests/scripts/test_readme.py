# SPDX-License-Identifier: MIT
"""The README's column "Proven by" says what the end-to-end tests have: every machine stands in the row of its distribution."""
from __future__ import annotations

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "tests/e2e"))

from rig.families import FAMILIES  # noqa: E402
from rig.rpm_families import RPM_FAMILIES  # noqa: E402

NAMES = {"rhel": "Red Hat Enterprise Linux", "sles": "SUSE Linux Enterprise Server", "opensuse-leap": "openSUSE Leap", "ol": "Oracle Linux",
         "azurelinux": "Azure Linux", "mariner": "CBL-Mariner", "almalinux": "AlmaLinux", "rocky": "Rocky Linux", "centos": "CentOS", "ubuntu": "Ubuntu"}


def rows() -> dict[str, list[str]]:
    """Distribution and versions -> the other cells."""
    text = (ROOT / "README.md").read_text(encoding="utf-8").partition("## Supported distributions")[2].partition("\n## ")[0]
    table = [[cell.strip() for cell in line.strip("|").split("|")] for line in text.splitlines() if line.startswith("|")]
    return {cells[0]: cells[1:] for cells in table[2:]}


def belongs_to(row: str, machine: str) -> bool:
    """Whether the row's range of versions holds the machine's os-release."""
    os_release = (FAMILIES | RPM_FAMILIES)[machine].os_release
    if os_release is None:  # Debian's own
        return row.startswith("Debian ")
    ident = re.search(r'^ID="?([^"\n]+)', os_release, re.MULTILINE)
    version = re.search(r'^VERSION_ID="?([0-9.]+)', os_release, re.MULTILINE)
    assert ident and version
    first, _, last = row.removeprefix(NAMES[ident[1]]).strip().partition(" to ")
    numbers = [[int(part) for part in each.split(".")] for each in (first, last or first, version[1])]
    low, high, own = (each[:len(numbers[0])] for each in numbers)
    return row.startswith(f"{NAMES[ident[1]]} ") and low <= own <= high


def test_every_machine_stands_in_its_row_and_no_other() -> None:
    named = {machine: row for row, cells in rows().items() for machine in re.findall("`([^`]+)`", cells[-1])}
    assert set(named) == set(FAMILIES) | set(RPM_FAMILIES)
    for machine, row in named.items():
        assert belongs_to(row, machine), f"{machine} stands in the row {row}."


def test_real_tools_and_stand_ins_are_told_apart() -> None:
    for row, (tool, _, proof) in rows().items():
        machines = re.findall("`([^`]+)`", proof)
        if not machines:
            assert proof == "its plan only", row
        else:
            assert ("stand-in" in proof) == (tool in ("yum", "tdnf")), row
            assert all(RPM_FAMILIES[machine].tool == tool for machine in machines if machine in RPM_FAMILIES), row


def test_every_machine_is_installed_on_by_a_test() -> None:
    tests = "".join(file.read_text(encoding="utf-8") for file in (ROOT / "tests/e2e").glob("test_*.py"))
    for machine in FAMILIES:
        assert f'"{machine}"' in tests, machine
    assert '@pytest.mark.parametrize("family", RPM_FAMILIES)\ndef test_install_enable_again_upgrade_uninstall' in tests
