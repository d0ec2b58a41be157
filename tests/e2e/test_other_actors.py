# SPDX-License-Identifier: MIT
"""What others were doing, or have left half done, when the first installation comes: cloud-init, a cut-off dpkg, a damaged database."""
from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from expectations import LOCKS, assert_explains, assert_good, assert_removed
from rig.debs import OLD, deb
from rig.machine import Machine, wait_until
from test_locks import start

MakeMachine = Callable[..., Machine]
CLOUD_INIT = "/run/cloud-init"


def cloud_init(m: Machine, stage: str | None) -> None:
    """Writes what cloud-init does when a stage begins, or, for None, when the last has ended: result.json comes with it."""
    times = {"errors": [], "start": 1522066382.3, "finished": None if stage else 1522066399.1}
    status = {"v1": {"datasource": "DataSourceAzure [seed=/dev/sr0]", "modules-final": times, "stage": stage}}
    target = f"{CLOUD_INIT}/status.json"
    m.ok("sh", "-c", f"mkdir -p {CLOUD_INIT} && cat > {target}.new && mv {target}.new {target}", stdin=json.dumps(status))
    if stage is None:
        m.ok("sh", "-c", f"cat > {CLOUD_INIT}/result.json", stdin=json.dumps({"v1": {"datasource": "DataSourceAzure", "errors": []}}))


@pytest.mark.parametrize("family", ("debian12", "rhel9"))
def test_cloud_init_that_installs_packages_is_waited_for(machine: MakeMachine, family: str) -> None:
    m = machine(family, trace=False)
    cloud_init(m, "modules-final")
    process = start(m, "install")
    wait_until(lambda: "waiting: cloud-init's stage modules-final runs" in m.handler_log(), what="the wait")
    assert process.poll() is None and m.package_state("aadsshlogin")[0] in ("", "un")
    cloud_init(m, None)
    assert process.wait(90) == 0
    assert "cloud-init's stages have ended after" in m.handler_log()
    assert_good(m, OLD)


def test_cloud_init_that_waits_for_us_is_no_deadlock(machine: MakeMachine) -> None:
    m = machine("debian12")
    cloud_init(m, "modules-final")
    begin = time.monotonic()
    done = m.direct("install", settings={"deadlineSeconds": 60})
    assert done.code == 0, done.stderr
    assert 20 <= time.monotonic() - begin < 60
    assert "still runs after 20 s; going on beside it" in m.handler_log()
    assert_good(m, OLD)


def test_cloud_init_that_keeps_the_lock_is_named_in_56(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    cloud_init(m, "modules-config")
    with m.lock(LOCKS["apt"]) as holder:
        done = m.direct("install", settings={"deadlineSeconds": 14})
    assert done.code == 56, done.stderr
    assert_explains(done.stderr, 56, f"pid {holder} (python3)", "cloud-init's stage modules-config still runs", "nobody was stopped", "fuser -v")
    assert_removed(m, before)


def test_healthy_machine_does_not_wait_for_cloud_init(machine: MakeMachine) -> None:
    m = machine("debian12")
    assert m.direct("install").code == 0
    cloud_init(m, "modules-final")
    for operation in ("enable", "install"):
        assert m.direct(operation, settings={"deadlineSeconds": 30}).code == 0
    assert "waiting: cloud-init" not in m.handler_log()


def test_dpkg_that_somebody_else_left_cut_off_is_finished_at_the_first_install(machine: MakeMachine) -> None:
    m = machine("debian12")
    other = deb("aadsshlogin-selinux", OLD)
    m.write(f"/tmp/{other.name}", other.read_bytes())
    m.ok("dpkg", "--unpack", f"/tmp/{other.name}")
    # What dpkg notes while it works, and clears away at its end (dpkg's lib/dpkg/dbmodify.c).
    m.write("/var/lib/dpkg/updates/0000", m.ok("dpkg", "--status", "aadsshlogin-selinux"))
    assert "dpkg was interrupted" in m.run("apt-get", "check").stderr
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert_good(m, OLD)
    assert m.package_state("aadsshlogin-selinux") == ("ii", OLD)
    assert m.handler_log().count("run: dpkg --force-confdef --force-confold --configure -a") == 1


def test_dpkg_that_cannot_be_finished_is_52_with_the_command(machine: MakeMachine) -> None:
    m = machine("debian12")
    before = m.snapshot_etc()
    m.write("/var/lib/dpkg/updates/0000", "Package: !\nStatus: half\n")
    done = m.direct("install", settings={"deadlineSeconds": 60})
    assert done.code == 52, done.stderr
    assert_explains(done.stderr, 52, "dpkg --configure -a")
    assert_removed(m, before)


@pytest.mark.parametrize("family", ("rhel9", "sles156"))
def test_damaged_rpm_database_is_52_with_the_command(machine: MakeMachine, family: str) -> None:
    m = machine(family)
    before = m.snapshot_etc()
    for file in sorted((m.root / "var/lib/rpm").glob("rpmdb.sqlite*")):
        file.unlink()
    m.write("/var/lib/rpm/rpmdb.sqlite", "This is no database.\n" * 500)
    done = m.direct("install", settings={"deadlineSeconds": 60})
    assert done.code == 52, done.stderr
    assert_explains(done.stderr, 52, "rpm --rebuilddb")
    assert m.snapshot_etc() == before
