# SPDX-License-Identifier: MIT
"""The rig itself, proven with a handler that only reports and with the stand-in packages under plain apt."""
from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from rig.debs import NEW, OLD, deb
from rig.etc_snapshot import difference
from rig.families import FAMILIES
from rig.imds import IDENTITIES, MODES, REFUSALS
from rig.machine import ABSENT, Machine, wait_until

MakeMachine = Callable[..., Machine]
ALICE = "alice@contoso.example"
TOKEN = "http://169.254.169.254/metadata/identity/oauth2/token?api-version=2018-02-01&resource=https://management.azure.com/"
FETCH = """import sys, urllib.request as u, urllib.error as e
try: r = u.urlopen(u.Request(sys.argv[1], headers={"Metadata": "true"}), timeout=2)
except e.HTTPError as x: r = x
except Exception as x: print(0, type(x).__name__, x); sys.exit()
print(r.status, r.read().decode())"""


def fetch(machine: Machine, url: str) -> tuple[int, str]:
    status, _, body = machine.ok("python3", "-c", FETCH, url).partition(" ")
    return int(status), body


def add_microsoft(machine: Machine) -> None:
    """Adds Microsoft's repository by hand, as an administrator would."""
    machine.write("/usr/share/keyrings/microsoft-prod.gpg", machine.test_key)
    source = f"deb [signed-by=/usr/share/keyrings/microsoft-prod.gpg] https://packages.microsoft.com/{machine.family.prod} {machine.family.suite} main\n"
    machine.write("/etc/apt/sources.list.d/microsoft-prod.list", source)


@pytest.mark.parametrize("family", FAMILIES)
def test_each_agent_installs_and_enables(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    m.goal_state(settings={"some": "setting"}, seq=3)
    report = m.wait_reported(lambda r: r.ready)
    assert (report.extension, report.extension_message, report.sequence) == ("success", "The dummy is well.", 3)
    assert report.substatus["part"].message == "The part is well."
    assert m.read("/var/log/dummy-handler.log") == "install 3\nenable 3\n"
    assert json.loads(m.read(f"{m.handler().inside}/config/3.settings"))["runtimeSettings"][0]["handlerSettings"]["publicSettings"] == {"some": "setting"}


def test_newest_agent_on_debian12(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12", agent_version="2.12")
    m.goal_state(settings={})
    assert m.wait_reported(lambda r: r.ready).extension == "success"
    assert "2.12.0.2" in m.agent_log()


def test_lifecycle(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    m.write("/etc/dummy-fail-install", "")
    m.goal_state(settings=ABSENT)
    report = m.wait_reported(lambda r: not r.ready)
    assert report.extension is None and "the dummy was asked to fail" in report.message
    (m.root / "etc/dummy-fail-install").unlink()
    m.goal_state()
    assert m.wait_reported(lambda r: r.ready).extension is None
    m.goal_state(version="1.0.1", settings={}, seq=1)
    assert m.wait_reported(lambda r: r.ready).version == "1.0.1"
    before = m.read("/proc/sys/kernel/random/boot_id")
    m.reboot()
    assert m.wait_reported(lambda r: r.success).sequence == 1
    assert m.read("/proc/sys/kernel/random/boot_id") != before
    assert float(m.ok("cat", "/proc/uptime").split()[0]) < 120
    m.goal_state(state="uninstall")
    m.wait_gone()
    calls = m.read("/var/log/dummy-handler.log").split()[::2]
    assert calls == ["install", "install", "enable", "disable", "update", "uninstall", "install", "enable", "enable", "disable", "uninstall"]


def test_direct_runs_as_the_agent_does(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    done = m.direct("enable", seq=7)
    assert done.code == 0 and done.status[0]["status"]["status"] == "success"
    m.write("/etc/dummy-fail-enable", "")
    assert m.direct("enable", seq=8).code == 1


def test_a_command_can_be_killed_from_outside(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    renames = "rename,renameat,renameat2"
    killing = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", f"trace={renames}", "-e", f"inject={renames}:signal=KILL:when=1"]
    done = m.direct("enable", before=killing)
    assert done.code != 0 and done.status is None
    assert m.direct("enable").status is not None


def test_nothing_waits_for_what_a_command_leaves_running(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    started = time.monotonic()
    m.ok("sh", "-c", "sleep 30 &")
    assert time.monotonic() - started < 25
    wait_until(lambda: ["sleep", "30"] in m.namespace.processes().values(), what="the program")
    with pytest.raises(TimeoutError):
        m.run("sleep", "31", timeout=1)
    assert ["sleep", "31"] not in m.namespace.processes().values()


def test_the_process_log_has_what_the_handler_executed(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12", trace=True)
    m.goal_state(settings={})
    m.wait_reported(lambda r: r.success)
    programs = [argv[0].rpartition("/")[2] for argv in m.process_log()]
    assert "mv" in programs and "apt-get" not in programs


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in ("status", "hang", "refused")])
def test_imds_modes(dummy_machine: MakeMachine, mode: str) -> None:
    m = dummy_machine("debian12")
    m.imds.become(mode)
    status, body = fetch(m, TOKEN)
    assert status == (400 if mode in REFUSALS else 200)
    assert ("access_token" in body) == (mode in IDENTITIES or mode in ("no-claim", "not-json"))
    assert [request.headers["Metadata"] for request in m.imds.token_requests] == ["true"]


def test_imds_fails_and_recovers(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    m.imds.become("status", status=429, after=2, then="system")
    assert [fetch(m, TOKEN)[0] for _ in range(3)] == [429, 429, 200]
    m.imds.become("refused")
    assert fetch(m, TOKEN)[0] == 0
    m.shutdown()
    m.boot()
    assert fetch(m, TOKEN)[0] == 0
    m.imds.become("hang", seconds=5)
    started = time.monotonic()
    assert fetch(m, TOKEN)[0] == 0 and time.monotonic() - started > 1.5
    m.imds.become("system")
    assert fetch(m, TOKEN)[0] == 200
    assert fetch(m, "http://169.254.169.254/metadata/instance/compute/azEnvironment?format=text")[1].strip() == "AzurePublicCloud"


@pytest.mark.parametrize("family", FAMILIES)
def test_stand_in_package(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    add_microsoft(m)
    m.ok("apt-get", "install", "-y", "openssh-server", "ca-certificates", "libcurl4")  # so that only aadsshlogin's own changes are left
    before = m.snapshot_etc()
    m.ok("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    m.ok("apt-get", "install", "-y", "aadsshlogin")
    assert m.package_state("aadsshlogin") == ("ii", OLD)
    assert m.sshd_config_for(ALICE)["authorizedkeyscommand"] == "/usr/sbin/aad_certhandler %u %k"
    assert m.sshd_config_for("root")["authorizedkeyscommand"] == "none"
    assert m.ssh_login(ALICE).stdout == f"{ALICE}\n"
    m.microsoft.offer(OLD, NEW)
    m.ok("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    m.ok("apt-get", "install", "-y", "aadsshlogin")
    assert m.package_state("aadsshlogin") == ("ii", NEW)
    assert m.read("/etc/ssh/sshd_config").count("aad_certhandler") == 1
    m.ok("apt-get", "purge", "-y", "aadsshlogin")
    assert difference(before, m.snapshot_etc()) == {}
    assert not m.exists("/usr/sbin/aad_certhandler")


FAULTS = [
    ("InRelease$", "status", 503, "503"),
    ("InRelease$", "reset", 0, "Connection"),
    ("InRelease$", "truncate", 100, "Failed to fetch"),
    ("InRelease$", "corrupt", 0, "signature"),
    ("InRelease$", "redirect", "https://packages.microsoft.com/nowhere", "404"),
]


@pytest.mark.parametrize(("pattern", "kind", "argument", "text"), FAULTS, ids=[fault[1] for fault in FAULTS])
def test_faults_reach_apt(dummy_machine: MakeMachine, pattern: str, kind: str, argument: int | str, text: str) -> None:
    m = dummy_machine("debian12")
    add_microsoft(m)
    m.faults.add(f"microsoft.com/.*{pattern}", kind, argument)
    if kind == "redirect":
        m.faults.add("microsoft.com/.*Release$", "status", 404)
    update = ("apt-get", "update", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=0")
    done = m.run(*update)
    assert done.code == 100 and text in done.stdout + done.stderr
    assert m.access_log()[0].fault is not None
    m.faults.clear()
    m.ok(*update)


def test_repository_variants(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    add_microsoft(m)
    update = ("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    m.ok(*update)
    assert OLD in m.ok("apt-cache", "policy", "aadsshlogin")
    m.microsoft.offer(OLD, NEW)
    m.ok(*update)
    assert NEW in m.ok("apt-cache", "policy", "aadsshlogin")
    m.microsoft.offer()
    m.ok(*update)
    assert "Candidate: (none)" in m.ok("apt-cache", "policy", "aadsshlogin")
    m.microsoft.sign_with("wrong")
    done = m.run(*update)
    assert done.code == 100 and "NO_PUBKEY" in done.stderr


def test_proxy(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    add_microsoft(m)
    m.proxy.credentials = "user:secret"
    update = ("apt-get", "update", "-o", "APT::Update::Error-Mode=any", "-o", "Acquire::Retries=0")
    path = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"}
    assert m.run(*update, env={**path, "https_proxy": "http://proxy.test:3128"}).code == 100
    m.clear_logs()
    m.ok(*update, env={**path, "https_proxy": "http://user:secret@proxy.test:3128"})
    assert {request.via for request in m.access_log()} == {"proxy"}


@pytest.mark.parametrize(("lists", "problem"), [("present", ""), ("empty", "Unable to locate"), ("stale", "404"), ("locked", "")])
def test_lists_of_the_distribution(dummy_machine: MakeMachine, lists: str, problem: str) -> None:
    m = dummy_machine("debian12", lists=lists)
    done = m.run("apt-get", "install", "-y", "libcurl4")
    assert (done.code, problem in done.stderr) == (100 if problem else 0, True)
    update = m.run("apt-get", "update")
    assert (update.code == 100 and "lists/lock" in update.stderr) == (lists == "locked")
    if problem:
        m.ok("apt-get", "install", "-y", "libcurl4")


def test_packages_microsoft_prod(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("ubuntu2204")
    before = m.snapshot_etc()
    m.install_deb(deb("packages-microsoft-prod", "1.1+ubuntu22.04"))
    m.ok("apt-get", "update", "-o", "APT::Update::Error-Mode=any")
    assert OLD in m.ok("apt-cache", "policy", "aadsshlogin")
    m.ok("apt-get", "purge", "-y", "packages-microsoft-prod")
    assert difference(before, m.snapshot_etc()) == {}


def test_knobs_and_conflicts_of_the_stand_ins(dummy_machine: MakeMachine) -> None:
    m = dummy_machine("debian12")
    add_microsoft(m)
    m.ok("apt-get", "update")
    m.ok("apt-get", "install", "-y", "aadlogin")
    assert "Remv aadlogin" in m.ok("apt-get", "install", "-s", "aadsshlogin")
    m.ok("apt-get", "purge", "-y", "aadlogin")
    m.write("/etc/aadsshlogin-standin/fail", "")
    assert m.run("apt-get", "install", "-y", "aadsshlogin").code == 100
    assert m.package_state("aadsshlogin")[0] == "iF"
    (m.root / "etc/aadsshlogin-standin/fail").unlink()
    m.write("/etc/aadsshlogin-standin/sleep", "2")
    started = time.monotonic()
    m.ok("dpkg", "--configure", "-a")
    assert m.package_state("aadsshlogin")[0] == "ii" and time.monotonic() - started > 2
