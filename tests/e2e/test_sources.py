# SPDX-License-Identifier: MIT
"""Sources and keys that are on the machine already, that come later, and that go again; first-boot lists."""
from __future__ import annotations

from collections.abc import Callable

import pytest
from expectations import OWN_SOURCE, assert_explains, assert_good, keyring
from rig.debs import NEW, OLD, deb
from rig.etc_snapshot import difference
from rig.keys import keys
from rig.machine import Machine

MakeMachine = Callable[..., Machine]
MICROSOFT_LIST = "/etc/apt/sources.list.d/microsoft-prod.list"
KEYRING = "/usr/share/keyrings/microsoft-prod.gpg"


def apt_works(m: Machine) -> None:
    done = m.run("apt-get", "-q", "update", "--error-on=any")
    assert done.code == 0, done.stdout + done.stderr


def config_package(m: Machine) -> None:
    prod = m.family.prod.split("/")
    m.install_deb(deb("packages-microsoft-prod", f"1.1+{prod[0]}{prod[1]}"))


ONE_LINE = f"deb [arch=amd64,arm64 signed-by={KEYRING}] {{url}} bookworm main\n"
DEB822 = f"Types: deb\nURIs: {{url}}\nSuites: bookworm\nComponents: main\nSigned-By: {KEYRING}\n"
URLS = ("https://packages.microsoft.com/debian/12/prod", "https://packages.microsoft.com/debian/12/prod/", "https://packages.microsoft.com/repos/microsoft-debian-bookworm-prod")


@pytest.mark.parametrize("url", URLS)
@pytest.mark.parametrize("name, text", [("our-site.list", ONE_LINE), ("our-site.sources", DEB822)])
def test_existing_source_is_used_and_not_touched(machine: MakeMachine, name: str, text: str, url: str) -> None:
    m = machine("debian12", settings=None)  # our own key list would refuse the test key: the administrator's keyring counts
    m.write(KEYRING, m.test_key)
    m.write(f"/etc/apt/sources.list.d/{name}", text.format(url=url))
    before = m.snapshot_etc()
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert not m.exists(OWN_SOURCE)
    assert_good(m, OLD)
    assert m.direct("uninstall").code == 0
    assert m.exists(KEYRING) and m.read(f"/etc/apt/sources.list.d/{name}") == text.format(url=url)
    assert not difference(before, m.snapshot_etc())


@pytest.mark.parametrize("text", ["# " + ONE_LINE, ONE_LINE.replace("deb ", "deb-src "), DEB822 + "Enabled: no\n"])
def test_disabled_sources_do_not_count(machine: MakeMachine, text: str) -> None:
    m = machine("debian12")
    m.write("/etc/apt/sources.list.d/other." + ("sources" if "Types" in text else "list"), text.format(url=URLS[0]))
    assert m.direct("install").code == 0
    assert m.exists(OWN_SOURCE)


@pytest.mark.parametrize("family", ("debian11", "debian12", "ubuntu2404"))
def test_config_package_comes_later_and_goes_again(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    m.goal_state(settings={})
    m.wait_reported(lambda r: r.success)
    config_package(m)
    apt_works(m)
    m.goal_state(seq=1)
    m.wait_reported(lambda r: r.success and r.sequence == 1)
    m.ok("dpkg", "--purge", "packages-microsoft-prod")  # takes the keyring along
    assert m.exists(keyring(m)) == (family == "debian11")  # there our key has a name of its own
    m.goal_state(seq=2)
    m.wait_reported(lambda r: r.success and r.sequence == 2)
    assert m.exists(keyring(m))
    apt_works(m)
    m.goal_state(state="uninstall")
    m.wait_gone()
    assert not m.exists(OWN_SOURCE) and not m.exists(keyring(m))
    apt_works(m)


@pytest.mark.parametrize("family", ("debian11", "debian12"))
def test_config_package_before_our_removal_keeps_its_files(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    assert m.direct("install").code == 0
    config_package(m)
    done = m.direct("uninstall")
    assert done.code == 0
    assert not m.exists(OWN_SOURCE) and m.exists(MICROSOFT_LIST)
    assert ("belongs to the package packages-microsoft-prod" in done.stdout) == (family == "debian12")
    assert m.exists(keyring(m)) == (family == "debian12")
    apt_works(m)


def test_config_package_there_first(machine: MakeMachine) -> None:
    m = machine("debian12", settings=None)
    config_package(m)
    before = m.snapshot_etc()
    assert m.direct("install").code == 0
    assert not m.exists(OWN_SOURCE)
    assert m.direct("uninstall").code == 0
    assert not difference(before, m.snapshot_etc())


def test_changed_files_stay_and_are_named(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    changed = m.read(OWN_SOURCE) + "# kept by the site\n"
    m.write(OWN_SOURCE, changed)
    assert m.direct("enable").code == 0 and m.direct("install").code == 0
    assert m.read(OWN_SOURCE) == changed
    done = m.direct("uninstall")
    assert done.code == 0 and f"{OWN_SOURCE} stays because it was changed" in done.stdout
    assert m.exists(OWN_SOURCE) and m.exists(KEYRING)
    apt_works(m)


@pytest.mark.parametrize("lists", ("present", "empty", "stale", "locked"))
@pytest.mark.parametrize("family", ("debian12", "debian12-minimal"))
def test_lists_of_a_first_boot(machine: MakeMachine, family: str, lists: str) -> None:
    m = machine(family, lists=lists)
    m.goal_state(settings={})
    m.wait_reported(lambda r: r.success)
    assert_good(m, OLD)


@pytest.mark.parametrize("family, content", [("debian12", "wrong"), ("debian12", None), ("debian13", "wrong"), ("debian13", None)])
def test_keyring_of_the_administrator_without_the_key(machine: MakeMachine, family: str, content: str | None) -> None:
    m = machine(family)
    theirs, their_keyring = "/etc/apt/sources.list.d/our-site.list", "/etc/apt/keyrings/our-site.gpg"
    m.write(theirs, f"deb [signed-by={their_keyring}] https://packages.microsoft.com/{m.family.prod} {m.family.suite} main\n")
    if content is not None:
        m.write(their_keyring, keys()[content].binary)
    before = m.snapshot_etc()
    done = m.direct("install")
    assert done.code == 61, done.stderr
    assert_explains(done.stderr, 61, theirs, f"| gpg --dearmor > {their_keyring}", "BC528686B50D79E339D3721CEB3E94ADBE1229CF", "AA86F75E427A19DD33346403EE4D7792F748182B")
    assert not difference(before, m.snapshot_etc())
    m.write(their_keyring, m.test_key)
    assert m.direct("install").code == 0


@pytest.mark.parametrize("operation", ("enable", "install"))
def test_withdrawn_signing_key_leaves_our_keyring(machine: MakeMachine, operation: str) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    ours = m.root / KEYRING[1:]
    assert m.test_key in ours.read_bytes()
    (m.root / "etc/aadsshlogin/settings.json").unlink()
    m.direct(operation)
    assert ours.exists() and m.test_key not in ours.read_bytes()


def test_somebody_elses_broken_source_does_not_matter(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write("/etc/apt/sources.list.d/broken.list", "deb [trusted=yes] https://packages.microsoft.com/nowhere stable main\n")
    assert m.direct("install").code == 0


def test_install_takes_the_newest(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.microsoft.offer(OLD, NEW)
    done = m.direct("install")
    assert done.code == 0 and NEW in done.stdout


def test_conflicting_sources_are_named(machine: MakeMachine) -> None:
    m = machine("debian12", settings=None)
    m.write(KEYRING, m.test_key)
    m.write("/etc/apt/sources.list.d/a.list", ONE_LINE.format(url=URLS[0]))
    m.write("/etc/apt/sources.list.d/b.list", f"deb {URLS[0]} bookworm main\n")
    before = m.snapshot_etc()
    done = m.direct("install")
    assert done.code == 52, done.stderr
    assert_explains(done.stderr, 52, "Conflicting values set for option Signed-By", "/etc/apt/sources.list.d/a.list and /etc/apt/sources.list.d/b.list")
    assert not difference(before, m.snapshot_etc())


@pytest.mark.parametrize("family", ("debian12", "debian13"))
def test_contradiction_between_others_is_found_before_anything_is_written(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    before_all = m.snapshot_etc()
    m.write("/etc/apt/sources.list.d/one.list", "deb [signed-by=/etc/apt/one.gpg] http://distro.test/elsewhere stable main\n")
    m.write("/etc/apt/sources.list.d/two.list", "deb [signed-by=/etc/apt/two.gpg] http://distro.test/elsewhere/ stable contrib\n")
    before = m.snapshot_etc()
    done = m.direct("install")
    assert done.code == 52, done.stderr
    assert_explains(done.stderr, 52, "see that apt can read the sources of this machine", "one.list", "two.list", "apt-get indextargets")
    assert not difference(before, m.snapshot_etc())
    for name in ("one", "two"):
        (m.root / f"etc/apt/sources.list.d/{name}.list").unlink()
    assert m.direct("install").code == 0 and m.direct("uninstall").code == 0
    assert not difference(before_all, m.snapshot_etc())


def test_dead_mirror_does_not_matter_where_all_dependencies_are_there(machine: MakeMachine) -> None:
    m = machine("debian12", lists="empty")
    m.ok("apt-get", "-q", "update")
    m.ok("apt-get", "-q", "-y", "--no-install-recommends", "install", "libcurl4")
    m.ok("sh", "-c", "rm -f /var/lib/apt/lists/*_*")
    m.faults.add("distro.test", "reset")
    m.faults.add("distro.test", "status", 503)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert_good(m, OLD)


def test_dead_mirror_of_a_dependency_is_named(machine: MakeMachine) -> None:
    m = machine("debian12", lists="empty")
    before = m.snapshot_etc()
    m.faults.add("distro.test", "status", 503)
    done = m.direct("install")
    assert done.code == 52, done.stderr  # without an index it is apt's word that a dependency cannot be had; the 503 stands beside it
    assert_explains(done.stderr, 52, "libcurl4", "distro.test", "503")
    assert not difference(before, m.snapshot_etc())


def test_dead_mirror_of_a_listed_dependency_is_named(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.faults.add("distro.test", "status", 503)
    done = m.direct("install")
    assert done.code == 20, done.stderr
    assert_explains(done.stderr, 20, "another repository of this machine", "http://distro.test/", "503")
