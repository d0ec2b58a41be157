# SPDX-License-Identifier: MIT
"""Odd machines: SELinux in use, hostile name service, odd umask and environment, noexec /tmp, a killer of processes; SIGTERM."""
from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable

import pytest
from expectations import LOCK, assert_explains, assert_good, assert_removed, substatus
from rig.debs import OLD, deb
from rig.handler_folder import LOG_FOLDER
from rig.machine import Machine, wait_until
from test_kill_walk import handler_pid, prepare, start

MakeMachine = Callable[..., Machine]
HOSTILE = "passwd: files sss systemd\ngroup: files sss systemd\nhosts: resolve mdns4_minimal files dns\nservices: db files\n"


@pytest.mark.parametrize("family", ("debian11", "debian13"))
def test_static_program_loads_nothing_of_the_host(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    original = m.read("/etc/nsswitch.conf")
    m.write("/etc/nsswitch.conf", HOSTILE)
    trace = m.root / "tmp/opened"
    m.direct("disable")
    done = m.direct("enable", settings={"deadlineSeconds": 60}, before=["strace", "-qq", "-f", "-e", "trace=execve,openat,open", "-o", str(trace)])
    m.write("/etc/nsswitch.conf", original)
    lines = trace.read_text().splitlines()
    start = next(index for index, line in enumerate(lines) if "execve(" in line and "aadssh-handler-x86_64" in line)
    handler = lines[start].split()[0]
    opened = [line for line in lines[start + 1:] if line.split()[0] == handler]
    assert opened and not [line for line in opened if "libnss_" in line or "ld.so.cache" in line or "libc.so.6" in line]
    assert done.code in (0, 21)


def selinux(m: Machine) -> None:
    m.ok("mount", "-t", "tmpfs", "tmpfs", "/sys/fs/selinux") if m.run("test", "-d", "/sys/fs/selinux").code == 0 else m.ok(
        "sh", "-c", "mount -t tmpfs tmpfs /sys/fs && mkdir /sys/fs/selinux")
    m.write("/sys/fs/selinux/enforce", "1")
    m.write("/etc/selinux/config", "SELINUX=enforcing\nSELINUXTYPE=default\n")
    # What the script of the real package has semodule do; the stand-in has none.
    m.write("/var/lib/selinux/default/active/modules/400/aadsshlogin/cil", "")


def test_selinux_package_only_where_selinux_is_in_use(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    assert m.package_state("aadsshlogin-selinux")[0] == ""
    assert m.direct("uninstall").code == 0
    selinux(m)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert m.package_state("aadsshlogin-selinux") == ("ii", OLD)
    level, message = substatus(done.status)["selinux"]
    assert level == "success" and "enforcing, policy default" in message


def test_selinux_package_that_is_not_published_is_a_warning(machine: MakeMachine) -> None:
    m = machine("debian12")
    selinux(m)
    m.microsoft.offer(extra=(deb("aadsshlogin", OLD),))
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert_good(m, OLD)
    assert m.package_state("aadsshlogin-selinux")[0] == ""
    found = substatus(done.status)
    assert found["selinux"][0] == "warning" and "aadsshlogin-selinux is not installed" in found["selinux"][1]
    assert found["install"][0] == "warning" and "aadsshlogin-selinux is not published" in found["install"][1]


@pytest.mark.parametrize("mask", ("000", "077"))
def test_modes_do_not_depend_on_the_umask(machine: MakeMachine, mask: str) -> None:
    m = machine("debian12")
    m.direct("disable")
    done = m.run("sh", "-c", f"umask {mask}; exec env -i PATH=/nowhere ConfigSequenceNumber=0 /bin/sh {m.handler().inside}/aadssh-handler.sh install")
    assert done.code == 0, done.stderr
    modes = m.ok("stat", "-c", "%a %n", "/etc/apt/sources.list.d/aadsshlogin-handler.list", "/usr/share/keyrings/microsoft-prod.gpg",
                 "/var/lib/aadsshlogin-handler", "/var/lib/aadsshlogin-handler/state.json", "/run/aadsshlogin-handler", LOCK,
                 f"{m.handler().inside}/status/0.status", f"{LOG_FOLDER}/handler.log")
    assert [line.split()[0] for line in modes.splitlines()] == ["644", "644", "700", "600", "700", "600", "600", "640"]
    assert_good(m, OLD)


# What debconf does with apt-extracttemplates' scripts: makes one in the folder for temporary files and runs it.
SCRIPT = 'DPkg::Pre-Invoke {"f=$(mktemp) && echo exit 0 > $f && chmod 700 $f && $f";};\n'


def test_noexec_tmp(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    m.ok("mount", "-t", "tmpfs", "-o", "noexec,mode=1777", "tmp", "/tmp")
    m.write("/etc/apt/apt.conf.d/99script", SCRIPT)
    assert m.run("sh", "-c", "f=$(mktemp) && echo exit 0 > $f && chmod 700 $f && $f").code == 126
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert_good(m, OLD)
    assert m.direct("uninstall").code == 0
    (m.root / "etc/apt/apt.conf.d/99script").unlink()
    assert_removed(m, before)


# apt's parent of the hook is a child of apt-get itself.
KILLER = 'DPkg::Pre-Invoke {"read -r pid name state parent rest < /proc/$PPID/stat; kill -9 $parent";};\n'


def test_package_manager_killed_for_lack_of_memory(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    m.write("/etc/apt/apt.conf.d/99killer", KILLER)
    done = m.direct("install")
    assert_explains(done.stderr, 52, "ran out of memory", "signal 9", "of swap are free", "mkswap")
    assert done.code == 52
    (m.root / "etc/apt/apt.conf.d/99killer").unlink()
    assert_removed(m, before)
    assert m.direct("install").code == 0
    assert_good(m, OLD)


def test_little_memory_is_a_warning(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/opt/meminfo", "MemTotal: 460000 kB\nMemAvailable: 123904 kB\nSwapFree: 0 kB\n")
    m.ok("mount", "--bind", "/opt/meminfo", "/proc/meminfo")
    done = m.direct("install")
    assert done.code == 0, done.stderr
    level, message = substatus(done.status)["memory"]
    assert level == "warning" and "121 MiB of memory and 0 MiB of swap are free" in message


@pytest.mark.parametrize("phase, code", (("imds", (60, 62)), ("lock", (56,)), ("download", (62,)), ("transaction", (66,))))
def test_sigterm_in_any_phase_leaves_a_terminal_status_and_a_message(machine: MakeMachine, phase: str, code: tuple[int, ...]) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    prepare(m)
    with contextlib.ExitStack() as held:
        if phase == "imds":
            m.imds.become("hang", seconds=60)
        elif phase == "lock":
            held.enter_context(m.lock("/var/lib/dpkg/lock-frontend"))
        elif phase == "download":
            m.faults.add("packages.microsoft.com/debian/12/prod/dists", "hang", 60)
        else:
            m.write("/etc/aadsshlogin-standin/sleep", "6")
        process = start(m, "install", stderr="/opt/stderr")
        reached: dict[str, Callable[[], object]] = {
            "imds": lambda: m.imds.token_requests,
            "lock": lambda: "waiting: /var/lib/dpkg/lock-frontend" in m.handler_log(),
            "download": lambda: m.access_log(),
            "transaction": lambda: m.package_state("aadsshlogin")[0] == "iF",
        }
        wait_until(reached[phase], what=f"the phase {phase}")
        os.kill(handler_pid(m, "install"), signal.SIGTERM)
        process.wait(60)
    assert process.returncode in code
    line = m.read("/opt/stderr")
    assert_explains(line, process.returncode)
    assert line.count("\n") == 1
    status = m.handler().status(0)[0]["status"]
    assert status["status"] == "error" and status["code"] == process.returncode
    if phase != "transaction":
        assert_removed(m, before)
    m.imds.become("system")
    m.faults.clear()
    assert m.direct("install").code == 0
    assert_good(m, OLD)
