# SPDX-License-Identifier: MIT
"""Proxies are used in the form that each program obeys; secrets of every input reach no output."""
from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from expectations import assert_good
from rig.debs import OLD
from rig.furnish import settings_with_test_key
from rig.handler_folder import LOG_FOLDER
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


SETTING, PROTECTED, SAS, ENVIRONMENT, APT, TOOL, HANDLER = (f"plantedSecret{name}77" for name in ("Setting", "Protected", "Sas", "Environment", "Apt", "Tool", "Handler"))
PLANTED = (SETTING, PROTECTED, SAS, ENVIRONMENT, APT, TOOL, HANDLER, "eyJ")
KEY_URL = f"https://packages.microsoft.com/keys/test.asc?sv=2022-11-02&se=2030-01-01&sig={SAS}%3D&sp=r"
# What a package's script or a repository's server may print.
TALK = (f"https://user:{TOOL}@mirror.example/x", f"https://store.example/x?sp=r&sig={TOOL}", f"Authorization: Bearer {TOOL}", f"password={TOOL}", f"AccountKey={TOOL}")
HOOK = "DPkg::Pre-Invoke {" + " ".join(f'"echo \'{line}\'";' for line in TALK) + "};\n"


def plant(m: Machine) -> dict[str, str]:
    """Secrets in every input but the settings of one command; returns the environment."""
    machine_wide = settings_with_test_key()
    machine_wide["repository"]["keyUrl"] = KEY_URL
    m.write("/etc/aadsshlogin/settings.json", json.dumps(machine_wide))
    m.direct("disable")
    file = m.handler().outside / "HandlerEnvironment.json"
    content = json.loads(file.read_text())
    content[0]["handlerEnvironment"]["deploymentid"] = HANDLER
    file.write_text(json.dumps(content))
    m.write("/etc/apt/apt.conf.d/99planted", HOOK + f'Acquire::http::Proxy::elsewhere.test "http://user:{APT}@proxy.test:3128";\n')
    m.proxy.credentials = f"user:{ENVIRONMENT}"
    return {"https_proxy": f"http://user:{ENVIRONMENT}@proxy.test:3128", "CLIENT_SECRET": ENVIRONMENT}


def protected() -> dict[str, Any]:
    return {"runtimeSettings": [{"handlerSettings": {"protectedSettings": PROTECTED, "protectedSettingsCertThumbprint": PROTECTED, "publicSettings": {}}}]}


def outputs(m: Machine) -> str:
    """All that the handler has written anywhere, the agent's folder of inputs left out."""
    text = m.read(f"{LOG_FOLDER}/handler.log")
    for folder in ("var/lib/aadsshlogin-handler", m.handler().inside[1:] + "/status", "etc/apt/sources.list.d", "usr/share/keyrings", "run/aadsshlogin-handler", "var/cache/aadsshlogin-handler"):
        for file in (m.root / folder).rglob("*"):
            text += file.read_bytes().decode(errors="replace") if file.is_file() else ""
    return text


def assert_none_told(m: Machine, *said: str) -> None:
    text = outputs(m) + "".join(said)
    for secret in PLANTED:
        at = text.find(secret)
        assert at < 0, f"{secret} is in: {text[max(0, at - 200):at + 100]!r}"


def no_faults(_: Machine) -> None:
    pass


def key_refused(m: Machine) -> None:
    m.faults.add("keys/test.asc", "status", 404)


def index_refused(m: Machine) -> None:
    m.faults.add("debian/12/prod", "status", 403)


def proxy_refused(m: Machine) -> None:
    m.proxy.credentials = "user:other"


def script_fails(m: Machine) -> None:
    m.write("/etc/aadsshlogin-standin/fail", "")


@pytest.mark.parametrize("broken, code", ((no_faults, 0), (key_refused, 20), (index_refused, 20), (proxy_refused, 20), (script_fails, 21)))
def test_planted_secrets_reach_no_output(machine: MakeMachine, broken: Callable[[Machine], None], code: int) -> None:
    m = machine("debian12")
    environment = plant(m)
    broken(m)
    settings = json.dumps(protected()).encode()
    said = ""
    for operation in ("install", "enable", "uninstall"):
        done = m.direct(operation, settings=settings, env=environment)
        assert done.code == code or operation != "install", done.stderr
        said += done.stdout + done.stderr
        assert_none_told(m, said)
    # The plan, with the words of both forms.
    for words in (("plan",), ("plan", "--json")):
        done = m.run(f"{m.handler().inside}/aadssh-handler.sh", *words, env=m.handler().environment(0, environment))
        assert_none_told(m, done.stdout, done.stderr)
        assert "packages.microsoft.com" in done.stdout
    # Were the secrets really there to be told?
    log = m.handler_log()
    assert "***" in log
    assert code or all(request.via == "proxy" for request in m.access_log())
    assert code or "sig=***" in log and "password=***" in log


@pytest.mark.parametrize("settings", (
    {"repository": {"pasword": SETTING}}, {"deadlineSeconds": SETTING}, {"repository": {"keyUrl": f"http://user:{SETTING}@x.example/k?sig={SETTING}"}},
    {"repository": {"signingKeys": [SETTING]}}, {"repository": SETTING},
), ids=("name", "number", "url", "key", "type"))
def test_refused_settings_are_named_without_their_values(machine: MakeMachine, settings: dict[str, Any]) -> None:
    m = machine("debian12")
    done = m.direct("install", settings=settings)
    assert done.code == 53
    assert_none_told(m, done.stdout, done.stderr)


def test_secrets_reach_neither_azure_nor_the_agents_logs(machine: MakeMachine) -> None:
    m = machine("debian12", settings=None)
    settings = {"repository": {**settings_with_test_key()["repository"], "keyUrl": KEY_URL}}
    m.write("/etc/apt/apt.conf.d/99planted", HOOK)
    m.goal_state(settings=settings)
    report = m.wait_reported(lambda r: r.success)
    assert_none_told(m, m.command_execution_log(), report.message, report.extension_message, repr(report.substatus))
    m.faults.add("keys/test.asc", "status", 404)
    (m.root / "usr/share/keyrings/microsoft-prod.gpg").unlink()
    m.goal_state(seq=1, settings={"repository": {"keyUrl": f"{KEY_URL}&pasword={SETTING}", "x": SETTING}})
    report = m.wait_reported(lambda r: r.extension_code == 53 or r.code != 0)
    assert_none_told(m, m.command_execution_log(), report.message, report.extension_message, repr(report.substatus))
