# SPDX-License-Identifier: MIT
"""One boot of a machine: its namespaces, and commands run in them."""
from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

WIRE_SERVER, IMDS = "168.63.129.16", "169.254.169.254"
# As systemd gives it to the agent's service: a PATH and little else.
ENVIRONMENT = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}

# SELinux's mode -> what the kernel shows in /sys/fs/selinux/enforce.
SELINUX = {None: None, "enforcing": "1", "permissive": "0"}


@dataclass(frozen=True)
class Result:
    code: int
    stdout: str
    stderr: str


class Namespace:
    """Private mount, process, network, host name, IPC and time namespaces; `root` is the tree, seen from outside."""

    def __init__(self, name: str, state: Path, layers: Sequence[Path], uptime: float, selinux: str | None = None) -> None:
        plan = {
            "name": name, "state": str(state), "layers": ":".join(map(str, layers)), "boot_id": str(uuid.uuid4()), "selinux": SELINUX[selinux],
            "network": ["link set lo up", *(f"address add {each}/32 dev lo" for each in (WIRE_SERVER, IMDS))],
        }
        offset = int(uptime - time.clock_gettime(time.CLOCK_BOOTTIME))
        self._unshare = subprocess.Popen(
            ["unshare", "--mount", "--pid", "--net", "--uts", "--ipc", "--fork", "--kill-child",
             "--time", "--boottime", str(offset), "--monotonic", str(offset),
             sys.executable, "-I", str(Path(__file__).with_name("init.py")), json.dumps(plan)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=dict(os.environ),
        )
        assert self._unshare.stdout is not None and self._unshare.stderr is not None
        if self._unshare.stdout.readline() != b"ready\n":
            raise RuntimeError(f"The machine did not start: {self._unshare.stderr.read().decode()}")
        self.pid = int(_children(self._unshare.pid)[0])
        self.root = Path(f"/proc/{self.pid}/root")

    def stop(self) -> None:
        """Ends every process inside; returns when they are gone."""
        assert self._unshare.stdin is not None
        self._unshare.stdin.close()
        self._unshare.wait(20)

    def entering(self) -> list[str]:
        return ["nsenter", "--target", str(self.pid), "--mount", "--uts", "--ipc", "--net", "--pid", "--time", "--root", "--wd", "--"]

    def popen(self, argv: Sequence[str | Path], env: Mapping[str, str] | None = None, before: Sequence[str] = (), **options: Any) -> subprocess.Popen[bytes]:
        """Starts a program inside; `before` is put before nsenter (a tracer of this machine, say)."""
        words = [*before, *self.entering(), *map(str, argv)]
        options.setdefault("stdin", subprocess.DEVNULL)
        return subprocess.Popen(words, env=dict(ENVIRONMENT if env is None else env), **options)

    def run(self, argv: Sequence[str | Path], env: Mapping[str, str] | None = None, stdin: str | None = None, timeout: float = 120,
            before: Sequence[str] = ()) -> Result:
        # Files, not pipes, as with the agent: what the program leaves running in the background holds nobody up.
        with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.TemporaryFile() as given:
            given.write((stdin or "").encode())
            given.seek(0)
            process = self.popen(argv, env, before, stdin=given, stdout=out, stderr=err)
            try:
                code = process.wait(timeout)
            except subprocess.TimeoutExpired as error:
                kill_inner(process)
                raise TimeoutError(f"{argv} took more than {timeout} s.\n{_content(out)}{_content(err)}") from error
            return Result(code, _content(out), _content(err))

    def ip(self, *lines: str) -> None:
        """Commands of ip(8), in the network of this boot."""
        words = ["nsenter", f"--net=/proc/{self.pid}/ns/net", "ip", "-batch", "-"]
        subprocess.run(words, input="".join(f"{line}\n" for line in lines), text=True, check=True)

    def processes(self) -> dict[int, list[str]]:
        """The processes inside: pid as seen from outside -> argv, which one that has ended and is not yet waited for lacks."""
        space = os.stat(f"/proc/{self.pid}/ns/pid").st_ino
        found = {}
        for pid in filter(str.isdigit, os.listdir("/proc")):
            try:
                if os.stat(f"/proc/{pid}/ns/pid").st_ino == space and int(pid) != self.pid:
                    argv = Path(f"/proc/{pid}/cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
                    if argv:
                        found[int(pid)] = argv
            except OSError:
                continue  # It has ended meanwhile.
        return found


def kill_inner(process: subprocess.Popen[bytes]) -> None:
    """Ends what nsenter (or a tracer around it) has started; to kill nsenter alone would leave it running."""
    waiting, found = [process.pid], []
    while waiting:
        children = [int(pid) for pid in _children(waiting.pop())]
        waiting += children
        found += children
    for pid in found:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait(10)


def _content(file: IO[bytes]) -> str:
    file.seek(0)
    return file.read().decode(errors="replace")


def _children(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    except OSError:
        return []
