# SPDX-License-Identifier: MIT
"""What stand-in packages of both kinds, deb and rpm, are made of."""
from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from .cache import built, run, text_of

OLD, NEW = "1.0.030480001", "1.0.033070001"
LEGACY = "1.0.016050002"
SOURCES = Path(__file__).parent / "standins"
SHARED = ("-O2", "-fPIC", "-shared", "-Wl,--as-needed")
# Name of the built file -> its source and the compiler's options.
COMPILED: dict[str, tuple[str, tuple[str, ...]]] = {
    "pam_aad.so": ("pam_aad.c", SHARED),
    "libnss_aad.so.2": ("nss_aad.c", (*SHARED, "-Wl,-soname,libnss_aad.so.2")),
    "aad_certhandler": ("aad_certhandler.c", ("-O2", "-static")),
}


@dataclass
class Package:
    """One package to build. `fields`: more lines of its head, in the words of its format; `files` maps a path without its
    leading slash to (content, mode); `conffiles` are those an administrator may change; `scripts` are without their head."""

    name: str
    version: str
    fields: str = ""
    files: dict[str, tuple[bytes, int]] = field(default_factory=dict)
    conffiles: list[str] = field(default_factory=list)
    scripts: dict[str, str] = field(default_factory=dict)
    arch: str = "amd64"


@cache
def compiled(name: str) -> bytes:
    """One of COMPILED, as every stand-in of aadsshlogin carries it."""
    sources = [SOURCES / "aadsshlogin" / source for source, _ in COMPILED.values()]
    return (built("compiled", text_of(*sources) + repr(COMPILED), _compile_all) / name).read_bytes()


def source(path: str) -> str:
    """The text of a file below standins/."""
    return (SOURCES / path).read_text(encoding="utf-8")


def write(path: Path, content: bytes, mode: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    path.chmod(mode)


def _compile_all(out: Path) -> None:
    for name, (file, options) in COMPILED.items():
        run(["gcc", "-Wall", "-Werror", *options, "-o", out / name, SOURCES / "aadsshlogin" / file])
