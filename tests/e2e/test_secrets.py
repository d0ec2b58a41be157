# SPDX-License-Identifier: MIT
"""Proxies are used in the form that each program obeys; secrets of every input reach no output."""
from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from expectations import LOCKS, assert_good
from rig.debs import OLD
from rig.furnish import settings_with_test_key
from rig.handler_folder import LOG_FOLDER
from rig.inside import HOLD_LOCK
from rig.machine import Machine
from rig.packaging import Package
from rig.rpms import PINNED, pack
from rig.sites import DISTRO

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


SETTING, PROTECTED, SAS, ENVIRONMENT, APT, TOOL, HANDLER, IMDS, LOCATION, MIRROR, CLOUD_INIT, HOLDER = (
    f"plantedSecret{name}77" for name in ("Setting", "Protected", "Sas", "Environment", "Apt", "Tool", "Handler", "Imds", "Location", "Mirror",
                                          "CloudInit", "Holder"))
# Those of the proxies in files: see PROXY_FILES.
AGENT_CONF, TOOL_CONF, ENVIRONMENT_FILE, ARC = (f"plantedSecret{name}88" for name in ("AgentConf", "ToolConf", "EnvironmentFile", "Arc"))
PLANTED = (SETTING, PROTECTED, SAS, ENVIRONMENT, APT, TOOL, HANDLER, IMDS, LOCATION, MIRROR, CLOUD_INIT, HOLDER,
           AGENT_CONF, TOOL_CONF, ENVIRONMENT_FILE, ARC, "eyJ")
KEY_URL = f"https://packages.microsoft.com/keys/test.asc?sv=2022-11-02&se=2030-01-01&sig={SAS}%3D&sp=r"
# What a package's script or a repository's server may print.
TALK = (f"https://user:{TOOL}@mirror.example/x", f"https://store.example/x?sp=r&sig={TOOL}", f"Authorization: Bearer {TOOL}", f"password={TOOL}", f"AccountKey={TOOL}")
HOOK = "DPkg::Pre-Invoke {" + " ".join(f'"echo \'{line}\'";' for line in TALK) + "};\n"
TALKER = Package("talker", "1", scripts={"triggerin -- aadsshlogin": "".join(f"echo '{line}'\n" for line in TALK)}, arch="noarch")


def plant(m: Machine, folder: Path) -> dict[str, str]:
    """Secrets in every input but the settings of one command; returns the environment."""
    machine_wide = settings_with_test_key()
    machine_wide["repository"]["keyUrl"] = KEY_URL
    m.write("/etc/aadsshlogin/settings.json", json.dumps(machine_wide))
    m.direct("disable")
    file = m.handler().outside / "HandlerEnvironment.json"
    content = json.loads(file.read_text())
    content[0]["handlerEnvironment"]["deploymentid"] = HANDLER
    file.write_text(json.dumps(content))
    if m.is_rpm:
        pack([TALKER], folder / "talker", "distro")
        m.install_rpm(next((folder / "talker").glob("*.rpm")))
    else:
        m.write("/etc/apt/apt.conf.d/99planted", HOOK + f'Acquire::http::Proxy::elsewhere.test "http://user:{APT}@proxy.test:3128";\n')
    m.proxy.credentials = f"user:{ENVIRONMENT}"
    return {"https_proxy": f"http://user:{ENVIRONMENT}@proxy.test:3128", "CLIENT_SECRET": ENVIRONMENT}


def protected(public: dict[str, Any]) -> bytes:
    of_command = {"protectedSettings": PROTECTED, "protectedSettingsCertThumbprint": PROTECTED, "publicSettings": public}
    return json.dumps({"runtimeSettings": [{"handlerSettings": of_command}]}).encode()


def outputs(m: Machine) -> str:
    """All that the handler has written anywhere, the agent's folder of inputs left out."""
    text = "".join(file.read_text(errors="replace") for file in sorted((m.root / LOG_FOLDER[1:]).glob("handler*")))  # rotated ones, too
    for folder in ("var/lib/aadsshlogin-handler", m.handler().inside[1:] + "/status", "etc/apt/sources.list.d", "usr/share/keyrings", "etc/yum.repos.d", "etc/zypp/repos.d",
                   "etc/pki/rpm-gpg", "run/aadsshlogin-handler", "var/cache/aadsshlogin-handler"):
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


def key_moved(m: Machine) -> None:
    m.faults.add("keys/test.asc", "redirect", f"https://user:{LOCATION}@elsewhere.test/k?sig={LOCATION}")


def index_refused(m: Machine) -> None:
    m.faults.add("debian/12/prod", "status", 403)


def mirror_refused(m: Machine) -> None:
    """It has what aadsshlogin needs, and a password in its address, which apt shows."""
    m.write("/etc/apt/sources.list", m.read("/etc/apt/sources.list").replace(f"http://{DISTRO}", f"http://user:{MIRROR}@{DISTRO}"))
    m.faults.add(f"{DISTRO}/debian/pool", "status", 500)


def proxy_refused(m: Machine) -> None:
    m.proxy.credentials = "user:other"


def identity_refused(m: Machine) -> None:
    m.imds.more_words = f" (client_secret={IMDS} Authorization: Bearer {IMDS})"
    m.imds.become("none")


def lock_held(m: Machine) -> None:
    """By a program with a password on its command line, while cloud-init installs packages, too."""
    m.write("/run/cloud-init/status.json", json.dumps({"v1": {"stage": "modules-final", "datasource": f"https://user:{CLOUD_INIT}@seed.example/",
                                                               "modules-final": {"errors": [f"password={CLOUD_INIT}"]}}}))
    holder = m.popen("python3", "-c", HOLD_LOCK, LOCKS["apt"], f"--password={HOLDER}", stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert holder.stdout is not None and holder.stdout.readline()


def script_fails(m: Machine) -> None:
    m.write("/etc/aadsshlogin-standin/fail", "")


ENV_PROXY = "proxy: proxy.test:3128, from the variable https_proxy"
# Machine, trouble, exit code, and what log and stderr must hold: what shows that the planted places were read.
CASES: list[tuple[str, Callable[[Machine], None], int, tuple[str, ...]]] = [
    ("debian12", no_faults, 0, (ENV_PROXY, "sig=***", "password=***", "AccountKey=***")),
    ("debian12", key_refused, 20, (ENV_PROXY, "sig=***", "answered HTTP 404")),
    ("rhel9", no_faults, 0, (ENV_PROXY, "sig=***", "password=***", "AccountKey=***")),
    ("debian12", proxy_refused, 20, (ENV_PROXY, "the proxy proxy.test:3128 refused")),
    ("sles155", no_faults, 0, (ENV_PROXY, "sig=***", "password=***", "AccountKey=***")),
    ("debian12", index_refused, 20, (ENV_PROXY, "answered HTTP 403")),
    ("debian12", script_fails, 21, ("password=***",)),
    ("debian12", key_moved, 20, ("answered HTTP 302",)),
    ("debian12", mirror_refused, 20, ("another repository of this machine", "http://distro.test/debian/pool/")),
    ("debian12", identity_refused, 22, ("Identity not found", "client_secret=***")),
    ("debian12", lock_held, 56, ("cloud-init's stage modules-final still runs", "(python3)")),
]


@pytest.mark.parametrize("family, broken, code, read", CASES, ids=[f"{case[0]}-{case[1].__name__}" for case in CASES])
def test_planted_secrets_reach_no_output(machine: MakeMachine, tmp_path: Path, family: str, broken: Callable[[Machine], None], code: int, read: tuple[str, ...]) -> None:
    m = machine(family)
    m.microsoft.offer(PINNED if m.is_rpm else OLD)
    environment = plant(m, tmp_path)
    broken(m)
    # Identity and locks are asked for again until time is up.
    settings = protected({"deadlineSeconds": 14} if code in (22, 56) else {})
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
        assert code == 22 or "packages.microsoft.com" in done.stdout
    # Were the secrets really there to be told?
    told = m.handler_log() + said
    for part in read:
        assert part in told, f"{part!r} is not in: {told[-6000:]}"
    assert code or all(request.via == "proxy" for request in m.access_log())


def with_password(secret: str) -> str:
    return f"http://user:{secret}@proxy.test:3128"


@dataclass(frozen=True)
class ProxyFile:
    """A place where a proxy is named with a password, and how the log calls it. What is there already stays."""

    path: str
    text: str
    secret: str
    called: str


AGENTS = ProxyFile("/etc/waagent.conf", f"HttpProxy.Host=user:{AGENT_CONF}@proxy.test\nHttpProxy.Port=3128\n", AGENT_CONF, "HttpProxy.Host in /etc/waagent.conf")
TOOLS_OWN = {
    "debian12": ProxyFile("/etc/apt/apt.conf.d/98planted", f'Acquire {{ http::Proxy "{with_password(TOOL_CONF)}"; https::Proxy "{with_password(TOOL_CONF)}"; }};\n', TOOL_CONF,
                          "apt's own configuration (apt-config dump)"),
    "rhel9": ProxyFile("/etc/dnf/dnf.conf", f"proxy=http://proxy.test:3128\nproxy_username=user\nproxy_password={TOOL_CONF}\n", TOOL_CONF,
                       "dnf's own configuration (/etc/dnf/dnf.conf)"),
    "sles155": ProxyFile("/etc/sysconfig/proxy", f'PROXY_ENABLED="yes"\nHTTP_PROXY="{with_password(TOOL_CONF)}"\nHTTPS_PROXY="{with_password(TOOL_CONF)}"\n', TOOL_CONF,
                         "zypper's own configuration (/etc/sysconfig/proxy)"),
}
OTHERS = (
    ProxyFile("/etc/environment", f'https_proxy="{with_password(ENVIRONMENT_FILE)}"\n', ENVIRONMENT_FILE, "/etc/environment"),
    ProxyFile("/var/opt/azcmagent/localconfig.json", json.dumps({"proxy.url": with_password(ARC)}), ARC, "proxy.url of the Azure Arc agent (/var/opt/azcmagent/localconfig.json)"),
)


@pytest.mark.parametrize("family", TOOLS_OWN)
def test_passwords_of_proxies_in_files_reach_no_output(machine: MakeMachine, family: str) -> None:
    """One place after the other: of several the first alone counts."""
    m = machine(family)
    m.microsoft.offer(PINNED if m.is_rpm else OLD)
    for place in (AGENTS, TOOLS_OWN[family], *OTHERS):
        before = m.read(place.path)
        m.write(place.path, before + place.text)
        m.proxy.credentials = f"user:{place.secret}"
        m.clear_logs()
        done = m.direct("install")
        assert_none_told(m, done.stdout, done.stderr)
        assert done.code == 0, done.stderr
        assert f"proxy: proxy.test:3128, from {place.called}" in m.handler_log()
        # Debian's libzypp asks libproxy, where SUSE's reads this file; that we have read it the log has said.
        assert {request.via for request in m.access_log()} == {"direct" if place.path == "/etc/sysconfig/proxy" else "proxy"}, place.path
        m.write(place.path, before)


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
