# SPDX-License-Identifier: MIT
"""Stand-ins for Microsoft's packages, built as real .deb files. What they do follows public descriptions of the originals."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .cache import built, run, text_of
from .keys import keys

OLD, NEW = "1.0.030480001", "1.0.033070001"
SOURCES = Path(__file__).parent / "standins"
MICROSOFT_KEYS = sorted((Path(__file__).parents[3] / "manifest/keys").glob("*.asc"))
LIBRARIES = "usr/lib/x86_64-linux-gnu"
KEYRING = "/usr/share/keyrings/microsoft-prod.gpg"


@dataclass
class Package:
    """One .deb to build: `files` maps a path to (content, mode); `scripts` are maintainer scripts without their head."""

    name: str
    version: str
    fields: str = ""
    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    conffiles: list[str] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)
    arch: str = "amd64"


def standins() -> Path:
    """The folder with all stand-in .deb files."""
    recipe = text_of(Path(__file__), *(file for file in SOURCES.rglob("*") if file.is_file()), *MICROSOFT_KEYS) + str(keys())
    return built("standins", recipe, _build_all)


@cache
def deb(name: str, version: str) -> Path:
    (found,) = standins().glob(f"{name}_{version}_*.deb")
    return found


def _build_all(out: Path) -> None:
    for version in (OLD, NEW):
        _pack(_aadsshlogin(version, out), out)
        _pack(Package("aadsshlogin-selinux", version, "Conflicts: aadlogin-selinux\n"), out)
    _pack(Package("aadlogin", "1.0.016050002", "Conflicts: aadsshlogin\n", {"usr/sbin/aadlogin": (b"#!/bin/sh\n", 0o755)}), out)
    for distro, (path, codename, signed_by) in MICROSOFT_PROD.items():
        _pack(_packages_microsoft_prod(distro, path, codename, signed_by), out)


def _aadsshlogin(version: str, scratch: Path) -> Package:
    here = SOURCES / "aadsshlogin"
    text = {file.name: file.read_text(encoding="utf-8") for file in here.iterdir()}
    knobs = (SOURCES / "knobs").read_text(encoding="utf-8")
    shared = ["-O2", "-fPIC", "-shared", "-Wl,--as-needed"]
    return Package(
        "aadsshlogin", version,
        "Pre-Depends: grep, sed\n"
        "Depends: libc6, libpam0g, libpam-runtime, openssh-server (>= 6.9), passwd, libcurl4 | libcurl4t64\n"
        "Conflicts: aadlogin\n",
        {
            f"{LIBRARIES}/security/pam_aad.so": (_compiled(here / "pam_aad.c", scratch, *shared), 0o644),
            f"{LIBRARIES}/libnss_aad.so.2": (_compiled(here / "nss_aad.c", scratch, *shared, "-Wl,-soname,libnss_aad.so.2"), 0o644),
            "usr/sbin/aad_certhandler": (_compiled(here / "aad_certhandler.c", scratch, "-O2", "-static"), 0o755),
            "usr/share/pam-configs/aad": (text["pam-config"].encode(), 0o644),
            "etc/sudoers.d/aad_admins": (text["aad_admins"].encode(), 0o440),
        },
        ["/etc/sudoers.d/aad_admins"],
        {
            "postinst": knobs + text["reload_sshd"] + text["postinst"],
            "prerm": knobs + text["reload_sshd"] + text["prerm"],
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


def _compiled(source: Path, scratch: Path, *options: str) -> bytes:
    target = scratch / "compiled"
    run(["gcc", "-Wall", "-Werror", *options, "-o", target, source])
    content = target.read_bytes()
    target.unlink()
    return content


def _pack(package: Package, out: Path) -> None:
    tree = out / "tree"
    control = (
        f"Package: {package.name}\nVersion: {package.version}\nArchitecture: {package.arch}\n"
        f"Maintainer: Tests <tests@test.invalid>\nSection: net\nPriority: optional\n{package.fields}"
        f"Description: stand-in for {package.name} in end-to-end tests\n"
    )
    _write(tree / "DEBIAN/control", control.encode(), 0o644)
    if package.conffiles:
        _write(tree / "DEBIAN/conffiles", "".join(f"{path}\n" for path in package.conffiles).encode(), 0o644)
    for name, text in package.scripts.items():
        _write(tree / "DEBIAN" / name, f"#!/bin/sh\nset -e\n{text}".encode(), 0o755)
    for path, (content, mode) in package.files.items():
        _write(tree / path, content, mode)
    run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, out])
    run(["rm", "-r", tree])


def _write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)
