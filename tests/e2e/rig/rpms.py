# SPDX-License-Identifier: MIT
"""Stand-ins for Microsoft's packages and for what a distribution offers beside them, built as real .rpm files.

Microsoft's are there twice, signed with the good and with the wrong test key; the distribution's with its own.
"""
from __future__ import annotations

import shutil
from functools import cache
from pathlib import Path

from .cache import built, run, text_of
from .keys import keys, sign_rpms
from .packaging import LEGACY, NEW, OLD, SOURCES, Package, compiled, source, write
from .rpm_families import RpmFamily

PINNED = "1.0.027980001"
"""The newest version that SUSE's releases before 15.6 can take: later ones want their libsemanage.so.2."""
RELEASE = "1"
VENDOR_KEYS = ("good", "wrong")
MICROSOFT_KEY = "https://packages.microsoft.com/keys/microsoft.asc"
REPO = """[{section}]
name={name}
baseurl={url}
enabled=1
gpgcheck=1
gpgkey={key}
sslverify=1
"""

# Name of a release -> where packages-microsoft-prod puts its repository file, and the folder it names.
MICROSOFT_PROD = {
    **{f"rhel{major}": ("etc/yum.repos.d", f"rhel/{major}/prod") for major in (7, 8, 9, 10)},
    "alma9": ("etc/yum.repos.d", "alma/9/prod"),
    "centos7": ("etc/yum.repos.d", "centos/7/prod"),
    "sles15": ("etc/zypp/repos.d", "sles/15/prod"),
    "opensuse15": ("etc/zypp/repos.d", "opensuse/15/prod"),
}

# What every distribution offers besides the stubs of its own.
COMMON = {
    "aad-standin-lib": Package("aad-standin-lib", "1.2", arch="x86_64", files={"usr/lib64/aad-standin-lib": (b"1.2\n", 0o644)}),
    "selinux-policy-targeted": Package("selinux-policy-targeted", "38.1", arch="noarch"),
}
# What the rpm database of every machine knows, with what the stand-ins need of it.
STUBS = {
    "bash": ("5.1.8", "/bin/sh, /usr/bin/sh, /usr/bin/bash"),
    "glibc": ("2.34", "libc.so.6()(64bit), ld-linux-x86-64.so.2()(64bit)"),
    "pam": ("1.5.1", "libpam.so.0()(64bit)"),
    "openssh-server": ("8.7p1", "/usr/sbin/sshd"),
}

OFFICIAL = "gpgcheck=1\nrepo_gpgcheck=1\nenabled=1\nskip_if_unavailable=True\nsslverify=1\ngpgkey=file:///etc/pki/rpm-gpg/MICROSOFT-RPM-GPG-KEY\n"
# Azure Linux has its repository files in packages of the distribution: name -> version, file, what is in it.
REPOSITORY_PACKAGES = {
    "azurelinux-repos-ms-non-oss": (
        "3.0", "azurelinux-ms-non-oss.repo",
        "[azurelinux-official-ms-non-oss]\nname=Azure Linux Official Microsoft Non-Open-Source $releasever $basearch\n"
        f"baseurl=https://packages.microsoft.com/azurelinux/$releasever/prod/ms-non-oss/$basearch\n{OFFICIAL}",
    ),
    "mariner-repos-extras": (
        "2.0", "mariner-extras.repo",
        "[mariner-official-extras]\nname=CBL-Mariner Official Extras $releasever $basearch\n"
        f"baseurl=https://packages.microsoft.com/cbl-mariner/$releasever/prod/extras/$basearch\n{OFFICIAL}",
    ),
}


def rpm(name: str, version: str, key: str = "good") -> Path:
    """A package of Microsoft's; `version` without the release number."""
    return _only(vendor_rpms() / key, name, version)


def distribution_rpm(name: str) -> Path:
    """A package of the distribution's archive."""
    return _only(distribution_rpms(), name, "*")


def signed_with(key: str, package: Path) -> Path:
    """The same package of Microsoft's with another key's signature; any other package as it is."""
    other = vendor_rpms() / key / package.name
    return other if package.parent.parent == vendor_rpms() and other.exists() else package


def stub_rpms(name: str, family: RpmFamily) -> Path:
    """The packages that this family's rpm database knows from the start."""
    return built(f"stubs-{name}", text_of(*_recipe()) + repr((family.release, family.stubs)) + str(keys()), lambda out: _build_stubs(family, out))


@cache
def vendor_rpms() -> Path:
    recipe = text_of(*_recipe(), *(file for part in ("aadsshlogin", "aadsshlogin-rpm") for file in (SOURCES / part).iterdir())) + str(keys())
    return built("rpms", recipe, _build_vendor)


@cache
def distribution_rpms() -> Path:
    return built("distribution-rpms", text_of(*_recipe()) + str(keys()), _build_distribution)


def _recipe() -> list[Path]:
    return [Path(__file__), Path(__file__).with_name("packaging.py"), SOURCES / "knobs"]


@cache
def _only(folder: Path, name: str, version: str) -> Path:
    (found,) = folder.glob(f"{name}-{version}-{RELEASE}.*.rpm")
    return found


def _build_vendor(out: Path) -> None:
    packages = [
        *(_aadsshlogin(version) for version in (PINNED, OLD, NEW)),
        *(_selinux(version) for version in (PINNED, OLD, NEW)),
        Package("aadlogin", LEGACY, "Conflicts: aadsshlogin\n", {"usr/sbin/aadlogin": (b"#!/bin/sh\n", 0o755)}, arch="x86_64"),
        *(_packages_microsoft_prod(release, folder, path) for release, (folder, path) in MICROSOFT_PROD.items()),
    ]
    for key in VENDOR_KEYS:
        pack(packages, out / key, key)


def _build_distribution(out: Path) -> None:
    files = {
        name: Package(name, version, arch="noarch", files={f"etc/yum.repos.d/{file}": (text.encode(), 0o644)}, conffiles=[f"/etc/yum.repos.d/{file}"])
        for name, (version, file, text) in REPOSITORY_PACKAGES.items()
    }
    pack([*COMMON.values(), *files.values()], out, "distro")


def _build_stubs(family: RpmFamily, out: Path) -> None:
    name, version, releasever = family.release
    provides = f"Provides: system-release = {version}, system-release(releasever) = {releasever}, distribution-release\n"
    packages = [Package(name, version, provides, arch="noarch")]
    for stub, what in family.stubs:
        packages.append(Package(stub, "3.1", f"Provides: {what}\n", arch="x86_64"))
    for stub, (number, what) in STUBS.items():
        packages.append(Package(stub, number, f"Provides: {what}\n", arch="x86_64"))
    pack(packages, out, "distro")


def _aadsshlogin(version: str) -> Package:
    scripts = {name: source(f"aadsshlogin-rpm/{name}") for name in ("pam_files", "post", "preun", "postun")}
    steering = source("knobs") + source("aadsshlogin/sshd_and_nsswitch") + scripts["pam_files"]
    library = "Requires: libsemanage.so.2()(64bit)\n" if version == NEW else ""
    return Package(
        "aadsshlogin", version,
        f"Requires: openssh-server, aad-standin-lib >= 1.0\nRequires(post): /bin/sh\n{library}Conflicts: aadlogin\n",
        {
            "usr/lib64/security/pam_aad.so": (compiled("pam_aad.so"), 0o755),
            "usr/lib64/libnss_aad.so.2": (compiled("libnss_aad.so.2"), 0o755),
            "usr/sbin/aad_certhandler": (compiled("aad_certhandler"), 0o755),
            "etc/sudoers.d/aad_admins": (source("aadsshlogin/aad_admins").encode(), 0o440),
        },
        ["/etc/sudoers.d/aad_admins"],
        {"post": steering + scripts["post"], "preun": steering + scripts["preun"], "postun": scripts["postun"]},
        "x86_64",
    )


def _selinux(version: str) -> Package:
    return Package("aadsshlogin-selinux", version, "Requires: selinux-policy-targeted\nConflicts: aadlogin-selinux\n", arch="noarch")


def _packages_microsoft_prod(release: str, folder: str, path: str) -> Package:
    section = "packages-microsoft-com-prod"
    text = REPO.format(section=section, name=section, url=f"https://packages.microsoft.com/{path}/", key=MICROSOFT_KEY)
    file = f"{folder}/microsoft-prod.repo"
    return Package("packages-microsoft-prod", f"1.1+{release}", "", {file: (text.encode(), 0o644)}, [f"/{file}"], arch="noarch")


def pack(packages: list[Package], out: Path, key: str) -> None:
    """Builds the packages into the folder `out` and signs them."""
    out.mkdir(exist_ok=True)
    for package in packages:
        _build(package, out)
    sign_rpms(key, sorted(out.glob("*.rpm")))


def _build(package: Package, out: Path) -> None:
    work = out / "work"
    for path, (content, mode) in package.files.items():
        write(work / "tree" / path, content, mode)
    write(work / "package.spec", _spec(package, work / "tree").encode(), 0o644)
    macros = {
        "_topdir": work / "build", "_rpmdir": out, "_build_id_links": "none", "_binary_payload": "w1.gzdio", "__os_install_post": "%{nil}",
        "_rpmfilename": "%%{NAME}-%%{VERSION}-%%{RELEASE}.%%{ARCH}.rpm", "debug_package": "%{nil}",
    }
    run(["rpmbuild", "-bb", "--quiet", *(f"--define={name} {value}" for name, value in macros.items()), work / "package.spec"])
    shutil.rmtree(work)


def _spec(package: Package, tree: Path) -> str:
    lines = [
        f"Name: {package.name}", f"Version: {package.version}", f"Release: {RELEASE}", f"BuildArch: {package.arch}", "License: MIT",
        f"Summary: stand-in for {package.name} in end-to-end tests", "AutoReqProv: no", package.fields.rstrip(), "%description", "A stand-in.",
        "%install", "mkdir -p %{buildroot}", *([f"cp -a {tree}/. %{{buildroot}}/"] if package.files else []),
    ]
    for name, text in package.scripts.items():
        lines += [f"%{name}", "set -e", text.replace("%", "%%")]
    lines.append("%files")
    for path, (_, mode) in package.files.items():
        kind = "%config(noreplace) " if f"/{path}" in package.conffiles else ""
        lines.append(f"{kind}%attr({mode:o}, root, root) /{path}")
    return "\n".join(lines) + "\n"
