# SPDX-License-Identifier: MIT
"""Proxies are used in the form that each program obeys; passwords and tokens reach no output."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from expectations import assert_good
from rig.debs import OLD
from rig.machine import Machine

MakeMachine = Callable[..., Machine]
PASSWORD = "s3cret-Pa55"


def everything_written(m: Machine) -> str:
    text = ""
    for folder in ("var/log", "var/lib/waagent", "var/lib/aadsshlogin-handler"):
        for file in (m.root / folder).rglob("*"):
            # Not the program itself, and not the agent's record of the environment it gave us.
            if file.is_file() and not file.is_symlink() and "CommandExecution" not in file.name and file.parent.name != "bin":
                text += file.read_bytes().decode(errors="replace")
    return text


@pytest.mark.parametrize("variable", ("https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"))
def test_proxy_variables_in_both_cases(machine: MakeMachine, variable: str) -> None:
    m = machine("debian12")
    m.proxy.credentials = f"user:{PASSWORD}"
    done = m.direct("install", env={variable: f"http://user:{PASSWORD}@proxy.test:3128"})
    assert done.code == 0, done.stderr
    assert {request.via for request in m.access_log()} == {"proxy"}
    assert_good(m, OLD)
    assert PASSWORD not in done.stdout + done.stderr + everything_written(m)


def test_proxy_without_scheme(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install", env={"https_proxy": "proxy.test:3128"}).code == 0
    assert {request.via for request in m.access_log()} == {"proxy"}


def test_no_proxy(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install", env={"https_proxy": "http://proxy.test:3128", "no_proxy": "packages.microsoft.com"}).code == 0
    assert {request.via for request in m.access_log()} == {"direct"}


def test_refusing_proxy_is_named_without_its_password(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.proxy.credentials = "user:other"
    done = m.direct("install", env={"https_proxy": f"http://user:{PASSWORD}@proxy.test:3128"})
    assert done.code == 20
    assert "proxy.test:3128" in done.stderr
    assert PASSWORD not in done.stdout + done.stderr + everything_written(m)


def test_token_is_never_written(machine: MakeMachine) -> None:
    m = machine("debian12")
    done = m.direct("install")
    assert done.code == 0
    assert "eyJ" not in done.stdout + done.stderr + everything_written(m)
