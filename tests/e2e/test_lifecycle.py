# SPDX-License-Identifier: MIT
"""The agent's life cycle with the real handler: every order of commands that WALinuxAgent's ga/exthandlers.py knows."""
from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from expectations import ALICE, LOCK, STATE, assert_good, assert_removed, package_managers
from rig.debs import NEW, OLD, deb
from rig.machine import ABSENT, Machine, wait_until

MakeMachine = Callable[..., Machine]
FAMILIES = ("debian11", "debian12", "debian12-minimal", "debian13", "ubuntu2004", "ubuntu2204", "ubuntu2404")
# Beginnings of what openssh-server, ca-certificates and their dependencies bring into /etc of the minimal machine; it stays at removal.
DEPENDENCY_FILES = (
    "/etc/ca-certificates", "/etc/default/ssh", "/etc/group", "/etc/gshadow", "/etc/hosts.allow", "/etc/hosts.deny", "/etc/init.d/procps",
    "/etc/init.d/ssh", "/etc/pam.d/sshd", "/etc/passwd", *(f"/etc/rc{level}.d/S01ssh" for level in (2, 3, 4, 5)), "/etc/rcS.d/S01procps",
    "/etc/runit", "/etc/shadow", "/etc/ssh", "/etc/ssl/certs", "/etc/sv", "/etc/sysctl.", "/etc/systemd/system/multi-user.target.wants/ssh.service",
    "/etc/systemd/system/sshd.service", "/etc/ucf.conf", "/etc/ufw",
)
STOCK_SSHD_CONFIG = "/usr/share/openssh/sshd_config"
SUDOERS = "/etc/sudoers.d/aad_admins"


def installed(machine: Machine, **goal: object) -> Machine:
    machine.goal_state(**{"settings": {}, **goal})
    machine.wait_reported(lambda r: r.success)
    return machine


@contextmanager
def sshd_watched(machine: Machine) -> Iterator[set[str]]:
    """Asks the real sshd again and again, until the block ends, which command it uses for Entra users."""
    answers: set[str] = set()
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            answers.add(machine.sshd_config_for(ALICE)["authorizedkeyscommand"])

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield answers
    finally:
        stop.set()
        watcher.join()


@pytest.mark.parametrize("family", FAMILIES)
def test_install_enable_uninstall(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    before = m.snapshot_etc()
    m.goal_state(settings={})
    report = m.wait_reported(lambda r: r.success)
    assert OLD in report.extension_message
    assert {name: part.status for name, part in report.substatus.items()} == {
        name: "success" for name in ("legacy", "identity", "repository", "package", "pam", "nss", "sshd", "selinux")}
    assert_good(m, OLD)
    assert m.ssh_login().stdout.strip() == ALICE
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert_removed(m, before, DEPENDENCY_FILES if family == "debian12-minimal" else ())
    if family == "debian12-minimal":
        assert m.package_state("openssh-server")[0] == "ii"
        assert m.read("/etc/ssh/sshd_config") == m.read(STOCK_SSHD_CONFIG) != ""
        assert "Dependencies stay: " in m.handler_log() and "openssh-server" in m.handler_log()


@pytest.mark.parametrize("family", ("debian12", "debian13", "debian-forky"))
def test_newest_agent(machine: MakeMachine, family: str) -> None:
    m = machine(family, agent_version="newest")
    before = m.snapshot_etc()
    installed(m)
    assert_good(m, OLD)
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert_removed(m, before, ("/etc/gss",) if family == "debian-forky" else ())  # of a dependency that stays


@pytest.mark.parametrize("family", ("debian11", "debian12", "debian13", "ubuntu2204", "ubuntu2404"))
def test_same_sequence_number_again(machine: MakeMachine, family: str) -> None:
    m = installed(machine(family, trace=True), seq=4)
    m.clear_logs()
    m.goal_state()
    assert m.wait_reported(lambda r: r.success).sequence == 4
    # The shim first asks for the version, to see that the program starts on this machine.
    assert [argv[1] for argv in m.process_log() if argv[0].endswith("aadssh-handler-x86_64")] == ["version", "enable"]
    assert package_managers(m) == []
    assert m.access_log() == []
    assert m.imds.token_requests


def test_new_sequence_number_and_agent_restart(machine: MakeMachine) -> None:
    m = installed(machine("debian12"))
    m.goal_state(seq=1)
    assert m.wait_reported(lambda r: r.success and r.sequence == 1)
    m.restart_agent()
    assert m.wait_reported(lambda r: r.success and r.sequence == 1)
    assert m.read(f"{m.handler().inside}/status/0.status") and m.read(f"{m.handler().inside}/status/1.status")


@pytest.mark.parametrize("agent", ("2.7", "2.12"))
def test_update_and_downgrade_never_remove_the_package(machine: MakeMachine, agent: str) -> None:
    m = installed(machine("debian12", agent_version=agent))
    m.microsoft.offer(OLD, NEW)
    with sshd_watched(m) as answers:
        m.goal_state(version="1.0.1")
        assert m.wait_reported(lambda r: r.success and r.version == "1.0.1").substatus["package"].message.endswith(f"{NEW} is installed.")
        m.goal_state(version="1.0.0")
        assert m.wait_reported(lambda r: r.success and r.version == "1.0.0")
    assert answers == {"/usr/sbin/aad_certhandler %u %k"}
    assert " remove aadsshlogin" not in m.dpkg_log() and " purge aadsshlogin" not in m.dpkg_log()
    assert f" upgrade aadsshlogin:amd64 {OLD} {NEW}" in m.dpkg_log()
    assert m.handler_log().count("part of an update") == 2
    assert_good(m, NEW)
    assert m.ssh_login().stdout.strip() == ALICE
    assert not m.exists(f"{STATE}/update-marker")


def test_a_conffile_that_the_administrator_changed_is_kept_without_a_question(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    assert m.direct("install").code == 0
    theirs = m.read(SUDOERS) + "Defaults:%aad_admins !lecture\n"
    m.write(SUDOERS, theirs, 0o440)
    m.microsoft.offer(OLD, NEW)
    done = m.direct("install", seq=1)
    assert done.code == 0, done.stderr
    assert_good(m, NEW)
    assert m.read(SUDOERS) == theirs
    assert m.exists(f"{SUDOERS}.dpkg-dist"), "NEW has no other text, so there was nothing to ask."
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


def test_failed_update_then_deletion_removes(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    installed(m)
    (m.root / STATE[1:] / "update-marker").mkdir()  # nothing can be renamed over a folder
    m.goal_state(version="1.0.1")
    assert "AADSSH-52 " in m.wait_reported(lambda r: r.code != 0 and not r.ready).message
    assert_good(m, OLD)
    (m.root / STATE[1:] / "update-marker").rmdir()
    m.goal_state(state="uninstall")
    m.wait_gone()
    wait_until(lambda: not m.exists(STATE), what="the removal")
    assert_removed(m, before)


def test_killed_update_then_deletion_removes(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    installed(m)
    holder = m.popen("flock", LOCK, "sleep", "600")
    m.goal_state(version="1.0.1")
    (update,) = wait_until(lambda: [pid for pid, argv in m.namespace.processes().items() if argv[1:] == ["update"] and "aadssh-handler" in argv[0]])
    wait_until(lambda: "waiting for another run" in m.handler_log().rpartition("update ")[2])
    os.kill(update, signal.SIGKILL)
    m.wait_reported(lambda r: not r.ready)
    for pid in [pid for pid, argv in m.namespace.processes().items() if argv == ["sleep", "600"]]:
        os.kill(pid, signal.SIGKILL)
    holder.wait(10)
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert_removed(m, before)


UPDATE = {"VERSION": "1.0.1", "AZURE_GUEST_AGENT_UPDATING_FROM_VERSION": "1.0.0"}


def test_reboot_between_update_and_uninstall_removes(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    assert m.direct("install").code == 0
    assert m.direct("update", version="1.0.1", env=UPDATE).code == 0
    m.shutdown()
    m.boot()
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


def cut_power_between_update_and_uninstall(m: Machine) -> None:
    """The agent ends while the new version's `update` waits for our lock: so it never gets to the old version's `uninstall`."""
    m.ok("mkdir", "-p", os.path.dirname(LOCK))
    holder = m.popen("flock", LOCK, "sleep", "600")
    wait_until(lambda: m.run("flock", "-n", LOCK, "true").code != 0, what="the lock")
    m.goal_state(version="1.0.1")
    wait_until(lambda: "waiting for another run" in m.handler_log().rpartition("update ")[2], what="the update")
    m.kill_agent()
    for pid in [pid for pid, argv in m.namespace.processes().items() if argv == ["sleep", "600"]]:
        os.kill(pid, signal.SIGKILL)
    holder.wait(10)
    wait_until(lambda: "done: Prepared: version 1.0.0 will leave" in m.handler_log(), what="the end of the update")
    assert m.exists(f"{STATE}/update-marker") and "uninstall " not in m.handler_log()
    m.shutdown()
    m.boot()


@pytest.mark.parametrize("agent", ("2.7", "2.12"))
def test_reboot_between_update_and_uninstall_under_the_agent(machine: MakeMachine, agent: str) -> None:
    m = machine("debian12", agent_version=agent)
    before = m.snapshot_etc()
    installed(m)
    cut_power_between_update_and_uninstall(m)
    # The agent begins the sequence again, so a second `update` writes a marker of this boot.
    m.start_agent()
    assert m.wait_reported(lambda r: r.success and r.version == "1.0.1")
    assert m.handler_log().count("done: Prepared") == 2 and m.handler_log().count("part of an update") == 1
    assert " remove aadsshlogin" not in m.dpkg_log() and " purge aadsshlogin" not in m.dpkg_log()
    assert_good(m, OLD)
    assert not m.exists(f"{STATE}/update-marker")
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert_removed(m, before)


@pytest.mark.parametrize("agent", ("2.7", "2.12"))
def test_deletion_after_a_reboot_between_update_and_uninstall(machine: MakeMachine, agent: str) -> None:
    m = machine("debian12", agent_version=agent)
    before = m.snapshot_etc()
    installed(m)
    cut_power_between_update_and_uninstall(m)
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert_removed(m, before)


def test_only_the_uninstall_right_after_an_update_keeps_packages(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    assert m.direct("update", version="1.0.1", env=UPDATE).code == 0
    kept = m.direct("uninstall")
    assert kept.code == 0 and "part of an update" in kept.stdout
    assert_good(m, OLD)
    # The marker is used up: a second one is a removal.
    removed = m.direct("uninstall")
    assert removed.code == 0 and "Removed: aadsshlogin" in removed.stdout
    assert m.package_state("aadsshlogin")[0] in ("", "un")


@pytest.mark.parametrize("between", ("install", "enable", "disable"))
def test_any_command_after_update_ends_it(machine: MakeMachine, between: str) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    assert m.direct("update", version="1.0.1", env=UPDATE).code == 0
    assert m.direct(between).code == 0
    assert m.direct("uninstall").code == 0
    assert m.package_state("aadsshlogin")[0] in ("", "un")


def test_no_settings_at_all(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.goal_state(settings=ABSENT)
    report = m.wait_reported(lambda r: r.ready)
    assert report.extension is None  # the agent does not read our status file then
    assert_good(m, OLD)


@pytest.mark.parametrize("settings", (None, {}, "", "null", "{}"))
def test_empty_settings_of_every_kind(machine: MakeMachine, settings: object) -> None:
    m = machine("debian12")
    assert m.direct("enable", settings=settings.encode() if isinstance(settings, str) else settings).code == 0
    assert_good(m, OLD)


def test_clone_gets_enable_without_install(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    assert m.direct("install").code == 0
    for name in ("config", "status"):
        for file in (m.handler().outside / name).iterdir():
            file.unlink()  # what waagent -deprovision takes out of an image
    enabled = m.direct("enable", seq=0)
    assert enabled.code == 0 and enabled.status[0]["status"]["status"] == "success"
    assert m.direct("uninstall").code == 0
    assert_removed(m, before)


def test_missing_package_is_repaired_by_enable(machine: MakeMachine) -> None:
    m = installed(machine("debian12"))
    m.ok("dpkg", "--purge", "aadsshlogin")
    m.goal_state()
    m.wait_reported(lambda r: r.success)
    assert_good(m, OLD)


def test_enable_never_upgrades(machine: MakeMachine) -> None:
    m = installed(machine("debian12"))
    m.microsoft.offer(OLD, NEW)
    m.goal_state(seq=1)
    m.wait_reported(lambda r: r.success and r.sequence == 1)
    assert_good(m, OLD)


@pytest.mark.parametrize("operation", ("install", "enable"))
def test_outage_leaves_a_healthy_machine_green(machine: MakeMachine, operation: str) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    m.faults.add("packages.microsoft.com", "status", 503)
    m.imds.become("status", status=500)
    done = m.direct(operation)
    assert done.code == 0, done.stderr
    levels = {part["name"]: part["status"] for part in done.status[0]["status"]["substatus"]}
    assert done.status[0]["status"]["status"] == "success"
    assert levels["identity"] == "warning"
    assert (levels.get("repository") == "warning") == (operation == "install")
    assert_good(m, OLD)


def test_outage_during_an_update_under_the_agent(machine: MakeMachine) -> None:
    m = installed(machine("debian12"))
    m.faults.add("packages.microsoft.com", "status", 503)
    m.imds.become("status", status=500)
    m.goal_state(version="1.0.1", seq=1)
    report = m.wait_reported(lambda r: r.success and r.version == "1.0.1", timeout=120)
    assert report.substatus["identity"].status == "warning"
    assert "could not be looked for" in m.handler_log()
    assert_good(m, OLD)


def test_package_of_the_administrator_stays(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/tmp/theirs.deb", deb("aadsshlogin", OLD).read_bytes())
    m.ok("apt-get", "-q", "-y", "install", "/tmp/theirs.deb")
    assert m.direct("install").code == 0
    removed = m.direct("uninstall")
    assert removed.code == 0 and f"aadsshlogin {OLD} stays" in removed.stdout
    assert m.package_state("aadsshlogin") == ("ii", OLD)


def test_package_without_a_record_stays(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    for name in ("state.json",):
        (m.root / STATE[1:] / name).unlink()
    assert m.direct("enable").code == 0
    removed = m.direct("uninstall")
    assert removed.code == 0 and f"aadsshlogin {OLD} stays" in removed.stdout
    assert m.package_state("aadsshlogin") == ("ii", OLD)


def test_damaged_record_is_set_aside(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    m.write(f"{STATE}/state.json", '{"schema": 1, "packages": ["aadssh', 0o600)
    enabled = m.direct("enable")
    assert enabled.code == 0
    assert ("warning", True) == (lambda part: (part["status"], "damaged" in part["formattedMessage"]["message"]))(
        next(part for part in enabled.status[0]["status"]["substatus"] if part["name"] == "record"))
    assert m.read(f"{STATE}/state.json.damaged").startswith('{"schema"')
