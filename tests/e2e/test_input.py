# SPDX-License-Identifier: MIT
"""Input that nobody should send: a clear message, the documented code, nothing lost, no crash."""
from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from expectations import assert_explains, assert_good, assert_removed
from rig.debs import OLD
from rig.machine import Machine

MakeMachine = Callable[..., Machine]
DEEP = b'{"runtimeSettings":[{"handlerSettings":{"publicSettings":' + b"[" * 100_000 + b"]" * 100_000 + b"}}]}"
BAD_SETTINGS = {
    "truncated": b'{"runtimeSettings":[{"handlerSett',
    "oversized": b'{"runtimeSettings":[{"handlerSettings":{"publicSettings":{"x":"' + b"a" * 3_000_000 + b'"}}}]}',
    "not-utf-8": b'{"runtimeSettings":[{"handlerSettings":{"publicSettings":{"repository":"\xff\xfe"}}}]}',
    "deep": DEEP,
    "binary": bytes(range(256)) * 16,
    "wrong-type": b'{"runtimeSettings":"x"}',
}
BAD_ENVIRONMENTS = {
    "absent": None,
    "empty": b"",
    "truncated": b'[{"handlerEnvironment": {"logFolder"',
    "object": b'{"handlerEnvironment": {}}',
    "oversized": b"[" + b" " * 3_000_000 + b"]",
    "not-utf-8": b'[{"handlerEnvironment": {"logFolder": "/\xff"}}]',
    "deep": b"[" * 100_000 + b"]" * 100_000,
    "relative": b'[{"handlerEnvironment": {"logFolder": "log", "configFolder": "config", "statusFolder": "status"}}]',
}


@pytest.mark.parametrize("kind", BAD_SETTINGS)
def test_bad_settings(machine: MakeMachine, kind: str) -> None:
    m = machine("debian12")
    done = m.direct("enable", settings=BAD_SETTINGS[kind])
    assert done.code == 53
    assert_explains(done.stderr, 53, "0.settings")
    assert done.status[0]["status"]["status"] == "error" and done.status[0]["status"]["code"] == 53
    assert m.direct("disable").code == 0


@pytest.mark.parametrize("settings, path", [
    ({"repositry": {}}, "/repositry"),
    ({"repository": {"signingKeys": ["xyz"]}}, "/repository/signingKeys/0"),
    ({"repository": {"keyUrl": "http://packages.microsoft.com/key"}}, "/repository/keyUrl"),
    ({"repository": {"unknown": 1}}, "/repository/unknown"),
    ({"deadlineSeconds": 5}, "/deadlineSeconds"),
    ({"deadlineSeconds": "60"}, "/deadlineSeconds"),
])
def test_settings_outside_the_schema_are_named(machine: MakeMachine, settings: object, path: str) -> None:
    m = machine("debian12")
    done = m.direct("install", settings=settings)
    assert done.code == 53
    assert_explains(done.stderr, 53, path)


@pytest.mark.parametrize("spoil", ("writable", "owner", "parent", "link"))
def test_machine_wide_settings_must_be_trustworthy(machine: MakeMachine, spoil: str) -> None:
    m = machine("debian12")
    path = "/etc/aadsshlogin/settings.json"
    if spoil == "writable":
        m.ok("chmod", "0666", path)
    elif spoil == "owner":
        m.ok("chown", "nobody", path)
    elif spoil == "parent":
        m.ok("chmod", "0777", "/etc/aadsshlogin")
    else:
        m.ok("mv", path, "/etc/aadsshlogin/real.json")
        m.ok("ln", "-s", "real.json", path)
    for operation in ("install", "enable"):
        done = m.direct(operation)
        assert done.code == 53
        assert_explains(done.stderr, 53, "/etc/aadsshlogin")
    for operation in ("disable", "uninstall"):
        assert m.direct(operation).code == 0


def test_own_settings_win_key_by_key(machine: MakeMachine) -> None:
    m = machine("debian12", settings={"repository": {"signingKeys": ["0" * 40], "keyUrl": "https://packages.microsoft.com/keys/test.asc"}, "deadlineSeconds": 100})
    from rig.furnish import settings_with_test_key
    done = m.direct("install", settings={"repository": {"signingKeys": settings_with_test_key()["repository"]["signingKeys"]}})
    assert done.code == 0, done.stderr  # keyUrl is still the machine's


def spoil_environment(m: Machine, kind: str) -> None:
    file = m.handler().outside / "HandlerEnvironment.json"
    file.unlink()
    content = BAD_ENVIRONMENTS[kind]
    if content is not None:
        file.write_bytes(content)


@pytest.mark.parametrize("kind", BAD_ENVIRONMENTS)
def test_bad_handler_environment(machine: MakeMachine, kind: str) -> None:
    m = machine("debian12")
    m.direct("disable")
    spoil_environment(m, kind)
    for operation in ("install", "enable"):
        done = m.direct(operation, prepare=False)
        assert done.code == 53, done.stderr
        assert_explains(done.stderr, 53, "HandlerEnvironment.json")
    assert m.direct("disable", prepare=False).code == 0


def test_removal_needs_no_handler_environment(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    m.direct("disable")
    file = m.handler().outside / "HandlerEnvironment.json"
    good = file.read_bytes()
    for kind in BAD_ENVIRONMENTS:
        assert m.direct("install").code == 0
        spoil_environment(m, kind)
        assert m.direct("uninstall", prepare=False).code == 0, kind
        assert_removed(m, before)
        file.write_bytes(good)


def test_missing_folders(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.direct("disable")
    folder = m.handler().outside
    for name in ("status", "config"):
        for file in (folder / name).iterdir():
            file.unlink()
        (folder / name).rmdir()
    done = m.direct("install", prepare=False)
    assert done.code == 0, done.stderr
    assert_good(m, OLD)


def test_read_only_status_folder(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.direct("disable")
    status = f"{m.handler().inside}/status"
    m.ok("mount", "-t", "tmpfs", "-o", "ro", "tmpfs", status)
    done = m.direct("install", prepare=False)
    assert done.code == 0, done.stderr
    assert "could not be written" in m.handler_log()
    m.imds.become("none")
    failed = m.direct("enable", settings={"deadlineSeconds": 10}, prepare=False)
    assert failed.code == 22
    assert_explains(failed.stderr, 22)


@pytest.mark.parametrize("words", (["frobnicate"], [], ["install", "--force"], ["plan", "--jsno"], ["\x1b[31mred"], ["x" * 100_000]))
def test_words_nobody_knows(machine: MakeMachine, words: list[str]) -> None:
    m = machine("debian12")
    m.direct("disable")
    done = m.run(f"{m.handler().inside}/aadssh-handler.sh", *words)
    assert done.code == 2
    assert done.stderr.startswith("AADSSH-2 ") and "aadssh-handler.sh help" in done.stderr and len(done.stderr) < 1000 and "\x1b" not in done.stderr


def test_help_and_version_need_nothing(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.direct("disable")
    shim = f"{m.handler().inside}/aadssh-handler.sh"
    assert "Exit codes:" in m.ok(shim, "--help")
    assert m.ok(shim, "version").strip()
    assert json.loads(m.ok(shim, "version", "--json"))["version"]


def test_output_stays_small(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.imds.become("none")
    done = m.direct("install", settings={"deadlineSeconds": 10})
    assert len(done.stdout.encode()) + len(done.stderr.encode()) < 3000
