# SPDX-License-Identifier: MIT
"""Rpm repositories: the packages they hold now with their metadata, made by createrepo_c and signed."""
from __future__ import annotations

import hashlib
import shutil
import time
from functools import cache
from pathlib import Path

from .cache import built, run
from .keys import detached_signature, keys
from .rpm_families import RpmFamily
from .rpms import COMMON, distribution_rpm, signed_with, stub_rpms


class RpmRepository:
    """`packages` and `key` may be changed while it is served; a package manager's refresh sees the change."""

    def __init__(self, packages: list[Path], key: str) -> None:
        self.packages = packages
        self.key = key
        self.changed = 0.0
        self._rendered: tuple[object, Path] | None = None

    def file(self, path: str) -> bytes | None:
        """The file at this path below the repository's own folder, or None."""
        file = self.folder() / path
        return file.read_bytes() if ".." not in path and file.is_file() else None

    def folder(self) -> Path:
        state = (tuple(self.packages), self.key)
        if self._rendered is None or self._rendered[0] != state:
            self._rendered = (state, rendered(*state))
            # A change within the same second must still be newer, as HTTP's clock counts seconds.
            self.changed = max(time.time(), self.changed + 1)
        return self._rendered[1]


@cache
def rendered(packages: tuple[Path, ...], key: str) -> Path:
    """The repository's folder; the same packages and key are the same folder for all tests."""
    files = [signed_with(key, package) for package in packages]
    recipe = [key, keys()[key].fingerprint, *(f"{file.name} {_digest(file)}" for file in files)]
    return built("rpm-repository", "\n".join(recipe), lambda out: _render(files, key, out))


@cache
def distribution(name: str, family: RpmFamily) -> RpmRepository:
    """What the distribution itself offers; it never changes, so all machines share it."""
    names = (*COMMON, *family.offers)
    return RpmRepository([*(distribution_rpm(each) for each in names), *sorted(stub_rpms(name, family).glob("*.rpm"))], "distro")


@cache
def _digest(file: Path) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _render(files: list[Path], key: str, out: Path) -> None:
    for file in files:
        target = out / "Packages" / file.name[0].lower() / file.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(file, target)
    run(["createrepo_c", "--quiet", "--general-compress-type=gz", "--no-database", out])
    index = out / "repodata/repomd.xml"
    index.with_suffix(".xml.asc").write_bytes(detached_signature(key, index.read_text(encoding="utf-8")))
    index.with_suffix(".xml.key").write_bytes(keys()[key].armored)
