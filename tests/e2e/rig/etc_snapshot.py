# SPDX-License-Identifier: MIT
"""What /etc holds, to be compared byte for byte with what it held before."""
from __future__ import annotations

import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Entry:
    kind: str
    mode: int
    owner: str
    content: str
    """SHA-256 of a file's content, or a link's target."""


Snapshot = dict[str, Entry]
# The dynamic loader's cache follows each library that a dependency brings; the folder steers the stand-in package.
IGNORED = ("/etc/ld.so.cache", "/etc/aadsshlogin-standin")


def snapshot(root: Path, folder: str = "/etc") -> Snapshot:
    """Path inside the machine -> entry, for everything below the folder."""
    found: Snapshot = {}
    for parent, folders, files in os.walk(root / folder[1:]):
        for name in (*folders, *files):
            path = Path(parent, name)
            inside = "/" + str(path.relative_to(root))
            if not inside.startswith(IGNORED):
                found[inside] = _entry(path)
    return found


def difference(before: Snapshot, after: Snapshot) -> dict[str, tuple[Entry | None, Entry | None]]:
    """Path -> (before, after) of each path that is not the same; None where it did not exist."""
    return {
        path: (before.get(path), after.get(path))
        for path in sorted(before.keys() | after.keys())
        if before.get(path) != after.get(path)
    }


def _entry(path: Path) -> Entry:
    state = path.lstat()
    mode, owner = stat.S_IMODE(state.st_mode), f"{state.st_uid}:{state.st_gid}"
    if stat.S_ISLNK(state.st_mode):
        return Entry("link", mode, owner, os.readlink(path))
    if stat.S_ISDIR(state.st_mode):
        return Entry("folder", mode, owner, "")
    return Entry("file", mode, owner, hashlib.sha256(path.read_bytes()).hexdigest())
