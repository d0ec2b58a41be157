# SPDX-License-Identifier: MIT
"""Ways to break a machine that are none of its web's: a full disk, and a certificate of an authority that nobody trusts."""
from __future__ import annotations

import ssl
from functools import cache
from pathlib import Path

from .cache import built, run, text_of
from .inside import Inside
from .sites import MICROSOFT

ISSUER = "Inspecting firewall of the tests"
# What is mounted over the folder holds what was there. Nobody but root uses what is full, so the mode is the folder's own.
MOUNT = """set -e
mkdir -p "$1"
mode=$(stat -c %a "$1")
cp -a "$1" /run/small-disk
mount -t tmpfs -o "size=64m,mode=$mode" small-disk "$1"
cp -a /run/small-disk/. "$1"
rm -r /run/small-disk"""
FILL = 'cat /dev/zero > "$1/.filler" 2>/dev/null; test -s "$1/.filler"'


def own_disk(m: Inside, folder: str) -> None:
    """Gives the folder a file system of its own, with what is in it."""
    m.ok("sh", "-c", MOUNT, "sh", folder)


def fill_disk(m: Inside, folder: str) -> None:
    m.ok("sh", "-c", FILL, "sh", folder)


def free_disk(m: Inside, folder: str) -> None:
    m.ok("rm", "-f", f"{folder}/.filler")


@cache
def untrusted_tls() -> ssl.SSLContext:
    """What a firewall shows that looks into TLS, on a machine that was not told of its authority."""
    folder = built("untrusted-tls", text_of(Path(__file__)), _make)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    return context


def _make(out: Path) -> None:
    days = ["-days", "3650"]
    (out / "tls.ext").write_text(f"subjectAltName=DNS:{MICROSOFT}\n")
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *days, "-subj", f"/CN={ISSUER}", "-keyout", out / "ca.key", "-out", out / "ca.crt"])
    run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={MICROSOFT}", "-keyout", out / "tls.key", "-out", out / "tls.csr"])
    run(["openssl", "x509", "-req", "-in", out / "tls.csr", "-CA", out / "ca.crt", "-CAkey", out / "ca.key", "-CAcreateserial", *days,
         "-extfile", out / "tls.ext", "-out", out / "tls.crt"])
