# SPDX-License-Identifier: MIT
"""SIGKILL at every step: what the handler left behind, the next run turns into the good state, and removal still works.

strace stops the handler at its n-th change of a file or start of a program, then it is killed: alone, or with its whole
process group as the agent does at its limit. Nothing in the handler knows of this.
"""
from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from expectations import ALICE, assert_explains, assert_good, assert_removed
from rig.debs import NEW, OLD, newer_with_postinst
from rig.machine import Machine, wait_until
from rig.rpms import PINNED
from test_lifecycle import UPDATE

MakeMachine = Callable[..., Machine]
# Renames are the journal and every file written, a mode is set when such a file is open and not yet whole; a clone is a program
# started; folders and unlinks are the scratch folder and what is taken back.
STEPS = "rename,renameat,renameat2,fchmod,clone,clone3,fork,vfork,unlink,unlinkat,mkdir,mkdirat"
FAMILIES = ("debian12", "rhel9", "sles155")
PARTS = 4  # the whole walk is cut into parts so that they can run beside each other
STRIDE = 36  # the standard run takes every 36th point; those with the whole group are others than those alone


def start(m: Machine, operation: str, *strace: str, stderr: str = "/dev/null") -> subprocess.Popen[bytes]:
    """As the agent starts it: a session of its own, whose shell becomes the shim and then the handler. `stderr`: a file inside."""
    folder = m.handler()
    before = [*strace_inside(m), "-qq", *strace] if strace else []
    return m.popen("setsid", "--wait", *before, "sh", "-c", 'cd "$1" && exec "$2" "$3" 2>"$4"', "sh", folder.inside, "./aadssh-handler.sh", operation, stderr,
                   env=folder.environment(0, UPDATE if operation == "update" else {}), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def strace_inside(m: Machine) -> list[str]:
    """This machine's strace, with its libraries, brought inside: from outside it would see nsenter, not what that starts."""
    folder = m.root / "opt/strace"
    if not folder.exists():
        folder.mkdir()
        program = shutil.which("strace")
        assert program is not None
        listed = subprocess.run(["ldd", program], check=True, capture_output=True, text=True).stdout
        for file in [program, *re.findall(r"(/\S+) \(0x", listed)]:
            shutil.copy(file, folder)
    loader = next(folder.glob("ld-linux*")).name
    return [f"/opt/strace/{loader}", "--library-path", "/opt/strace", "/opt/strace/strace"]


def handler_pid(m: Machine, operation: str) -> int:
    """The handler's process, once it runs."""
    def find() -> list[int]:
        return [pid for pid, argv in m.namespace.processes().items() if argv[1:] == [operation] and argv[0].endswith("aadssh-handler-x86_64")]
    return int(wait_until(find, what=f"the handler's {operation}")[0])


def kill(pid: int, group: bool) -> None:
    if group:
        os.killpg(os.getpgid(pid), signal.SIGKILL)
    else:
        os.kill(pid, signal.SIGKILL)


def prepare(m: Machine) -> None:
    m.handler().lay_out(m.package)
    m.handler().write_settings(0, {})


def steps_of(m: Machine, operation: str) -> list[tuple[str, int]]:
    """Every point to stop at: strace counts each system call by itself, so (name, n-th)."""
    trace = m.root / "tmp/steps"
    assert start(m, operation, "-e", f"trace={STEPS}", "-e", "signal=none", "-o", "/tmp/steps").wait(100) == 0
    names = [line.partition("(")[0] for line in trace.read_text().splitlines() if "(" in line]
    return [(name, names[:index + 1].count(name)) for index, name in enumerate(names)]


def kill_at(m: Machine, operation: str, step: tuple[str, int], group: bool) -> bool:
    """Whether the handler got as far as that step."""
    name, number = step
    trace = m.root / f"tmp/kill-{name}-{number}"
    process = start(m, operation, "-e", f"trace={STEPS}", "-e", f"inject={name}:signal=STOP:when={number}", "-o", f"/tmp/kill-{name}-{number}")
    wait_until(lambda: process.poll() is not None or (trace.exists() and "--- stopped by SIGSTOP" in trace.read_text()), what=f"step {step}")
    if process.poll() is not None:
        return False
    # Until the shim has made place for the handler, it is the shim that is stopped.
    (pid,) = [pid for pid, argv in m.namespace.processes().items() if argv[-1:] == [operation] and argv[0] not in ("setsid", "nsenter") and "strace" not in argv[0]]
    kill(pid, group)
    process.wait(20)
    return True


def offered(m: Machine) -> str:
    """The version of the package that is on offer and works on this family."""
    version = PINNED if m.is_rpm else OLD
    m.microsoft.offer(version)
    return version


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "parts" in metafunc.fixturenames:
        parts = PARTS if metafunc.config.getoption("--full") else 1
        metafunc.parametrize("part, parts", [(part, parts) for part in range(parts)])


def to_walk(steps: list[tuple[str, int]], config: pytest.Config, first: int = 0) -> list[tuple[str, int]]:
    return steps if config.getoption("--full") else steps[first % len(steps)::STRIDE]


@pytest.mark.parametrize("group", (False, True), ids=("alone", "group"))
@pytest.mark.parametrize("family", FAMILIES)
def test_killed_install(machine: MakeMachine, record_property: Callable[[str, object], None], pytestconfig: pytest.Config,
                        family: str, part: int, parts: int, group: bool) -> None:
    m = machine(family)
    version = offered(m)
    before = m.snapshot_etc()
    prepare(m)
    for operation in ("install", "uninstall"):  # what the first run alone does is no step of the others
        assert m.direct(operation).code == 0
    steps = steps_of(m, "install")
    assert m.direct("uninstall").code == 0
    assert len(steps) >= 40, f"Only {len(steps)} steps: is the trace complete?"
    walk = to_walk(steps, pytestconfig, STRIDE // 2 * group)[part::parts]
    for step in walk:
        assert kill_at(m, "install", step, group), f"{step} was not reached."
        again = m.direct("install")
        assert again.code == 0, f"{step}: {again.stderr}\n{m.handler_log()[-3000:]}"
        assert_good(m, version)
        removed = m.direct("uninstall")
        assert removed.code == 0, f"{step}: {removed.stderr}"
        assert_removed(m, before)
    record_property("kill walk", (family, len(steps), len(walk)))


# What is killed, what comes next, and whether its whole group is killed. A standard run takes every second row.
OTHERS = (
    ("enable", "install", True), ("enable", "install", False), ("uninstall", "install", False), ("uninstall", "install", True),
    ("uninstall", "uninstall", True), ("uninstall", "uninstall", False), ("update", "install", False), ("update", "install", True),
)


@pytest.mark.parametrize("operation, following, group", OTHERS)
def test_other_commands_killed(machine: MakeMachine, pytestconfig: pytest.Config, operation: str, following: str, group: bool) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    assert m.direct("install").code == 0
    steps = steps_of(m, operation)
    assert len(steps) >= 2
    for step in to_walk(steps, pytestconfig, STRIDE // 2 * group):
        assert m.direct("install").code == 0
        assert kill_at(m, operation, step, group), f"{step} was not reached."
        done = m.direct(following)
        assert done.code == 0, f"{step}: {done.stderr}"
        if following == "install":
            assert_good(m, OLD)
        else:
            assert_removed(m, before)
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


@pytest.mark.parametrize("group", (False, True), ids=("alone", "group"))
@pytest.mark.parametrize("family", FAMILIES)
def test_killed_while_the_package_is_being_configured(machine: MakeMachine, family: str, group: bool) -> None:
    """The transaction lives in a session of its own and goes on; the next run waits for it."""
    m = machine(family)
    version = offered(m)
    before = m.snapshot_etc()
    m.write("/etc/aadsshlogin-standin/sleep", "4")
    prepare(m)
    process = start(m, "install")
    wait_until(lambda: ["sleep", "4"] in m.namespace.processes().values(), what="the package's script")
    kill(handler_pid(m, "install"), group)
    process.wait(20)
    again = m.direct("install")
    assert again.code == 0, again.stderr
    assert "waiting for" in m.handler_log()
    assert_good(m, version)
    m.write("/etc/aadsshlogin-standin/sleep", "0")
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


@pytest.mark.parametrize("family", FAMILIES)
def test_reboot_while_the_package_is_being_configured(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    version = offered(m)
    before = m.snapshot_etc()
    m.write("/etc/aadsshlogin-standin/sleep", "60")
    prepare(m)
    start(m, "install")
    wait_until(lambda: ["sleep", "60"] in m.namespace.processes().values(), what="the package's script")
    m.reboot()
    m.write("/etc/aadsshlogin-standin/sleep", "0")
    again = m.direct("install")
    assert again.code == 0, again.stderr
    assert_good(m, version)
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


@pytest.mark.parametrize("operation", ("install", "enable"))
def test_upgrade_that_fails_after_its_run_was_killed(machine: MakeMachine, tmp_path: Path, operation: str) -> None:
    """The next run knows which version worked, and puts it back."""
    m = machine("debian12")
    m.microsoft.offer(OLD)
    assert m.direct("install").code == 0
    m.microsoft.offer(OLD, extra=(newer_with_postinst("sleep 4; exit 1", tmp_path),))
    process = start(m, "install")
    wait_until(lambda: ["sleep", "4"] in m.namespace.processes().values(), what="the package's script")
    kill(handler_pid(m, "install"), group=True)
    process.wait(20)
    done = m.direct(operation)
    assert_explains(done.stderr, 21, f"aadsshlogin {OLD}, which worked before, was put back and works")
    assert_good(m, OLD)
    assert m.ssh_login().stdout.strip() == ALICE


# Here with zypper a release that can take the newer version.
UPGRADES = (("debian12", True), ("debian12", False), ("rhel9", False), ("rhel9", True), ("sles156", True), ("sles156", False))


@pytest.mark.parametrize("family, group", UPGRADES)
def test_killed_upgrade(machine: MakeMachine, record_property: Callable[[str, object], None], pytestconfig: pytest.Config,
                        family: str, part: int, parts: int, group: bool) -> None:
    m = machine(family)
    before = m.snapshot_etc()
    prepare(m)

    def ready_to_upgrade() -> None:
        m.microsoft.offer(OLD)
        assert m.direct("install").code == 0
        m.microsoft.offer(OLD, NEW)

    def remove() -> None:
        removed = m.direct("uninstall")
        assert removed.code == 0, removed.stderr
        assert_removed(m, before)

    ready_to_upgrade()
    remove()  # what the first run alone does is no step of the others
    ready_to_upgrade()
    steps = steps_of(m, "install")
    assert_good(m, NEW)
    remove()
    assert len(steps) >= 40, f"Only {len(steps)} steps: is the trace complete?"
    walk = to_walk(steps, pytestconfig, STRIDE // 2 * group)[part::parts]
    for step in walk:
        ready_to_upgrade()
        assert kill_at(m, "install", step, group), f"{step} was not reached."
        again = m.direct("install")
        assert again.code == 0, f"{step}: {again.stderr}\n{m.handler_log()[-3000:]}"
        assert_good(m, NEW)
        remove()
    record_property("kill walk", (f"{family}, upgrade", len(steps), len(walk)))


def test_sigterm_ends_a_wait_with_a_status(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.imds.become("hang", seconds=60)
    prepare(m)
    process = start(m, "enable")
    wait_until(lambda: m.imds.token_requests, what="the question to IMDS")
    os.kill(handler_pid(m, "enable"), signal.SIGTERM)
    process.wait(40)
    assert m.handler().status(0)[0]["status"]["status"] == "error"


def test_killed_enable_leaves_a_terminal_status(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.imds.become("hang", seconds=60)
    prepare(m)
    process = start(m, "enable")
    wait_until(lambda: m.imds.token_requests, what="the question to IMDS")
    kill(handler_pid(m, "enable"), group=True)
    process.wait(20)
    status = m.handler().status(0)[0]["status"]
    assert status["status"] == "error" and "was cut off" in status["formattedMessage"]["message"]
