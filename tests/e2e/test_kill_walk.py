# SPDX-License-Identifier: MIT
"""SIGKILL at every step: what the handler left behind, the next run turns into the good state, and removal still works.

strace stops the handler at its n-th change of a file or start of a program, then it is killed: alone, or with its whole
process group as the agent does at its limit. Nothing in the handler knows of this.
"""
from __future__ import annotations

import os
import signal
from collections.abc import Callable

import pytest
from expectations import assert_good, assert_removed
from rig.debs import NEW, OLD
from rig.machine import Machine, wait_until

MakeMachine = Callable[..., Machine]
# Renames are the journal and every file written; a clone is a program started; unlinks and links are the scratch folder.
STEPS = "rename,renameat,renameat2,clone,clone3,fork,vfork"
PARTS = 6  # the walk is cut into parts so that they can run beside each other


def count_steps(m: Machine, operation: str) -> int:
    trace = m.root / "tmp/steps"
    done = m.direct(operation, before=["strace", "-qq", "-e", f"trace={STEPS}", "-e", "signal=none", "-o", str(trace)])
    assert done.code == 0, done.stderr
    return sum("(" in line for line in trace.read_text().splitlines())


def kill_at(m: Machine, operation: str, step: int, group: bool) -> bool:
    """Whether the handler got as far as that step. The traced program is the shell that becomes the shim and then the handler."""
    trace = m.root / "tmp/kill"
    words = m.handler().words(operation)
    process = m.popen(*words, env=m.handler().environment(0, {}), before=[
        "strace", "-qq", "-e", f"trace={STEPS}", "-e", f"inject={STEPS}:signal=STOP:when={step}", "-o", str(trace)])
    stopped = wait_until(lambda: process.poll() is not None or "--- stopped by SIGSTOP" in trace.read_text(), what=f"step {step}") if trace.exists() or wait_until(trace.exists) else None
    assert stopped
    if process.poll() is not None:
        return False
    (pid,) = [pid for pid, argv in m.namespace.processes().items() if argv[1:] == [operation] and "aadssh-handler" in argv[0]]
    (os.killpg if group else os.kill)(pid, signal.SIGKILL)
    process.wait(20)
    return True


@pytest.mark.parametrize("group", (False, True), ids=("alone", "group"))
@pytest.mark.parametrize("part", range(PARTS))
def test_killed_install(machine: MakeMachine, part: int, group: bool) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    steps = count_steps(m, "install")
    assert m.direct("uninstall").code == 0
    assert steps >= 20, f"Only {steps} steps: is the trace complete?"
    for step in range(1 + part, steps + 1, PARTS):
        assert kill_at(m, "install", step, group), f"{step} of {steps} was not reached."
        again = m.direct("install")
        assert again.code == 0, f"step {step} of {steps}: {again.stderr}\n{m.handler_log()[-3000:]}"
        assert_good(m, OLD)
        removed = m.direct("uninstall")
        assert removed.code == 0, f"step {step} of {steps}: {removed.stderr}"
        assert_removed(m, before)


@pytest.mark.parametrize("operation", ("enable", "uninstall", "update"))
def test_other_commands_killed(machine: MakeMachine, operation: str) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    assert m.direct("install").code == 0
    step = 0
    while True:
        step += 1
        if not kill_at(m, operation, step, group=True):
            break
        assert m.direct("install").code == 0
        assert_good(m, OLD)
    assert step > 1
    m.direct("install")
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


@pytest.mark.parametrize("group", (False, True), ids=("alone", "group"))
def test_killed_while_the_package_is_being_configured(machine: MakeMachine, group: bool) -> None:
    """The transaction lives in a session of its own and goes on; the next run waits for it."""
    m = machine("debian12")
    before = m.snapshot_etc()
    m.write("/etc/aadsshlogin-standin/sleep", "4")
    process = m.popen(*m.handler().words("install"), env=m.handler().environment(0, {})) if prepared(m) else None
    assert process is not None
    wait_until(lambda: m.package_state("aadsshlogin")[0] == "iF", what="the package's script")
    (pid,) = [pid for pid, argv in m.namespace.processes().items() if argv[1:] == ["install"] and "aadssh-handler" in argv[0]]
    (os.killpg if group else os.kill)(pid, signal.SIGKILL)
    process.wait(20)
    again = m.direct("install")
    assert again.code == 0, again.stderr
    assert "waiting for" in m.handler_log()
    assert_good(m, OLD)
    assert m.direct("uninstall").code == 0
    (m.root / "etc/aadsshlogin-standin/sleep").unlink()
    assert_removed(m, before)


def prepared(m: Machine) -> bool:
    m.handler().lay_out(m.package)
    m.handler().write_settings(0, {})
    return True


def test_killed_upgrade(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    m.microsoft.offer(OLD, NEW)
    steps = 0
    while kill_at(m, "install", steps + 1, group=True):
        steps += 1
        assert m.package_state("aadsshlogin")[0] in ("ii", "iF", "iU", "iH", "iW")
    assert steps >= 5
    assert m.direct("install").code == 0
    assert_good(m, NEW)


def test_sigterm_ends_a_wait_with_a_status(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.imds.become("hang", seconds=60)
    assert prepared(m)
    process = m.popen(*m.handler().words("enable"), env=m.handler().environment(0, {}))
    wait_until(lambda: m.imds.token_requests, what="the question to IMDS")
    (pid,) = [pid for pid, argv in m.namespace.processes().items() if argv[1:] == ["enable"] and "aadssh-handler" in argv[0]]
    os.kill(pid, signal.SIGTERM)
    process.wait(40)
    assert m.handler().status(0)[0]["status"]["status"] == "error"


def test_killed_enable_leaves_a_terminal_status(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.imds.become("hang", seconds=60)
    assert prepared(m)
    process = m.popen(*m.handler().words("enable"), env=m.handler().environment(0, {}))
    wait_until(lambda: m.imds.token_requests, what="the question to IMDS")
    (pid,) = [pid for pid, argv in m.namespace.processes().items() if argv[1:] == ["enable"] and "aadssh-handler" in argv[0]]
    os.killpg(pid, signal.SIGKILL)
    process.wait(20)
    status = m.handler().status(0)[0]["status"]
    assert status["status"] == "error" and "was cut off" in status["formattedMessage"]["message"]
