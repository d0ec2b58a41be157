# SPDX-License-Identifier: MIT
"""What an administrator of an rpm machine would do by hand."""
from __future__ import annotations

from .keys import keys
from .machine import Machine
from .rpm_families import TOOLS, RpmFamily
from .rpms import MICROSOFT_KEY, RELEASE, REPO

# Look at the repositories again, install (or upgrade), remove.
COMMANDS = {
    "dnf": (["dnf", "makecache", "--refresh"], ["dnf", "-y", "install"], ["dnf", "-y", "remove"]),
    "zypper": (["zypper", "-n", "refresh"], ["zypper", "-n", "install"], ["zypper", "-n", "remove"]),
    "tdnf": (["tdnf", "makecache"], ["tdnf", "-y", "install"], ["tdnf", "-y", "erase"]),
    "yum": (["yum", "makecache"], ["yum", "-y", "install"], ["yum", "-y", "erase"]),
}


def family_of(m: Machine) -> RpmFamily:
    assert isinstance(m.family, RpmFamily), f"{m.name} is not an rpm machine."
    return m.family


def add_microsoft(m: Machine) -> None:
    """Adds Microsoft's repository for this family."""
    family = family_of(m)
    text = REPO.format(section=family.section, name="Microsoft", url=f"https://packages.microsoft.com/{family.prod}/", key=MICROSOFT_KEY)
    m.write(f"{TOOLS[family.tool].repositories}/microsoft-prod.repo", text)
    if family.tool == "zypper":  # trusts what rpm's database does, and asks about any other key
        trust_test_key(m)


def trust_test_key(m: Machine) -> None:
    """Makes the key that signs for Microsoft one of those in rpm's database."""
    m.write("/tmp/test.asc", keys()["good"].armored)
    m.ok("rpm", "--import", "/tmp/test.asc")


def installed(version: str) -> tuple[str, str]:
    """What `package_state` says of a stand-in of this version."""
    return "ii", f"{version}-{RELEASE}"
