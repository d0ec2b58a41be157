# SPDX-License-Identifier: MIT
"""What a test does inside a running machine: programs, files, packages, locks, sshd."""
from __future__ import annotations

import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from . import sshd
from .etc_snapshot import Snapshot, snapshot
from .furnish import put
from .namespace import Namespace, Result


HOLD_LOCK = "import fcntl,os,sys; f=open(sys.argv[1],'a'); fcntl.lockf(f,fcntl.LOCK_EX); print(os.getpid(),flush=True); sys.stdin.read()"
# Whoever is named there comes first. libzypp reads and writes its file under a POSIX lock, dnf under one of flock(2).
HOLD_PID_FILE = """import fcntl, os, sys, time
os.makedirs(os.path.dirname(sys.argv[1]), exist_ok=True)
with open(sys.argv[1], "a+") as file:
    fcntl.flock(file, fcntl.LOCK_EX)
    while True:
        fcntl.lockf(file, fcntl.LOCK_EX)
        file.seek(0)
        named = file.read().strip()
        if not named or not os.path.exists(f"/proc/{named}"):
            break
        fcntl.lockf(file, fcntl.LOCK_UN)
        time.sleep(0.001)
    file.truncate(0)
    file.write(f"{os.getpid()}\\n")
print(os.getpid(), flush=True)
sys.stdin.read()
os.unlink(sys.argv[1])"""


class Inside:
    namespace: Namespace
    root: Path
    is_rpm: bool

    def run(self, *argv: str | Path, env: Mapping[str, str] | None = None, stdin: str | None = None, timeout: float = 120, before: Sequence[str] = ()) -> Result:
        return self.namespace.run(argv, env, stdin, timeout, before)

    def ok(self, *argv: str | Path, **options: Any) -> str:
        """As run(), but the program must succeed; returns its stdout."""
        done = self.run(*argv, **options)
        assert done.code == 0, f"{' '.join(map(str, argv))} ended with {done.code}:\n{done.stdout}{done.stderr}"
        return done.stdout

    def popen(self, *argv: str | Path, env: Mapping[str, str] | None = None, before: Sequence[str] = (), **options: Any) -> subprocess.Popen[bytes]:
        return self.namespace.popen(argv, env, before, **options)

    @contextlib.contextmanager
    def lock(self, path: str) -> Iterator[int]:
        """A process inside holds the POSIX lock on this file, as apt, dpkg, rpm and tdnf do, or, if its name ends with .pid, is
        named in it, as dnf, zypper and yum want it; gives its pid (seen from inside)."""
        code = HOLD_PID_FILE if path.endswith(".pid") else HOLD_LOCK
        holder = self.popen("python3", "-c", code, path, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert holder.stdin is not None and holder.stdout is not None
        try:
            yield int(holder.stdout.readline())
        finally:
            holder.stdin.close()
            holder.wait(10)

    def write(self, path: str, content: str | bytes, mode: int = 0o644) -> None:
        put(self.root, path, content, mode)

    def read(self, path: str) -> str:
        """A text file's content, empty if there is none."""
        with contextlib.suppress(FileNotFoundError):
            return (self.root / path[1:]).read_text(errors="replace")
        return ""

    def exists(self, path: str) -> bool:
        return os.path.lexists(self.root / path[1:])

    def snapshot_etc(self) -> Snapshot:
        return snapshot(self.root)

    def package_state(self, name: str) -> tuple[str, str]:
        """dpkg's state and version, such as ("ii", "1.0.030480001"); ("", "") if dpkg does not know it. On an rpm machine
        "ii" is what its database knows at all, and the version ends with the release: "1.0.030480001-1"."""
        if self.is_rpm:
            known = self.run("rpm", "-q", "--queryformat", "%{VERSION}-%{RELEASE}\n", name)
            return ("ii", known.stdout.rstrip("\n")) if known.code == 0 else ("", "")
        done = self.run("dpkg-query", "-W", "-f", "${db:Status-Abbrev}\t${Version}", name)
        state, _, version = done.stdout.partition("\t")
        return state.strip(), version

    def install_deb(self, file: Path) -> None:
        self.write(f"/tmp/{file.name}", file.read_bytes())
        self.ok("dpkg", "-i", f"/tmp/{file.name}")

    def install_rpm(self, file: Path) -> None:
        self.write(f"/tmp/{file.name}", file.read_bytes())
        self.ok("rpm", "--upgrade", "--nosignature", f"/tmp/{file.name}")

    def sshd_config_for(self, user: str) -> dict[str, str]:
        return sshd.config_for(self.namespace, user)

    def ssh_login(self, user: str = "alice@contoso.example") -> Result:
        return sshd.login(self.namespace, user)


def wait_until(fits: Callable[[], Any], timeout: float = 30, what: str = "this") -> Any:
    """Polls for things that nobody announces, such as a file inside a machine."""
    deadline = time.monotonic() + timeout
    while not (value := fits()):
        if time.monotonic() > deadline:
            raise TimeoutError(f"Waited {timeout:.0f} s for {what}.")
        time.sleep(0.02)
    return value
