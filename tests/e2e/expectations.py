# SPDX-License-Identifier: MIT
"""What tests of the handler expect again and again, in one place."""
from __future__ import annotations

from typing import Any

from rig.etc_snapshot import Snapshot, difference
from rig.keys import keys as signing_keys
from rig.machine import Machine
from rig.rpm_families import RpmFamily

ALICE = "alice@contoso.example"
OWN_SOURCE = "/etc/apt/sources.list.d/aadsshlogin-handler.list"
STATE = "/var/lib/aadsshlogin-handler"
SCRATCH = "/var/cache/aadsshlogin-handler"
LOCK = "/run/aadsshlogin-handler/lock"
OWN_SOURCE_OF = {
    "dnf": "/etc/yum.repos.d/microsoft-prod.repo", "yum": "/etc/yum.repos.d/microsoft-prod.repo",
    "tdnf": "/etc/yum.repos.d/microsoft-prod.repo", "zypper": "/etc/zypp/repos.d/microsoft-prod.repo",
}
LOCKS = {"apt": "/var/lib/dpkg/lock-frontend", "dnf": "/var/lib/rpm/.rpm.lock", "zypper": "/run/zypp.pid",
         "tdnf": "/var/run/.tdnf-instance-lockfile", "yum": "/var/run/yum.pid"}
RPM_KEYRING = "/etc/pki/rpm-gpg/RPM-GPG-KEY-aadsshlogin-handler"
PACKAGE_MANAGERS = {"apt", "apt-get", "apt-cache", "apt-helper", "dpkg", "dpkg-deb", "dnf", "yum", "tdnf", "zypper"}
RPM_QUESTIONS = ("-q", "-qa", "-qf")
APT_CONFIGS_QUESTION = ["--print-foreign-architectures"]  # to dpkg


def rpm_version(version: str) -> tuple[str, str]:
    """What Machine.package_state says of an installed stand-in rpm."""
    return ("ii", f"{version}-1")


def tool_of(machine: Machine) -> str:
    return machine.family.tool if isinstance(machine.family, RpmFamily) else "apt"


def lock_of(machine: Machine) -> str:
    """The lock that the machine's package manager takes."""
    return LOCKS[tool_of(machine)]


def keys_of(machine: Machine) -> set[str]:
    """The keys in rpm's database. Those that tdnf imports by itself, for the distribution's packages, are the distribution's."""
    if not machine.is_rpm:
        return set()
    keys = set(machine.ok("rpm", "-qa", "gpg-pubkey").split())
    test_key = f"gpg-pubkey-{signing_keys()['good'].fingerprint[-8:].lower()}"
    return keys if tool_of(machine) != "tdnf" else keys & {test_key}


def keyring(machine: Machine) -> str:
    """Where packages-microsoft-prod puts the key on this release; on rpm distributions a file of our own."""
    if machine.is_rpm:
        return RPM_KEYRING
    signed_by = machine.name not in ("debian11", "ubuntu2004")
    return "/usr/share/keyrings/microsoft-prod.gpg" if signed_by else "/etc/apt/trusted.gpg.d/aadsshlogin-handler.gpg"


def assert_good(machine: Machine, version: str) -> None:
    """Sign-in is set up with this version of the package, nothing of a run is left over."""
    assert machine.package_state("aadsshlogin") == (rpm_version(version) if machine.is_rpm else ("ii", version))
    assert machine.sshd_config_for(ALICE)["authorizedkeyscommand"] == "/usr/sbin/aad_certhandler %u %k"
    assert " aad" in next(line for line in machine.read("/etc/nsswitch.conf").splitlines() if line.startswith("passwd:"))
    assert not machine.exists(SCRATCH)
    assert machine.is_rpm or machine.ok("dpkg", "--audit") == ""


def assert_removed(machine: Machine, before: Snapshot, except_for: tuple[str, ...] = (), keys: set[str] | None = None) -> None:
    """Our packages and files are gone and /etc is byte for byte as before, but for what dependencies brought that stay. `keys`: what
    keys_of said before; rpm's database holds no others."""
    assert machine.package_state("aadsshlogin")[0] in ("", "un")
    for path in (OWN_SOURCE, *OWN_SOURCE_OF.values(), STATE, SCRATCH, keyring(machine)):
        assert not machine.exists(path), f"{path} is still there."
    for path in ("/etc/ssh/sshd_config", "/etc/passwd", "/etc/group"):
        assert "aad" not in machine.read(path), f"{path} still speaks of us."
    changed = {path for path in difference(before, machine.snapshot_etc()) if not path.startswith(except_for or ("\0",))}
    assert not changed, f"Not as before: {sorted(changed)}"
    assert keys is None or keys_of(machine) == keys


def assert_explains(text: str, code: int, *parts: str) -> None:
    """One line a person can act on: our code, what and why, the command that mends it."""
    line = next((each for each in text.splitlines() if f"AADSSH-{code} " in each), "")
    assert line, f"No AADSSH-{code} in: {text}"
    assert "Fix: " in line, line
    for part in parts:
        assert part in line, f"{part!r} is not in: {line}"
    assert len(line.encode()) <= 1400, len(line.encode())


def substatus(status: Any) -> dict[str, tuple[str, str]]:
    """name → (level, message) of a status file."""
    parts = status[0]["status"].get("substatus") or []
    return {part["name"]: (part["status"], part["formattedMessage"]["message"]) for part in parts}


def package_managers(machine: Machine) -> list[list[str]]:
    """The package-manager processes that were started; dpkg-query and rpm -q are questions to the database and not among them."""
    started = [argv for argv in machine.process_log() if argv and argv[1:] != APT_CONFIGS_QUESTION]
    return [argv for argv in started if (name := argv[0].rpartition("/")[2]) in PACKAGE_MANAGERS
            or (name == "rpm" and argv[1:2] and argv[1] not in RPM_QUESTIONS)]
