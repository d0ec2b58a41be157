# SPDX-License-Identifier: MIT
"""The keys of the imitation: OpenPGP keys that sign repositories, and a certificate authority with one leaf."""
from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from .cache import built, run, text_of

NAMES = ("good", "wrong", "distro")
HOSTS = ("packages.microsoft.com", "distro.test")


@dataclass(frozen=True)
class Key:
    name: str
    fingerprint: str
    armored: bytes
    binary: bytes


@cache
def keys() -> dict[str, Key]:
    folder = _folder()
    return {
        name: Key(name, (folder / f"{name}.fpr").read_text(), (folder / f"{name}.asc").read_bytes(), (folder / f"{name}.gpg").read_bytes())
        for name in NAMES
    }


def authority() -> str:
    """The test authority's certificate, PEM."""
    return (_folder() / "ca.crt").read_text()


def server_certificate() -> tuple[Path, Path]:
    """Certificate chain and private key of the TLS server."""
    return _folder() / "tls.crt", _folder() / "tls.key"


def clear_sign(name: str, text: str) -> bytes:
    return _gpg("--local-user", f"{name}@test.invalid", "--clearsign", stdin=text.encode())


def detached_signature(name: str, text: str) -> bytes:
    return _gpg("--local-user", f"{name}@test.invalid", "--armor", "--detach-sign", stdin=text.encode())


def sign_rpms(name: str, files: list[Path]) -> None:
    """Adds the key's signature to each of these packages."""
    macros = {"_gpg_name": f"{name}@test.invalid", "_gpg_path": _home(), "__gpg": "/usr/bin/gpg"}
    run(["rpmsign", *(f"--define={macro} {value}" for macro, value in macros.items()), "--addsign", *files])


def _folder() -> Path:
    return built("keys", text_of(Path(__file__)), _make)


def _gpg(*words: str, stdin: bytes | None = None) -> bytes:
    return run(["gpg", "--batch", "--quiet", "--no-tty", "--homedir", _home(), *words], stdin=stdin)


@cache
def _home() -> str:
    """A short-lived copy of the secret keys: gpg's agent wants a short socket path and goes away with its folder."""
    home = tempfile.mkdtemp(prefix="e2e-gpg-")
    shutil.copytree(_folder() / "secret", home, dirs_exist_ok=True, ignore=shutil.ignore_patterns("S.*"))
    os.chmod(home, 0o700)
    owner = os.getpid()

    def clean() -> None:
        if os.getpid() == owner:
            run(["gpgconf", "--homedir", home, "--kill", "all"])
            shutil.rmtree(home, ignore_errors=True)

    atexit.register(clean)
    return home


def _make(out: Path) -> None:
    home = Path(tempfile.mkdtemp(prefix="e2e-gpg-"))
    gpg = ["gpg", "--batch", "--quiet", "--no-tty", "--homedir", str(home)]
    for name in NAMES:
        address = f"{name}@test.invalid"
        run([*gpg, "--passphrase", "", "--quick-gen-key", f"Test key {name} <{address}>", "rsa3072", "sign", "never"])
        (out / f"{name}.asc").write_bytes(run([*gpg, "--armor", "--export", address]))
        (out / f"{name}.gpg").write_bytes(run([*gpg, "--export", address]))
        listing = run([*gpg, "--with-colons", "--list-keys", address]).decode()
        (out / f"{name}.fpr").write_text(next(line for line in listing.splitlines() if line.startswith("fpr:")).split(":")[9])
    run(["gpgconf", "--homedir", home, "--kill", "all"])
    shutil.copytree(home, out / "secret", ignore=shutil.ignore_patterns("S.*"))
    shutil.rmtree(home)
    _make_certificates(out)


def _make_certificates(out: Path) -> None:
    days = ["-days", "3650"]
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    (out / "tls.ext").write_text(f"subjectAltName={names}\n")
    run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", *days, "-subj", "/CN=End-to-end test authority",
         "-keyout", out / "ca.key", "-out", out / "ca.crt"])
    run(["openssl", "req", "-newkey", "rsa:2048", "-nodes", "-subj", f"/CN={HOSTS[0]}",
         "-keyout", out / "tls.key", "-out", out / "tls.csr"])
    run(["openssl", "x509", "-req", "-in", out / "tls.csr", "-CA", out / "ca.crt", "-CAkey", out / "ca.key",
         "-CAcreateserial", *days, "-extfile", out / "tls.ext", "-out", out / "tls.crt"])
