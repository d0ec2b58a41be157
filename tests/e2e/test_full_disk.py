# SPDX-License-Identifier: MIT
"""Disks that are full or read-only: the verdict still gets out, and nothing is begun that could not be finished."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from expectations import assert_explains, assert_good, assert_removed, substatus
from rig.debs import NEW, OLD
from rig.handler_folder import LOG_FOLDER
from rig.machine import Machine

MakeMachine = Callable[..., Machine]


def small_disk(m: Machine, folder: str, size: str) -> None:
    """A file system of its own, with what lies in the folder."""
    m.ok("sh", "-c", 'kept=$(mktemp -d) && cp -a "$1/." "$kept" && mount -t tmpfs -o size="$2",mode=755 small "$1" && cp -a "$kept/." "$1"', "sh", folder, size)


def fill(m: Machine, folder: str) -> None:
    m.run("dd", "if=/dev/zero", f"of={folder}/filler", "bs=4096")
    assert m.run("sh", "-c", f"echo x > {folder}/one-more").code != 0, "There is still room."


def status_folder(m: Machine) -> str:
    return f"{m.handler().inside}/status"


def test_status_of_a_new_sequence_number_on_a_full_disk(machine: MakeMachine) -> None:
    """The reserve, which the first status has left, makes room."""
    m = machine("debian12")
    assert m.direct("install").code == 0
    small_disk(m, status_folder(m), "160k")
    assert m.direct("enable").code == 0
    fill(m, status_folder(m))
    m.imds.become("none")
    done = m.direct("enable", seq=1)
    assert done.code == 22, done.stderr
    assert done.status[0]["status"]["code"] == 22
    assert "status file" not in done.stderr


def test_status_is_rewritten_in_place_when_no_block_is_left(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    small_disk(m, status_folder(m), "160k")
    (m.root / status_folder(m)[1:] / ".aadssh-reserve").unlink()
    fill(m, status_folder(m))
    m.imds.become("none")
    done = m.direct("enable")
    assert done.code == 22, done.stderr
    assert done.status[0]["status"]["status"] == "error" and done.status[0]["status"]["code"] == 22
    m.imds.become("system")
    done = m.direct("enable")
    assert done.code == 0 and done.stderr == ""
    assert done.status[0]["status"]["status"] == "success"


def test_full_log_folder_fails_no_command(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.direct("disable")
    small_disk(m, LOG_FOLDER, "64k")
    fill(m, LOG_FOLDER)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert done.stderr == ""
    assert_good(m, OLD)


@pytest.mark.parametrize("identity, code", (("system", 0), ("none", 22)))
def test_read_only_status_folder_changes_no_exit_code(machine: MakeMachine, identity: str, code: int) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    m.ok("mount", "--bind", status_folder(m), status_folder(m))
    m.ok("mount", "-o", "remount,bind,ro", status_folder(m))
    m.imds.become(identity)
    done = m.direct("enable")
    assert done.code == code
    assert "status file could not be written" in done.stderr and "Read-only file system" in done.stderr
    assert done.stderr.count("\n") == 1
    assert ("is installed and verified" in done.stdout) == (code == 0)


def test_too_little_space_is_told_with_amounts_before_anything_is_touched(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    m.ok("mount", "-t", "tmpfs", "-o", "size=5m,mode=755", "small", "/var/cache")
    done = m.direct("install")
    assert_explains(done.stderr, 52, "/var/cache/aadsshlogin-handler", "has 5 MiB free", "16 MiB are needed", "df -h")
    assert done.code == 52
    assert_removed(m, before)
    m.ok("umount", "/var/cache")
    assert m.direct("install").code == 0
    # A machine that works is left as it is instead, with a warning.
    m.microsoft.offer(OLD, NEW)
    m.ok("mount", "-t", "tmpfs", "-o", "size=5m,mode=755", "small", "/var/cache")
    done = m.direct("install")
    assert done.code == 0, done.stderr
    level, message = substatus(done.status)["repository"]
    assert level == "warning" and "5 MiB free" in message
    assert_good(m, OLD)


def test_space_that_runs_out_meanwhile_is_recognised(machine: MakeMachine) -> None:
    """Enough at first; then the downloads of others fill the disk while apt works."""
    m = machine("debian12")
    before = m.snapshot_etc()
    m.ok("mount", "-t", "tmpfs", "-o", "size=20m,mode=755", "small", "/var/cache")
    m.write("/etc/apt/apt.conf.d/99fill", 'APT::Update::Pre-Invoke {"dd if=/dev/zero of=/var/cache/filler bs=4096 2>/dev/null || true";};\n')
    done = m.direct("install")
    assert_explains(done.stderr, 52, "the disk is full", "No space left on device")
    (m.root / "etc/apt/apt.conf.d/99fill").unlink()
    (m.root / "var/cache/filler").unlink()
    assert_removed(m, before)
    assert m.direct("install").code == 0
    assert_good(m, OLD)
