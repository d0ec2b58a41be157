# SPDX-License-Identifier: MIT
"""The machines that tests can ask for: which base, which agent, which /etc/os-release, which Microsoft repository."""
from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Family:
    """`os_release` None keeps the base's own; `prod` is the folder at packages.microsoft.com, `suite` the suite in it."""

    base: str
    agent: str
    prod: str
    suite: str
    os_release: str | None = None
    sshd: bool = True


def ubuntu(version: str, codename: str, name: str) -> str:
    return (
        f'PRETTY_NAME="Ubuntu {version} LTS"\nNAME="Ubuntu"\nVERSION_ID="{version}"\nVERSION="{version} LTS ({name})"\n'
        f"VERSION_CODENAME={codename}\nID=ubuntu\nID_LIKE=debian\nUBUNTU_CODENAME={codename}\n"
    )


FAMILIES = {
    "debian11": Family("bullseye", "2.7", "debian/11/prod", "bullseye"),
    "debian12": Family("bookworm", "2.7", "debian/12/prod", "bookworm"),
    "debian12-minimal": Family("bookworm-minimal", "2.7", "debian/12/prod", "bookworm", sshd=False),
    "debian13": Family("trixie", "2.12", "debian/13/prod", "trixie"),
    "debian-forky": Family("forky", "newest", "debian/14/prod", "forky"),
    "ubuntu2004": Family("bullseye", "2.7", "ubuntu/20.04/prod", "focal", ubuntu("20.04", "focal", "Focal Fossa")),
    "ubuntu2204": Family("bookworm", "2.7", "ubuntu/22.04/prod", "jammy", ubuntu("22.04", "jammy", "Jammy Jellyfish")),
    "ubuntu2404": Family("trixie", "2.12", "ubuntu/24.04/prod", "noble", ubuntu("24.04", "noble", "Noble Numbat")),
}
