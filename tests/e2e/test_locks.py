# SPDX-License-Identifier: MIT
"""Others that use the package manager, two runs at once, and the deadline."""
from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Callable

import pytest
from expectations import LOCK, assert_explains, assert_good, assert_removed
from rig.debs import OLD
from rig.machine import Machine, wait_until

MakeMachine = Callable[..., Machine]
DPKG = ("/var/lib/dpkg/lock-frontend", "/var/lib/dpkg/lock")


def start(m: Machine, operation: str, settings: object = None) -> subprocess.Popen[bytes]:
    folder = m.handler()
    if not (folder.outside / "HandlerManifest.json").exists():
        folder.lay_out(m.package)
    folder.write_settings(0, settings)
    return m.popen(*folder.words(operation), env=folder.environment(0, {}), stdout=subprocess.PIPE, stderr=subprocess.PIPE)


@pytest.mark.parametrize("lock", DPKG)
def test_waits_for_a_lock_and_goes_on(machine: MakeMachine, lock: str) -> None:
    m = machine("debian12")
    with m.lock(lock) as holder:
        process = start(m, "install")
        wait_until(lambda: f"waiting: {lock} is held by pid {holder}" in m.handler_log(), what="the wait")
        assert process.poll() is None
    assert process.wait(60) == 0
    assert_good(m, OLD)


def test_lock_held_to_the_end_is_56_with_its_holder(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    with m.lock(DPKG[0]) as holder:
        done = m.direct("install", settings={"deadlineSeconds": 14})
    assert done.code == 56
    assert_explains(done.stderr, 56, f"pid {holder} (python3)", "lock-frontend")
    assert_removed(m, before)
    assert m.direct("install").code == 0


def test_lock_does_not_matter_where_nothing_is_to_be_done(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    with m.lock(DPKG[0]):
        assert m.direct("install", settings={"deadlineSeconds": 20}).code == 0


def test_interrupted_dpkg_is_repaired(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/etc/aadsshlogin-standin/sleep", "60")
    process = start(m, "install")
    wait_until(lambda: m.package_state("aadsshlogin")[0] == "iF", what="the package's script")
    for pid, argv in m.namespace.processes().items():
        if argv[0] in ("dpkg", "/usr/bin/dpkg", "apt-get", "sleep") or "postinst" in " ".join(argv):
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
    m.write("/etc/aadsshlogin-standin/sleep", "0")
    process.wait(60)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert_good(m, OLD)


def test_second_run_waits_for_the_first(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/etc/aadsshlogin-standin/sleep", "3")
    first = start(m, "install")
    wait_until(lambda: m.package_state("aadsshlogin")[0] == "iF", what="the package's script")
    second = m.direct("enable")
    assert second.code == 0, second.stderr
    assert "waiting for another run" in m.handler_log()
    assert first.wait(30) == 0
    assert_good(m, OLD)


def test_run_that_never_ends_is_63(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.ok("mkdir", "-p", os.path.dirname(LOCK))
    holder = m.popen("flock", LOCK, "sleep", "600")
    wait_until(lambda: m.run("flock", "-n", LOCK, "true").code != 0, what="the lock")
    done = m.direct("enable", settings={"deadlineSeconds": 10})
    for pid in [pid for pid, argv in m.namespace.processes().items() if argv == ["sleep", "600"]]:
        os.kill(pid, signal.SIGKILL)
    holder.wait(10)
    assert done.code == 63
    assert_explains(done.stderr, 63)


def test_transaction_outlives_the_deadline(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/etc/aadsshlogin-standin/sleep", "28")
    done = m.direct("install", settings={"deadlineSeconds": 24})
    assert done.code == 66, done.stderr
    assert_explains(done.stderr, 66, "install aadsshlogin", "pid ")
    assert m.package_state("aadsshlogin")[0] == "iF", "The transaction must still run."
    again = m.direct("install")
    assert again.code == 0, again.stderr
    assert "of an earlier run" in m.handler_log()
    assert_good(m, OLD)


def test_dependencies_of_a_transaction_that_outlived_its_run(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/etc/aadsshlogin-standin/sleep", "24")
    done = m.direct("install", settings={"deadlineSeconds": 20})
    assert done.code == 66, done.stderr
    assert m.direct("enable").code == 0
    m.write("/etc/aadsshlogin-standin/sleep", "0")
    removed = m.direct("uninstall")
    assert removed.code == 0 and "libcurl4," in removed.stdout.partition("Dependencies stay: ")[2], removed.stdout
