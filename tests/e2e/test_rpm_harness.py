# SPDX-License-Identifier: MIT
"""The rig's rpm machines, proven with the real package managers (tdnf and yum 3: their stand-ins) and no handler."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from rig.etc_snapshot import difference
from rig.machine import Machine
from rig.packaging import NEW, OLD
from rig.rpm_families import RPM_FAMILIES, TOOLS, RpmFamily
from rig.rpms import MICROSOFT_KEY, RELEASE, REPO

MakeMachine = Callable[..., Machine]
ALICE = "alice@contoso.example"
# What an administrator types: install, upgrade after a refresh, remove.
COMMANDS = {
    "dnf": (["dnf", "-y", "install"], ["dnf", "-y", "--refresh", "upgrade"], ["dnf", "-y", "remove"]),
}
FAMILIES = [name for name, family in RPM_FAMILIES.items() if family.tool in COMMANDS]
ONE_OF_EACH = {"dnf": "rhel9"}


def family_of(m: Machine) -> RpmFamily:
    assert isinstance(m.family, RpmFamily)
    return m.family


def add_microsoft(m: Machine) -> None:
    """Adds Microsoft's repository by hand, as an administrator would."""
    family = family_of(m)
    text = REPO.format(section=family.section, name="Microsoft", url=f"https://packages.microsoft.com/{family.prod}/", key=MICROSOFT_KEY)
    m.write(f"{TOOLS[family.tool].repositories}/microsoft-prod.repo", text)


def installed(version: str) -> tuple[str, str]:
    return "ii", f"{version}-{RELEASE}"


@pytest.mark.parametrize("family", FAMILIES)
def test_stand_in_package(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    install, upgrade, remove = COMMANDS[family_of(m).tool]
    add_microsoft(m)
    before = m.snapshot_etc()
    m.ok(*install, "aadsshlogin")
    assert m.package_state("aadsshlogin") == installed(OLD)
    assert m.package_state("aad-standin-lib") == ("ii", f"1.2-{RELEASE}")
    assert any("/aad-standin-lib" in request.path for request in m.access_log("distro.test"))
    assert m.sshd_config_for(ALICE)["authorizedkeyscommand"] == "/usr/sbin/aad_certhandler %u %k"
    assert m.sshd_config_for("root")["authorizedkeyscommand"] == "none"
    assert m.ssh_login(ALICE).stdout == f"{ALICE}\n"
    m.microsoft.offer(OLD, NEW)
    m.ok(*upgrade, "aadsshlogin")
    takes_new = any("libsemanage.so.2" in provided for _, provided in family_of(m).stubs)
    assert m.package_state("aadsshlogin") == installed(NEW if takes_new else OLD)
    assert m.read("/etc/ssh/sshd_config").count("aad_certhandler") == 1
    assert m.ssh_login(ALICE).stdout == f"{ALICE}\n"
    m.ok(*remove, "aadsshlogin", "aad-standin-lib")
    assert difference(before, m.snapshot_etc()) == {}
    assert m.package_state("aadsshlogin") == ("", "")
    assert not m.exists("/usr/sbin/aad_certhandler")


@pytest.mark.parametrize("family", FAMILIES)
def test_programs_of_others_are_hidden(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    own = set(TOOLS[family_of(m).tool].programs)
    others = {name for tool in TOOLS.values() for name in tool.programs} - own
    for program in (*others, "apt", "apt-get", "apt-cache", "dpkg", "dpkg-query", "dpkg-deb", "pam-auth-update", "debconf"):
        assert m.run("sh", "-c", f"command -v {program}").code != 0, program
    assert not m.exists("/etc/debian_version") and not m.exists("/var/lib/dpkg") and not m.exists("/etc/apt")
    assert m.ok("rpm", "--query", "--whatprovides", "/bin/sh") == "bash-5.1.8-1.x86_64\n"
    assert m.read("/etc/os-release") == m.family.os_release
    assert m.ok("rpm", "--eval", "%_dbpath") == "/var/lib/rpm\n"


@pytest.mark.parametrize("family", ONE_OF_EACH.values(), ids=list(ONE_OF_EACH))
def test_the_agent_enables_the_dummy(dummy_machine: MakeMachine, family: str) -> None:
    m = dummy_machine(family)
    m.goal_state(settings={})
    report = m.wait_reported(lambda r: r.ready)
    assert (report.extension, report.extension_message) == ("success", "The dummy is well.")
