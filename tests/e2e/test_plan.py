# SPDX-License-Identifier: MIT
"""`plan` prints what `install` then does, changes nothing, and needs neither root nor the agent."""
from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from typing import Any

import pytest
from expectations import RPM_QUESTIONS, SCRATCH, STATE, assert_good, package_managers
from rig.debs import OLD
from rig.etc_snapshot import difference
from rig.families import FAMILIES
from rig.machine import Machine
from rig.rpm_families import RPM_FAMILIES
from rig.rpms import PINNED

MakeMachine = Callable[..., Machine]


def shim(m: Machine) -> str:
    return f"{m.handler().inside}/aadssh-handler.sh"


def planned_commands(plan: dict[str, Any]) -> list[list[str]]:
    return [step["argv"] for step in plan["plan"]["steps"] if "argv" in step]


def is_question(argv: list[str]) -> bool:
    """To sshd, to a package database or to apt's configuration: asked around the steps, and no step."""
    return argv[0] in ("/usr/sbin/sshd", "dpkg-query", "apt-config") or (argv[0] == "rpm" and argv[1] in RPM_QUESTIONS)


@pytest.mark.parametrize("family", [*FAMILIES, *RPM_FAMILIES])
def test_plan_is_what_install_does(machine: MakeMachine, family: str) -> None:
    m = machine(family, trace=True)
    m.microsoft.offer(PINNED if m.is_rpm else OLD)
    m.direct("disable")
    before = m.snapshot_etc()
    m.clear_logs()
    plan = json.loads(m.ok(shim(m), "plan", "--json", before=m.tracer()))
    assert plan["code"] == 0 and plan["stop"] == ""
    assert not difference(before, m.snapshot_etc())
    assert [path for path in (STATE, SCRATCH, "/run/sshd") if m.exists(path)] == []
    assert m.process_log() and package_managers(m) == []
    assert m.direct("install").code == 0
    log = m.handler_log().rpartition(" install 1.0.0 (extension version")[2]
    ran = [shlex.split(line.partition("run: ")[2]) for line in log.splitlines() if " run: " in line]
    ran = [argv for argv in ran if not is_question(argv)]
    assert ran == planned_commands(plan)
    described = [step["text"] for step in plan["plan"]["steps"]]
    logged = [line.partition("step: ")[2] for line in log.splitlines() if " step: " in line]
    assert [text.splitlines()[0] for text in described] == logged[:len(described)]
    assert_good(m, PINNED if m.is_rpm else OLD)


def test_plan_without_root_and_agent(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.direct("disable")
    m.ok("cp", "-r", m.handler().inside, "/opt/handler")
    m.ok("chmod", "-R", "a+rX", "/opt/handler")
    done = m.run("setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups", "/opt/handler/aadssh-handler.sh", "plan")
    assert done.code == 0, done.stderr
    assert "needs root" in done.stdout and "apt-get" in done.stdout and "aadsshlogin" in done.stdout


@pytest.mark.parametrize("mode, code", (("none", 22), ("refused", 60)))
def test_plan_says_what_would_stop_install(machine: MakeMachine, mode: str, code: int) -> None:
    m = machine("debian12")
    m.direct("disable")
    m.imds.become(mode)
    done = m.run(shim(m), "plan")
    assert done.code == code
    assert f"AADSSH-{code} " in done.stdout and "apt-get" in done.stdout
