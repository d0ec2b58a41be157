# SPDX-License-Identifier: MIT
"""What makes a base one of the rpm families: files, an rpm database of its own, and the package manager's cache, warm.

Each is a tree for an overlay. Programs of other families are hidden by the machine's own layer (rpm_furnish).
"""
from __future__ import annotations

import contextlib
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from .cache import built, run, text_of
from .faults import Faults
from .keys import keys
from .memory import new_folder
from .namespace import Namespace
from .packaging import SOURCES, write
from .roots import base
from .rpm_archive import distribution
from .rpm_families import TOOLS, RpmFamily
from .rpms import stub_rpms
from .web import Request, Response, Server, sockets_in

DISTRO_KEY = "/etc/pki/rpm-gpg/RPM-GPG-KEY-distro"
MICROSOFT_KEY = "/etc/pki/rpm-gpg/MICROSOFT-RPM-GPG-KEY"
REPOSITORY = """[distro]
name=The distribution
baseurl=http://distro.test/rpm/{name}/
enabled=1
autorefresh=1
gpgcheck=1
gpgkey=file://{key}
"""
# Debian's rpm keeps its database in root's home, and its gpg waits now and then for an agent that zypper has no use for.
DEBIAN_DEVIATES = {"etc/rpm/macros": "%_dbpath /var/lib/rpm\n", "etc/gnupg/gpg.conf": "no-autostart\n"}
# /usr/lib64 and the modules in it belong to the loader's and PAM's paths on every rpm distribution, not on Debian.
LIB64 = {"etc/ld.so.conf.d/lib64.conf": "/usr/lib64\n"}
NSSWITCH = "passwd:     files systemd\nshadow:     files\ngroup:      files systemd\nhosts:      files dns\n"
PAM_OTHER = "#%PAM-1.0\nauth required pam_deny.so\naccount required pam_deny.so\npassword required pam_deny.so\nsession required pam_deny.so\n"


@dataclass(frozen=True)
class Layer:
    root: Path
    warm: Path
    """The package manager's cache of the distribution's repository."""


def layer(name: str, family: RpmFamily) -> Layer:
    sources = [Path(__file__), *_pieces(family)]
    pieces = [str(base(family.base).root), str(stub_rpms(name, family)), str(distribution(name, family).folder())]
    folder = built(f"layer-{name}", text_of(*sources) + repr((family, TOOLS[family.tool], pieces)), lambda out: _build(name, family, out))
    return Layer(folder / "root", folder / "warm")


def _pieces(family: RpmFamily) -> list[Path]:
    program = SOURCES / f"tools/{family.tool}.py"
    standin = [program, *(SOURCES / "tools/shared").glob("*.py")] if program.exists() else []
    return [*(SOURCES / "pam" / family.style).iterdir(), *standin]


def _build(name: str, family: RpmFamily, out: Path) -> None:
    for part in ("root", "warm"):
        (out / part).mkdir(mode=0o755)
    with _namespace(name, [base(family.base).root]) as (upper, inside):
        _files(name, family, inside.root)
        write(inside.root / "run/distro.asc", keys()["distro"].armored, 0o644)
        shutil.copytree(stub_rpms(name, family), inside.root / "run/stubs")
        _do(inside, "rpm --import /run/distro.asc && rpm --install --nosignature /run/stubs/*.rpm && ldconfig")
        _keep(upper, out / "root")
    tool = TOOLS[family.tool]
    with _namespace(name, [out / "root", base(family.base).root]) as (upper, inside):
        write(inside.root / "etc/hosts", b"127.0.0.1 localhost distro.test\n", 0o644)
        with _served(name, family, inside):
            _do(inside, " ".join(tool.refresh))
        kept = out / "warm" / tool.cache[1:]
        kept.mkdir(parents=True)
        _keep(upper / tool.cache[1:], kept)


def _keep(upper: Path, out: Path) -> None:
    """Copies what was changed, without the overlay's own notes on it."""
    run(["cp", "--archive", "--no-preserve=xattr", f"{upper}/.", out])


def _files(name: str, family: RpmFamily, root: Path) -> None:
    tool = TOOLS[family.tool]
    texts = {
        **DEBIAN_DEVIATES, **LIB64,
        "usr/lib/os-release": family.os_release or "",
        "etc/nsswitch.conf": NSSWITCH,
        "etc/pam.d/other": PAM_OTHER,
        f"{tool.repositories[1:]}/distro.repo": REPOSITORY.format(name=name, key=DISTRO_KEY),
        **{path[1:]: text for path, text in tool.settings},
    }
    if family.release_file:
        texts[f"etc/{family.release_file}"] = family.pretty_name.replace(family.release[1], f"release {family.release[1]}") + "\n"
    for file in (SOURCES / "pam" / family.style).iterdir():
        texts[f"etc/pam.d/{file.name}"] = file.read_text(encoding="utf-8")
    for path, text in texts.items():
        write(root / path, text.encode(), 0o644)
    write(root / DISTRO_KEY[1:], keys()["distro"].armored, 0o644)
    if family.offers:  # Azure Linux, whose images trust Microsoft by a file
        write(root / MICROSOFT_KEY[1:], keys()["good"].armored, 0o644)
    if family.style == "suse":
        for part in ("auth", "account", "password", "session"):
            (root / f"etc/pam.d/common-{part}").symlink_to(f"common-{part}-pc")
    (root / "etc/sudoers.d").mkdir(mode=0o750)
    (root / "usr/lib64").mkdir(exist_ok=True)
    (root / "usr/lib64/security").symlink_to("../lib/x86_64-linux-gnu/security")
    _programs(family, root)


def _programs(family: RpmFamily, root: Path) -> None:
    """Stand-ins of tools that Debian does not have, and the name `yum` that dnf has had since release 8."""
    program = SOURCES / f"tools/{family.tool}.py"
    if program.exists():
        write(root / "usr/bin" / program.stem, program.read_bytes(), 0o755)
        for file in (SOURCES / "tools/shared").glob("*.py"):
            write(root / "usr/lib/rpm-tool-standins" / file.name, file.read_bytes(), 0o644)
    if family.tool == "dnf":
        (root / "usr/bin").mkdir(parents=True, exist_ok=True)
        (root / "usr/bin/yum").symlink_to("dnf-3")


@contextlib.contextmanager
def _namespace(name: str, layers: Sequence[Path]) -> Iterator[tuple[Path, Namespace]]:
    state = new_folder()
    for part in ("upper", "work", "root"):
        (state / part).mkdir(mode=0o755)
    inside = Namespace(name, state, layers, 7200)
    try:
        yield state / "upper", inside
    finally:
        inside.stop()
        shutil.rmtree(state)


@contextlib.contextmanager
def _served(name: str, family: RpmFamily, inside: Namespace) -> Iterator[None]:
    def answer(request: Request) -> Response:
        content = distribution(name, family).file(request.path.removeprefix(f"/rpm/{name}/"))
        return Response(404) if content is None else Response(200, content)

    (listening,) = sockets_in(inside.pid, [("127.0.0.1", 80)])
    server = Server(listening, answer, Faults())
    try:
        yield
    finally:
        server.stop()


def _do(inside: Namespace, command: str) -> None:
    done = inside.run(["sh", "-c", command])
    if done.code != 0:
        raise RuntimeError(f"{command} ended with {done.code}:\n{done.stdout}{done.stderr}")
