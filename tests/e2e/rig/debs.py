# SPDX-License-Identifier: MIT
"""Stand-ins for Microsoft's packages, built as real .deb files. What they do follows public descriptions of the originals."""
from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from .cache import built, run, text_of
from .keys import keys
from .packaging import LEGACY, NEW, OLD, SOURCES, Package, compiled, source, write

MICROSOFT_KEYS = sorted((Path(__file__).parents[3] / "manifest/keys").glob("*.asc"))
LIBRARIES = "usr/lib/x86_64-linux-gnu"
KEYRING = "/usr/share/keyrings/microsoft-prod.gpg"


def standins() -> Path:
    """The folder with all stand-in .deb files."""
    sources = [Path(__file__), Path(__file__).with_name("packaging.py"), SOURCES / "knobs", *(SOURCES / "aadsshlogin").iterdir()]
    recipe = text_of(*sources, *MICROSOFT_KEYS) + str(keys())
    return built("standins", recipe, _build_all)


@cache
def deb(name: str, version: str) -> Path:
    (found,) = standins().glob(f"{name}_{version}_*.deb")
    return found


def newer_with_postinst(script: str, folder: Path) -> Path:
    """The newer aadsshlogin with another postinst."""
    tree, out = folder / "tree", folder / f"aadsshlogin_{NEW}_amd64.deb"
    subprocess.run(["dpkg-deb", "-R", deb("aadsshlogin", NEW), tree], check=True)
    (tree / "DEBIAN/postinst").write_text(f"#!/bin/sh\n{script}\n")
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, out], check=True, stdout=subprocess.DEVNULL)
    return out


def _build_all(out: Path) -> None:
    for version in (OLD, NEW):
        _pack(_aadsshlogin(version), out)
        _pack(Package("aadsshlogin-selinux", version, "Conflicts: aadlogin-selinux\n"), out)
    _pack(Package("aadlogin", LEGACY, "Conflicts: aadsshlogin\n", {"usr/sbin/aadlogin": (b"#!/bin/sh\n", 0o755)}), out)
    for distro, (path, codename, signed_by) in MICROSOFT_PROD.items():
        _pack(_packages_microsoft_prod(distro, path, codename, signed_by), out)


def _aadsshlogin(version: str) -> Package:
    text = {file.name: file.read_text(encoding="utf-8") for file in (SOURCES / "aadsshlogin").iterdir()}
    knobs = source("knobs")
    return Package(
        "aadsshlogin", version,
        "Pre-Depends: grep, sed\n"
        "Depends: libc6, libpam0g, libpam-runtime, openssh-server (>= 6.9), passwd, libcurl4 | libcurl4t64\n"
        "Conflicts: aadlogin\n",
        {
            f"{LIBRARIES}/security/pam_aad.so": (compiled("pam_aad.so"), 0o644),
            f"{LIBRARIES}/libnss_aad.so.2": (compiled("libnss_aad.so.2"), 0o644),
            "usr/sbin/aad_certhandler": (compiled("aad_certhandler"), 0o755),
            "usr/share/pam-configs/aad": (text["pam-config"].encode(), 0o644),
            # dpkg asks about a conffile that the administrator and the package have both changed.
            "etc/sudoers.d/aad_admins": (f"# aadsshlogin {version}\n{text['aad_admins']}".encode(), 0o440),
        },
        ["/etc/sudoers.d/aad_admins"],
        {
            "postinst": knobs + text["sshd_and_nsswitch"] + text["postinst"],
            "prerm": knobs + text["sshd_and_nsswitch"] + text["prerm"],
            "postrm": text["postrm"],
        },
    )


# Distribution -> path and suite at packages.microsoft.com and the key file the package names in Signed-By. Microsoft's
# package leaves Signed-By out for older releases and puts the key among those that apt trusts for everything.
MICROSOFT_PROD: dict[str, tuple[str, str, bool]] = {
    "debian11": ("debian/11", "bullseye", False),
    "debian12": ("debian/12", "bookworm", True),
    "debian13": ("debian/13", "trixie", True),
    "ubuntu20.04": ("ubuntu/20.04", "focal", False),
    "ubuntu22.04": ("ubuntu/22.04", "jammy", True),
    "ubuntu24.04": ("ubuntu/24.04", "noble", True),
}


def _packages_microsoft_prod(distro: str, path: str, codename: str, signed_by: bool) -> Package:
    option = f" signed-by={KEYRING}" if signed_by else ""
    line = f"deb [arch=amd64,arm64,armhf{option}] https://packages.microsoft.com/{path}/prod {codename} main\n"
    keyring = KEYRING if signed_by else "/etc/apt/trusted.gpg.d/microsoft-prod.gpg"
    source = "/etc/apt/sources.list.d/microsoft-prod.list"
    return Package(
        "packages-microsoft-prod", f"1.1+{distro}", "",
        {source[1:]: (line.encode(), 0o644), keyring[1:]: (_keyring(), 0o644)},
        [source] if signed_by else [source, keyring],
        arch="all",
    )


def _keyring() -> bytes:
    """The test key, and Microsoft's as in the original."""
    return keys()["good"].binary + b"".join(run(["gpg", "--dearmor"], stdin=file.read_bytes()) for file in MICROSOFT_KEYS)


def _pack(package: Package, out: Path) -> None:
    tree = out / "tree"
    control = (
        f"Package: {package.name}\nVersion: {package.version}\nArchitecture: {package.arch}\n"
        f"Maintainer: Tests <tests@test.invalid>\nSection: net\nPriority: optional\n{package.fields}"
        f"Description: stand-in for {package.name} in end-to-end tests\n"
    )
    write(tree / "DEBIAN/control", control.encode(), 0o644)
    if package.conffiles:
        write(tree / "DEBIAN/conffiles", "".join(f"{path}\n" for path in package.conffiles).encode(), 0o644)
    for name, text in package.scripts.items():
        write(tree / "DEBIAN" / name, f"#!/bin/sh\nset -e\n{text}".encode(), 0o755)
    for path, (content, mode) in package.files.items():
        write(tree / path, content, mode)
    run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, out])
    run(["rm", "-r", tree])
