# SPDX-License-Identifier: MIT
"""A Debian archive, rendered on demand: indexes, Release, InRelease and Release.gpg of the packages it holds now."""
from __future__ import annotations

import gzip
import hashlib
import io
import tarfile
import time
from email.utils import formatdate
from functools import cache
from pathlib import Path

from .keys import clear_sign, detached_signature


def control_file(deb: bytes) -> str:
    """Read here because dpkg-deb takes 30 ms, and a distribution has many packages; deb(5)."""
    member = deb.index(b"control.tar")
    size = int(deb[member + 48:member + 58])
    with tarfile.open(fileobj=io.BytesIO(deb[member + 60:member + 60 + size])) as tar:
        file = next(tar.extractfile(each) for each in tar if each.name.removeprefix("./") == "control")
        assert file is not None
        return file.read().decode()


@cache
def stanza(deb: Path) -> str:
    """The package's paragraph for a Packages index."""
    content = deb.read_bytes()
    control = control_file(content).rstrip("\n")
    return (
        f"{control}\nFilename: pool/{pool_name(deb)}\nSize: {len(content)}\n"
        f"SHA256: {hashlib.sha256(content).hexdigest()}\nSHA512: {hashlib.sha512(content).hexdigest()}\n"
    )


def release_date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True).replace("GMT", "UTC")


def pool_name(deb: Path) -> str:
    return deb.name.replace("%3a", ":").replace(":", "")


class Archive:
    """One suite of one archive. `packages` and `key` may be changed while it is served; an apt refresh sees the change."""

    age = 0.0  # seconds; negative: dated in the future
    valid_for: float | None = None  # seconds from its date on

    def __init__(self, suite: str, packages: list[Path], key: str, architectures: tuple[str, ...] = ("amd64",)) -> None:
        self.suite = suite
        self.packages = packages
        self.key = key
        self.architectures = architectures
        self._rendered: tuple[object, dict[str, bytes]] | None = None
        self.changed = 0.0

    def file(self, path: str) -> bytes | None:
        """The file at this path below the archive's own folder, or None."""
        if path.startswith("pool/"):
            return next((deb.read_bytes() for deb in self.packages if path == f"pool/{pool_name(deb)}"), None)
        prefix = f"dists/{self.suite}/"
        return self.index().get(path[len(prefix):]) if path.startswith(prefix) else None

    def index(self) -> dict[str, bytes]:
        """Path below dists/<suite> -> content."""
        state = (tuple(self.packages), self.key, self.suite)
        if self._rendered is None or self._rendered[0] != state:
            self._rendered = (state, self._render())
        return self._rendered[1]

    def _render(self) -> dict[str, bytes]:
        # A change within the same second must still be newer, as HTTP's and apt's clocks count seconds.
        self.changed = max(time.time() - self.age, self.changed + 1)
        plain = {f"main/binary-{arch}/Packages": self._packages(arch) for arch in self.architectures}
        indexes = plain | {f"{path}.gz": gzip.compress(content, mtime=0) for path, content in plain.items()}
        files: dict[str, bytes] = {}
        for path, content in indexes.items():
            files[path] = content
            for algorithm in ("sha256", "sha512"):
                digest = hashlib.new(algorithm, content).hexdigest()
                files[f"{path.rpartition('/')[0]}/by-hash/{algorithm.upper()}/{digest}"] = content
        release = self._release(indexes)
        signed = {"Release": release.encode()}
        signed["InRelease"] = clear_sign(self.key, release)
        signed["Release.gpg"] = detached_signature(self.key, release)
        return files | signed

    def _packages(self, arch: str) -> bytes:
        fitting = [deb for deb in self.packages if deb.stem.endswith((f"_{arch}", "_all"))]
        return "\n".join(stanza(deb) for deb in fitting).encode()

    def _release(self, indexes: dict[str, bytes]) -> str:
        until = "" if self.valid_for is None else f"Valid-Until: {release_date(self.changed + self.valid_for)}\n"
        head = (
            f"Origin: {self.suite}\nLabel: {self.suite}\nSuite: {self.suite}\nCodename: {self.suite}\n"
            f"Date: {release_date(self.changed)}\n{until}Acquire-By-Hash: yes\n"
            f"Architectures: {' '.join(self.architectures)}\nComponents: main\n"
        )
        for title, algorithm in (("SHA256", "sha256"), ("SHA512", "sha512")):
            head += f"{title}:\n"
            for path, content in sorted(indexes.items()):
                head += f" {hashlib.new(algorithm, content).hexdigest()} {len(content)} {path}\n"
        return head


class StaleArchive(Archive):
    """What the archive was a month ago: every file that its index names has gone from the pool since."""

    age = 30 * 86400.0

    def _packages(self, arch: str) -> bytes:
        return super()._packages(arch).replace(b".deb\n", b"_gone.deb\n")
