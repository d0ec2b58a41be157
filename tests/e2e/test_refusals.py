# SPDX-License-Identifier: MIT
"""Every distribution: a repository that fails, has no package or a wrong signature, and a lock that stays, each say where and what to do."""
from __future__ import annotations

import contextlib
from collections.abc import Callable
from typing import Any

import pytest
from expectations import assert_explains, assert_good, assert_removed, keys_of, lock_of
from rig.families import FAMILIES
from rig.machine import Machine
from rig.packaging import OLD
from rig.rpm_families import RPM_FAMILIES
from rig.rpms import PINNED

MakeMachine = Callable[..., Machine]


def no_repository(m: Machine) -> Any:
    m.faults.add("packages.microsoft.com/(?!keys/)", "status", 503)
    return contextlib.nullcontext()


def not_published(m: Machine) -> Any:
    m.microsoft.offer()
    return contextlib.nullcontext()


def wrong_key(m: Machine) -> Any:
    m.microsoft.sign_with("wrong")
    return contextlib.nullcontext()


def locked(m: Machine) -> Any:
    return m.lock(lock_of(m))


# The code, what is done to the machine's surroundings, the limit of the run, words that must stand in the line.
REFUSALS: tuple[tuple[int, Callable[[Machine], Any], int, tuple[str, ...]], ...] = (
    (20, no_repository, 200, ("503",)),
    (51, not_published, 200, ("is not published for",)),
    (61, wrong_key, 200, ("signature",)),
    (56, locked, 10, ("is held by pid", "was not installed")),
)

# Of a repository's two addresses, the one that is used where os-release has no version.
ADDRESS = {"debian-forky": "repos/microsoft-debian-forky-prod"}
# On debian12-minimal the first run brings ca-certificates, which stays: test_lifecycle.py has that.
EVERY = [name for name in (*FAMILIES, *RPM_FAMILIES) if name != "debian12-minimal"]


@pytest.mark.parametrize("family", EVERY)
def test_refusals_name_repository_and_architecture_and_leave_nothing(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    published = PINNED if m.is_rpm else OLD
    architecture = "x86_64" if m.is_rpm else "amd64"
    before, keys_before = m.snapshot_etc(), keys_of(m)
    for code, spoil, limit, words in REFUSALS:
        with spoil(m):
            done = m.direct("install", settings={"deadlineSeconds": limit}, timeout=230)
        assert done.code == code, done.stderr
        assert_explains(done.stderr, code, f"https://packages.microsoft.com/{ADDRESS.get(family, m.family.prod)}", architecture, *words)
        assert_removed(m, before)
        assert keys_of(m) == keys_before
        m.faults.clear()
        m.microsoft.sign_with("good")
        m.microsoft.offer(published)
    assert m.direct("install").code == 0
    assert_good(m, published)
