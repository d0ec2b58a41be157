# SPDX-License-Identifier: MIT
"""Process 1 of a machine: run by unshare(1) as `init.py PLAN`, builds the root, says "ready", then only reaps.

It ends, and with it everything inside, when its standard input does.
"""
from __future__ import annotations

import ctypes
import json
import os
import socket
import subprocess
import sys
from pathlib import Path

LIBC = ctypes.CDLL(None, use_errno=True)
MS_RDONLY, MS_BIND, MNT_DETACH, SYS_PIVOT_ROOT = 1, 4096, 2, 155
DEVICES = ("null", "zero", "full", "random", "urandom", "tty")


def checked(result: int, what: str) -> None:
    if result != 0:
        raise OSError(ctypes.get_errno(), f"{what}: {os.strerror(ctypes.get_errno())}")


def mount(source: str | Path, target: str | Path, kind: str = "", flags: int = 0, data: str = "") -> None:
    words = [str(word).encode() if str(word) else None for word in (source, target, kind)]
    checked(LIBC.mount(*words, flags, data.encode() or None), f"mount {target}")


def build_root(plan: dict[str, object], root: Path) -> None:
    state = Path(str(plan["state"]))
    layers = f"lowerdir={plan['layers']},upperdir={state}/upper,workdir={state}/work"
    mount("root", root, "overlay", 0, layers)
    mount("proc", root / "proc", "proc")
    mount("sys", root / "sys", "sysfs", MS_RDONLY)
    if plan["selinux"] is not None:
        pretend_selinux(root, str(plan["selinux"]))
    mount("run", root / "run", "tmpfs", 0, "mode=755")
    mount("dev", root / "dev", "tmpfs", 0, "mode=755")
    for name in DEVICES:
        (root / "dev" / name).touch()
        mount(f"/dev/{name}", root / "dev" / name, flags=MS_BIND)
    for name in ("shm", "pts"):
        (root / "dev" / name).mkdir()
    mount("shm", root / "dev/shm", "tmpfs", 0, "mode=1777")
    mount("pts", root / "dev/pts", "devpts", 0, "newinstance,ptmxmode=0666")
    (root / "dev/ptmx").symlink_to("pts/ptmx")
    (root / "dev/fd").symlink_to("/proc/self/fd")
    (root / "run/lock").mkdir(mode=0o1777)
    # The boot id belongs to no namespace, so a file takes its place; the clocks have a namespace of their own.
    (root / "run/.boot_id").write_text(f"{plan['boot_id']}\n")
    mount(root / "run/.boot_id", root / "proc/sys/kernel/random/boot_id", flags=MS_BIND)
    (root / "run/.boot_id").unlink()


def pretend_selinux(root: Path, enforce: str) -> None:
    """What a look at selinuxfs finds where SELinux is in use; sysfs takes no new folders, so its folder fs is replaced."""
    folders = os.listdir(root / "sys/fs")
    mount("fs", root / "sys/fs", "tmpfs", 0, "mode=755")
    for name in {*folders, "selinux"}:
        (root / "sys/fs" / name).mkdir()
    (root / "sys/fs/selinux/enforce").write_text(enforce)


def enter(root: Path) -> None:
    os.chdir(root)
    checked(LIBC.syscall(SYS_PIVOT_ROOT, b".", b"."), "pivot_root")
    checked(LIBC.umount2(b".", MNT_DETACH), "umount")
    os.chdir("/")


def main() -> None:
    plan = json.loads(sys.argv[1])
    socket.sethostname(plan["name"])
    subprocess.run(["ip", "-batch", "-"], input="".join(f"{line}\n" for line in plan["network"]), text=True, check=True)
    root = Path(plan["state"]) / "root"
    build_root(plan, root)
    enter(root)
    watcher = os.fork()
    if watcher == 0:
        while os.read(0, 64):
            pass
        os._exit(0)
    os.write(1, b"ready\n")
    while os.wait()[0] != watcher:
        pass


if __name__ == "__main__":
    main()
