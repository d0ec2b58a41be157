# SPDX-License-Identifier: MIT
"""Odd machines: SELinux in use, hostile name service, odd umask and environment."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from expectations import assert_good
from rig.debs import OLD
from rig.machine import Machine

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


def test_selinux_package_only_where_selinux_is_in_use(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    assert m.package_state("aadsshlogin-selinux")[0] == ""
    assert m.direct("uninstall").code == 0
    selinux(m)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    level, message = {part["name"]: (part["status"], part["formattedMessage"]["message"]) for part in done.status[0]["status"]["substatus"]}["selinux"]
    # Whether the package can be had decides between the two; a machine is never refused for it.
    installed = m.package_state("aadsshlogin-selinux")[0] == "ii"
    assert level == ("success" if installed else "warning") and "enforcing, policy default" in message


@pytest.mark.parametrize("mask", ("000", "077"))
def test_modes_do_not_depend_on_the_umask(machine: MakeMachine, mask: str) -> None:
    m = machine("debian12")
    m.direct("disable")
    done = m.run("sh", "-c", f"umask {mask}; exec env -i PATH=/nowhere ConfigSequenceNumber=0 /bin/sh {m.handler().inside}/aadssh-handler.sh install")
    assert done.code == 0, done.stderr
    modes = m.ok("stat", "-c", "%a %n", "/etc/apt/sources.list.d/aadsshlogin-handler.list", "/usr/share/keyrings/microsoft-prod.gpg",
                 "/var/lib/aadsshlogin-handler", "/var/lib/aadsshlogin-handler/state.json")
    assert [line.split()[0] for line in modes.splitlines()] == ["644", "644", "700", "600"]
    assert_good(m, OLD)
