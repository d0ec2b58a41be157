# SPDX-License-Identifier: MIT
"""The files that make a bare root a machine: sources, lists, trust, hosts, the agent's configuration."""
from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from .families import Family
from .keys import authority, keys
from .namespace import WIRE_SERVER
from .roots import BASES
from .rpm_families import TOOLS, RpmFamily
from .sites import DISTRO, MICROSOFT, distro

LISTS = ("present", "empty", "stale")
# Where others than Debian have the authorities that they trust.
CA_BUNDLES = {"rhel": "/etc/pki/tls/certs/ca-bundle.crt", "suse": "/var/lib/ca-certificates/ca-bundle.pem"}
AGENT_CONF = """Extensions.GoalStatePeriod=1
Provisioning.Agent=disabled
ResourceDisk.Format=n
Logs.Collect=n
Logs.Console=n
OS.EnableFirewall=n
AutoUpdate.Enabled=n
AutoUpdate.UpdateToLatestVersion=n
Debug.EnableFastTrack=n
Protocol.EndpointDiscovery=static
Lib.Dir=/var/lib/waagent
Extension.LogDir=/var/log/azure
Pid.File=/run/waagent.pid
"""


def settings_with_test_key() -> dict[str, Any]:
    """Machine-wide settings that make the test key one of the accepted keys."""
    return {"repository": {"signingKeys": [keys()["good"].fingerprint], "keyUrl": f"https://{MICROSOFT}/keys/test.asc"}}


def furnish(root: Path, family: Family, lists: str, settings: Any) -> None:
    put(root, "/etc/hosts", f"127.0.0.1 localhost {family.suite} {MICROSOFT} {DISTRO} proxy.test\n")
    put(root, "/etc/resolv.conf", "")
    _trust_authority(root)
    if isinstance(family, RpmFamily):
        _rpm(root, family)
    else:
        if family.os_release is not None:
            (root / "etc/os-release").unlink()
            put(root, "/etc/os-release", family.os_release)
        _distribution_source(root, family, lists)
    _agent(root)
    if settings is not None:
        put(root, "/etc/aadsshlogin/settings.json", json.dumps(settings))


def put(root: Path, path: str, content: str | bytes, mode: int = 0o644) -> Path:
    """Writes a file with its folders; its mode does not depend on the umask of the test's process."""
    file = root / path[1:]
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(content.encode() if isinstance(content, str) else content)
    file.chmod(mode)
    return file


def _trust_authority(root: Path) -> None:
    put(root, "/usr/local/share/ca-certificates/end-to-end-test.crt", authority())
    bundle = root / "etc/ssl/certs/ca-certificates.crt"
    if bundle.exists():
        bundle.write_text(bundle.read_text() + authority())


def _distribution_source(root: Path, family: Family, lists: str) -> None:
    suite = BASES[family.base].suite
    put(root, "/usr/share/keyrings/distro.gpg", keys()["distro"].binary)
    put(root, "/etc/apt/sources.list", f"deb [signed-by=/usr/share/keyrings/distro.gpg] http://{DISTRO}/debian {suite} main\n")
    if lists == "empty":
        return
    archive = distro(family.base, stale=lists == "stale")
    index, prefix = archive.index(), f"/var/lib/apt/lists/{DISTRO}_debian_dists_{suite}_"
    for name, path in (("InRelease", "InRelease"), ("main_binary-amd64_Packages", "main/binary-amd64/Packages")):
        os.utime(put(root, prefix + name, index[path]), (archive.changed, archive.changed))


def _rpm(root: Path, family: RpmFamily) -> None:
    """Takes away the other families' programs and makes the package manager's cache, if there is one, of today."""
    tool = TOOLS[family.tool]
    for program in {name for other in TOOLS.values() for name in other.programs} - set(tool.programs):
        (root / "usr/bin" / program).unlink(missing_ok=True)
    put(root, CA_BUNDLES[family.style], (root / "etc/ssl/certs/ca-certificates.crt").read_text())
    for file in (root / tool.cache[1:]).rglob("*"):
        os.utime(file, follow_symlinks=False)


def _agent(root: Path) -> None:
    library = root / "var/lib/waagent"
    library.mkdir(mode=0o700)
    # With these two the 2.7 agents skip the discovery of the endpoint (common/protocol/util.py).
    put(root, "/var/lib/waagent/Protocol", "WireProtocol")
    put(root, "/var/lib/waagent/WireServerEndpoint", WIRE_SERVER)
    put(root, "/etc/waagent.conf", AGENT_CONF)
    put(root, "/var/log/waagent.log", "")
