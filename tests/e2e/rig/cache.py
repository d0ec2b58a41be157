# SPDX-License-Identifier: MIT
"""Things that are slow to build are built once, outside the tree, and named by the hash of their recipe."""
from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path


def cache_folder() -> Path:
    base = os.environ.get("AADSSH_CACHE") or os.path.expanduser("~/.cache/aadssh-handler")
    folder = Path(base) / "e2e"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def built(name: str, recipe: str, build: Callable[[Path], None]) -> Path:
    """The folder that `build` fills; built by the first of several processes, the others wait for it."""
    key = hashlib.sha256(recipe.encode()).hexdigest()[:12]
    folder = cache_folder() / f"{name}-{key}"
    if folder.is_dir():
        return folder
    with open(cache_folder() / f"{name}.lock", "w", encoding="utf-8") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not folder.is_dir():
            unfinished = folder.with_name(folder.name + ".part")
            shutil.rmtree(unfinished, ignore_errors=True)
            unfinished.mkdir()
            build(unfinished)
            unfinished.rename(folder)
    return folder


def text_of(*files: Path) -> str:
    """The recipe made of these files' contents."""
    return "\0".join(file.read_text(encoding="utf-8") for file in sorted(files))


def run(argv: Sequence[str | Path], stdin: bytes | None = None) -> bytes:
    """Runs a tool of this machine and returns its stdout; what it said on stderr is part of the error."""
    done = subprocess.run([str(word) for word in argv], input=stdin, capture_output=True, check=False)
    if done.returncode != 0:
        said = (done.stdout + done.stderr).decode(errors="replace")[-4000:]
        raise RuntimeError(f"{argv[0]} ended with {done.returncode}: {' '.join(map(str, argv))}\n{said}")
    return bytes(done.stdout)
