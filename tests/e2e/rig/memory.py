# SPDX-License-Identifier: MIT
"""Where machines keep what they change: a tmpfs, as an overlay's upper layer must not lie on another overlay."""
from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

from .cache import cache_folder, run

PREFIX = "aadssh-e2e-"
ENOUGH = 1 << 30


@cache
def memory() -> Path:
    shared = Path("/dev/shm")
    if os.path.ismount(shared) and shutil.disk_usage(shared).free > ENOUGH:
        return shared
    own = Path("/run/aadssh-e2e")  # containers and chroots often have a small /dev/shm or none
    with open(cache_folder() / "memory.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        own.mkdir(exist_ok=True)
        if not os.path.ismount(own):
            run(["mount", "-t", "tmpfs", "-o", "mode=755", "aadssh-e2e", own])
    return own


def new_folder() -> Path:
    """A folder for one machine, named after this process."""
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}{os.getpid()}-", dir=memory()))


def sweep() -> None:
    """Removes what test runs that were killed have left in memory."""
    for folder in memory().glob(f"{PREFIX}*"):
        if not Path("/proc", folder.name.removeprefix(PREFIX).partition("-")[0]).exists():
            shutil.rmtree(folder, ignore_errors=True)
