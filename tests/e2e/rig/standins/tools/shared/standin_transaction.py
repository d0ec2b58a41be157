# SPDX-License-Identifier: MIT
"""What stand-ins of package managers do to a machine: download, check against keys, and run the real rpm."""
from __future__ import annotations

import hashlib
import subprocess
import sys
from pathlib import Path

from standin_packages import Package
from standin_repositories import Repository, fetch

# Debian's rpm warns of itself with these words; no rpm distribution has them.
DEBIAN = ("rpm: RPM should not be used directly", "rpm: However assuming you know")


class WrongChecksum(Exception):
    """A package's file is not the one that the metadata promises."""


def download(package: Package, repository: Repository, folder: Path) -> Path:
    """The package's file, from the cache where it is there and whole."""
    target = folder / package.location
    algorithm, expected = package.checksum
    if not target.exists() or hashlib.new(algorithm, target.read_bytes()).hexdigest() != expected:
        content = fetch(f"{repository.url}/{package.location}", repository)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        if hashlib.new(algorithm, content).hexdigest() != expected:
            raise WrongChecksum(str(target))
    return target


def signature_problem(file: Path) -> str:
    """What rpmkeys has against the file's signature; empty if a key of rpm's database made it."""
    done = subprocess.run(["rpmkeys", "--checksig", "--verbose", str(file)], capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def import_key(url: str, repository: Repository) -> int:
    """Adds a repository's key to rpm's database; gives rpm's exit code, its output is passed on."""
    key = Path("/var/tmp/standin-key.asc")
    key.write_bytes(fetch(url, repository))
    try:
        return rpm("--import", key)
    finally:
        key.unlink()


def rpm(*words: str | Path) -> int:
    """Runs rpm; its output is passed on, less what only Debian's says."""
    sys.stdout.flush()
    with subprocess.Popen(["rpm", *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if not line.startswith(DEBIAN):
                print(line, end="", file=sys.stderr, flush=True)
    return process.returncode
