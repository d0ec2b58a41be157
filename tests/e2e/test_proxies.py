# SPDX-License-Identifier: MIT
"""The network between a VM and the repository: proxies from every place, TLS inspection, busy servers, caches out of step."""
from __future__ import annotations

import json
import re
import time
from collections.abc import Callable
from typing import Any

import pytest
from expectations import assert_explains, assert_good, assert_removed, substatus
from rig.debs import OLD
from rig.keys import authority
from rig.machine import Machine
from rig.rpms import PINNED
from rig.sites import DISTRO, MICROSOFT

MakeMachine = Callable[..., Machine]
PASSWORD = "s3cret-Pa55"
PROXY, DEAD = "http://proxy.test:3128", "http://127.0.0.1:9"
BUNDLE = "/etc/ssl/certs/ca-certificates.crt"


def in_waagent_conf(m: Machine) -> None:
    m.write("/etc/waagent.conf", m.read("/etc/waagent.conf") + "\nHttpProxy.Host=proxy.test\nHttpProxy.Port=3128\n")


def in_apt_conf(m: Machine) -> None:
    m.write("/etc/apt/apt.conf.d/95proxy", f'Acquire {{ http {{ Proxy "{PROXY}"; }}; https::Proxy "{PROXY}"; }};\n')


def in_dnf_conf(m: Machine) -> None:
    m.write("/etc/dnf/dnf.conf", m.read("/etc/dnf/dnf.conf").rstrip() + f"\nproxy={PROXY}\n")


def in_environment_file(m: Machine) -> None:
    m.write("/etc/environment", f'http_proxy="{PROXY}"\nhttps_proxy="{PROXY}"\n')


def in_arc(m: Machine) -> None:
    m.write("/var/opt/azcmagent/localconfig.json", json.dumps({"proxy.url": PROXY, "proxy.bypass": ["AAD"]}))


# Every place with apt; with the others their own configuration, and places of which they are told. Debian's zypper does not read SUSE's
# /etc/sysconfig/proxy.
WAAGENT_CONF = "HttpProxy.Host in /etc/waagent.conf"
PLACES: list[tuple[str, Callable[[Machine], None], str]] = [
    ("debian12", in_waagent_conf, WAAGENT_CONF), ("debian12", in_apt_conf, "apt's own configuration (apt-config dump)"),
    ("debian12", in_environment_file, "/etc/environment"),
    ("debian12", in_arc, "proxy.url of the Azure Arc agent (/var/opt/azcmagent/localconfig.json)"),
    ("rhel9", in_dnf_conf, "dnf's own configuration (/etc/dnf/dnf.conf)"), ("rhel9", in_waagent_conf, WAAGENT_CONF),
    ("sles155", in_waagent_conf, WAAGENT_CONF), ("sles155", in_environment_file, "/etc/environment")]


def ways(m: Machine, *hosts: str) -> set[str]:
    return {request.via for host in hosts or (MICROSOFT, DISTRO) for request in m.access_log(host)}


def proxy_check(done: Any) -> str:
    return substatus(done.status)["proxy"][1]


@pytest.mark.parametrize("family, name_it, source", PLACES, ids=[f"{family}-{name_it.__name__}" for family, name_it, _ in PLACES])
def test_proxy_of_the_machine_is_found_used_and_named(
        machine: MakeMachine, family: str, name_it: Callable[[Machine], None], source: str) -> None:
    m = machine(family, lists="empty")
    version = PINNED if m.is_rpm else OLD
    m.microsoft.offer(version)
    name_it(m)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert ways(m) == {"proxy"}, "Every download, the signing key's too, goes through the proxy."
    assert proxy_check(done) == f"Downloads go through the proxy proxy.test:3128, which {source} names."
    assert f"proxy: proxy.test:3128, from {source}" in m.handler_log()
    assert_good(m, version)


def test_setting_wins_over_every_other_place_and_its_password_is_written_nowhere(machine: MakeMachine) -> None:
    m = machine("debian12", lists="empty", trace=True)
    m.proxy.credentials = f"user:{PASSWORD}"
    m.write("/etc/apt/apt.conf.d/95proxy", f'Acquire::http::Proxy "{DEAD}";\nAcquire::https::Proxy::{MICROSOFT} "DIRECT";\n'
            'Acquire::http::Proxy-Auto-Detect "/bin/false";\n')
    m.write("/etc/environment", f"https_proxy={DEAD}\n")
    settings = {"proxy": {"url": f"http://user:{PASSWORD}@proxy.test:3128"}}
    done = m.direct("install", settings=settings, env={"https_proxy": DEAD})
    assert done.code == 0, done.stderr
    assert ways(m) == {"proxy"}
    assert proxy_check(done) == "Downloads go through the proxy proxy.test:3128, which the setting proxy names."
    assert_good(m, OLD)
    assert PASSWORD not in done.stdout + done.stderr + json.dumps(done.status) + m.handler_log()
    assert PASSWORD not in json.dumps(m.process_log()), "Everybody on the VM can read command lines."
    plan = m.run(f"{m.handler().inside}/aadssh-handler.sh", "plan", env=m.handler().environment(0, {"https_proxy": DEAD}))
    assert "proxy.test" in plan.stdout and PASSWORD not in plan.stdout + plan.stderr


def test_hosts_that_bypass_the_proxy_of_the_setting(machine: MakeMachine) -> None:
    m = machine("debian12", lists="empty")
    done = m.direct("install", settings={"proxy": {"url": DEAD, "bypass": [MICROSOFT, ".test"]}})
    assert done.code == 0, done.stderr
    assert ways(m) == {"direct"}


def test_proxy_that_cannot_be_reached_is_named(machine: MakeMachine) -> None:
    m = machine("debian12")
    clean = m.snapshot_etc()
    done = m.direct("install", settings={"proxy": {"url": "http://proxy.test:9"}, "deadlineSeconds": 60})
    assert done.code == 20, done.stderr
    assert_explains(done.stderr, 20, "the proxy proxy.test:9 on the way to packages.microsoft.com:443 cannot be reached", "setting proxy.url")
    assert_removed(m, clean)


def test_setting_wins_over_dnfs_own_proxy(machine: MakeMachine) -> None:
    m = machine("rhel9")
    m.write("/etc/dnf/dnf.conf", m.read("/etc/dnf/dnf.conf").rstrip() + f"\nproxy={DEAD}\nproxy_username=nobody\n")
    m.proxy.credentials = f"user:{PASSWORD}"
    done = m.direct("install", settings={"proxy": {"url": f"http://user:{PASSWORD}@proxy.test:3128"}})
    assert done.code == 0, done.stderr
    assert ways(m, MICROSOFT) == {"proxy"}
    assert PASSWORD not in done.stdout + done.stderr + json.dumps(done.status) + m.handler_log()


def test_dnfs_own_proxy_is_left_to_dnf_and_used_by_us(machine: MakeMachine) -> None:
    m = machine("rocky9")  # it has two repositories, so we ask first
    in_dnf_conf(m)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert ways(m, MICROSOFT) == {"proxy"}
    assert proxy_check(done) == "Downloads go through the proxy proxy.test:3128, which dnf's own configuration (/etc/dnf/dnf.conf) names."


def test_certificate_of_an_inspecting_proxy_is_refused_and_its_issuer_named(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.write(BUNDLE, m.read(BUNDLE).replace(authority(), ""))
    clean = m.snapshot_etc()
    done = m.direct("install", settings={"deadlineSeconds": 60})
    assert done.code == 20, done.stderr
    assert_explains(done.stderr, 20, "packages.microsoft.com:443", "issued by CN=End-to-end test authority", "update-ca-certificates")
    assert_removed(m, clean)


def test_certificate_is_explained_when_the_package_manager_meets_it(machine: MakeMachine) -> None:
    m = machine("debian12", settings=None)  # no key is to be fetched, so apt is the first to ask
    m.write(BUNDLE, m.read(BUNDLE).replace(authority(), ""))
    done = m.direct("install", settings={"deadlineSeconds": 60})
    assert done.code == 20, done.stderr
    assert_explains(done.stderr, 20, "issued by CN=End-to-end test authority")


@pytest.mark.parametrize("status", (429, 503))
def test_busy_repository_is_asked_again_until_it_answers(machine: MakeMachine, status: int) -> None:
    m = machine("debian12")
    # apt asks four times and tells nobody of Retry-After, so we ask, too.
    m.faults.add("packages.microsoft.com/debian/12.*InRelease", "status", status, times=5, retry_after=9)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert "the server asks to come back later; trying again after a remedy" in m.handler_log()
    waits = [int(wait) for wait in re.findall(r"waiting (\d+) ms", m.handler_log())]
    assert len(waits) == 1 and waits[0] >= 9000, waits
    assert_good(m, OLD)


@pytest.mark.parametrize("status", (429, 503))
def test_retry_after_of_the_key_server_is_honoured(machine: MakeMachine, status: int) -> None:
    m = machine("debian12")
    m.faults.add(f"{MICROSOFT}/keys/test.asc", "status", status, times=1, retry_after=9)
    start = time.monotonic()
    done = m.direct("install")
    assert done.code == 0, done.stderr
    assert time.monotonic() - start >= 9
    assert len([request for request in m.access_log() if request.path == "/keys/test.asc"]) == 2


def test_retry_after_beyond_the_deadline_ends_at_once(machine: MakeMachine) -> None:
    m = machine("debian12")
    m.faults.add(f"{MICROSOFT}/keys/test.asc", "status", 429, retry_after=600)
    start = time.monotonic()
    done = m.direct("install", settings={"deadlineSeconds": 120})
    assert done.code == 20 and time.monotonic() - start < 30, done.stderr
    assert_explains(done.stderr, 20, "HTTP 429", "wait some minutes")


@pytest.mark.parametrize("file", ("binary-amd64", "aadsshlogin_"))
def test_file_that_does_not_fit_the_index_is_asked_for_again_past_caches(machine: MakeMachine, file: str) -> None:
    m = machine("debian12")
    m.faults.add(f"{MICROSOFT}/debian/12/.*{file}", "corrupt", times=1)
    done = m.direct("install")
    assert done.code == 0, done.stderr
    asked = [request for request in m.access_log() if file in request.path]
    assert "no-cache" not in asked[0].headers.get("Cache-Control", "") and "no-cache" in asked[-1].headers["Cache-Control"]
    assert_good(m, OLD)


def test_file_that_never_fits_is_explained_as_passing(machine: MakeMachine) -> None:
    m = machine("debian12")
    clean = m.snapshot_etc()
    m.faults.add(f"{MICROSOFT}/debian/12/.*binary-amd64", "corrupt")
    done = m.direct("install")
    assert done.code == 20, done.stderr
    assert_explains(done.stderr, 20, "Hash Sum mismatch", "in half an hour")
    assert_removed(m, clean)
    m.faults.clear()
    assert m.direct("install").code == 0
