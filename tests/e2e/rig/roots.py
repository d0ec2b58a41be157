# SPDX-License-Identifier: MIT
"""The read-only bases of the throw-away roots, the agents and the packages of the imitated distribution archive.

Only this file needs the Debian mirror, and it takes the one that this machine's apt already uses.
"""
from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from .cache import built, run

NORMAL = "openssh-server,ca-certificates,gpgv,gnupg"
# What the agent's package depends on, less ca-certificates, which the minimal root must not have.
AGENT_NEEDS = "python3,python3-distro,openssl"
# The dependencies of the stand-in packages; together with what they depend on they become the test archive.
ARCHIVE = ["openssh-server", "ca-certificates", "libpam-runtime", "passwd"]
# A testing suite's Release file expires after a week, which is less than some mirrors lag behind.
LAGGING = '--aptopt=Acquire::Check-Valid-Until "false"'

# Debian 11's installer merged /usr already, its essential packages alone do not.
MERGED = '--setup-hook=for each in bin sbin lib lib64; do mkdir -p "$1/usr/$each"; ln -s "usr/$each" "$1/$each"; done'


# Real rpm package managers, and what the product meets on any such machine.
RPM = f"{NORMAL},dnf,zypper,rpm,libsolvext1,libcurl4"
# What of Debian a machine of another kind must not show; the tools themselves leave the root when it is finished.
DEBIAN_ONLY = (
    "etc/apt", "etc/debian_version", "etc/dpkg", "etc/pam.d/*", "usr/bin/apt*", "usr/bin/deb-systemd*", "usr/bin/debconf*", "usr/bin/dpkg*",
    "usr/bin/lsb_release", "usr/lib/apt", "usr/lib/dpkg", "usr/sbin/dpkg*", "usr/sbin/pam-auth-update", "usr/sbin/update-rc.d",
    "usr/share/debconf", "usr/share/dpkg", "usr/share/pam-configs", "var/cache/apt", "var/cache/debconf", "var/lib/apt", "var/lib/dpkg", "var/lib/pam",
)


@dataclass(frozen=True)
class Base:
    """`rpm`: a root of which rpm machines are made; it has no archive and no agent, and what is Debian's alone is taken out."""

    suite: str
    include: str
    curl: str = "libcurl4"
    options: tuple[str, ...] = ()
    rpm: bool = False


BASES = {
    "bullseye": Base("bullseye", f"{AGENT_NEEDS},python3-pkg-resources,{NORMAL}", options=(MERGED,)),
    "bookworm": Base("bookworm", f"{AGENT_NEEDS},python3-pkg-resources,{NORMAL}"),
    "bookworm-minimal": Base("bookworm", f"{AGENT_NEEDS},python3-pkg-resources"),
    "trixie": Base("trixie", f"{AGENT_NEEDS},python3-legacycrypt,python3-crypt-r,{NORMAL}", "libcurl4t64"),
    "rpm-bullseye": Base("bullseye", f"{AGENT_NEEDS},python3-pkg-resources,{RPM}", options=(MERGED,), rpm=True),
    "rpm-bookworm": Base("bookworm", f"{AGENT_NEEDS},python3-pkg-resources,{RPM}", rpm=True),
    "rpm-trixie": Base("trixie", f"{AGENT_NEEDS},python3-legacycrypt,python3-crypt-r,{RPM}t64", rpm=True),
    "forky": Base("forky", f"{AGENT_NEEDS},python3-crypt-r,openssh-client,{NORMAL}", "libcurl4t64", (LAGGING,)),
}

# The finished root names no mirror and keeps nothing that only its making needed.
FINISH = (
    ': > "$1/etc/apt/sources.list"; rm -rf "$1"/etc/apt/apt.conf.d/99mmdebstrap "$1"/var/lib/apt/lists/* "$1"/var/cache/apt/*.bin',
    'mkdir -p "$1/var/lib/apt/lists/partial"; rm -rf "$1"/var/log/apt/* "$1"/var/log/dpkg.log "$1"/usr/lib/python3*/test',
    'rm -f "$1/usr/sbin/policy-rc.d"',
)

AGENT_SUITES = {"2.7": "bookworm", "2.12": "trixie", "newest": "forky"}


@dataclass(frozen=True)
class BuiltBase:
    """root: the tree; archive: .deb files that are not in it yet but that the stand-ins need."""

    root: Path
    archive: Path
    agent: Path


def mirror() -> str:
    """The Debian archive in this machine's own apt configuration."""
    targets = run(["apt-get", "indextargets", "--format", "$(ORIGIN) $(CODENAME) $(REPO_URI)", "Created-By: Packages"]).decode()
    for line in targets.splitlines():
        origin, codename, uri = (line.split(" ", 2) + ["", ""])[:3]
        if origin == "Debian" and codename and "-" not in codename:
            return uri
    raise RuntimeError("This machine's apt knows no Debian archive. Run apt-get update, then try again.")


def base(name: str) -> BuiltBase:
    recipe = repr(_bootstrap(BASES[name], Path("OUT"), "MIRROR")) + (repr(DEBIAN_ONLY) if BASES[name].rpm else "")
    folder = built(f"base-{name}", recipe, lambda out: _build(BASES[name], out))
    return BuiltBase(folder / "root", folder / "archive", folder / "agent")


def agent(version: str) -> Path:
    """The tree of Debian's waagent package, for use as one layer of an overlay."""
    return base(AGENT_SUITES[version]).agent


def _bootstrap(recipe: Base, out: Path, archive_uri: str) -> list[str]:
    hooks = [*([] if recipe.rpm else _packages_to_keep(recipe, out)), *FINISH]
    return [
        "mmdebstrap", "--quiet", "--variant=minbase", f"--include={recipe.include}",
        *(f"--dpkgopt=path-exclude=/usr/share/{part}/*" for part in ("man", "locale", "doc")),
        *(f"--customize-hook={hook}" for hook in hooks),
        *recipe.options, recipe.suite, f"{out}/root", archive_uri,
    ]


def _packages_to_keep(recipe: Base, out: Path) -> list[str]:
    """The agent's tree, and the packages that the test archive offers."""
    wanted = " ".join([*ARCHIVE, recipe.curl])
    return [
        f'chroot "$1" apt-get -q -y --no-install-recommends --download-only install {wanted} >&2',
        f'find "$1/var/cache/apt/archives" -name "*.deb" -exec mv -t "{out}/archive" {{}} +',
        'chroot "$1" sh -c "cd /tmp && apt-get -q download waagent" >&2 || true',
        f'for deb in "$1"/tmp/waagent_*.deb; do [ ! -e "$deb" ] || dpkg-deb -x "$deb" "{out}/agent"; rm -f "$deb"; done',
        # Units and init scripts are of no use here, and a folder /lib would hide the root's link /lib.
        f'rm -rf "{out}/agent/lib" "{out}/agent/etc" "{out}/agent/usr/lib/systemd" "{out}/agent/usr/share"',
    ]


def _build(recipe: Base, out: Path) -> None:
    (out / "archive").mkdir()
    (out / "agent").mkdir()
    run(_bootstrap(recipe, out, mirror()))
    for pattern in DEBIAN_ONLY if recipe.rpm else ():
        for path in (out / "root").glob(pattern):
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()


if __name__ == "__main__":
    for each in BASES:
        print(each, base(each).root)
