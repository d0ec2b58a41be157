# SPDX-License-Identifier: MIT
"""The web that a machine can see: packages.microsoft.com, the distribution's archive and a forward proxy."""
from __future__ import annotations

import ssl
import threading
from email.utils import formatdate
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from .archive import Archive, StaleArchive
from .debs import OLD, deb
from .faults import Faults
from .keys import keys, server_certificate
from .roots import BASES, base
from .web import Proxy, Request, Response

MICROSOFT, DISTRO = "packages.microsoft.com", "distro.test"
SUITES = {
    **{f"ubuntu/{version}/prod": codename for version, codename in {
        "16.04": "xenial", "18.04": "bionic", "20.04": "focal", "22.04": "jammy", "24.04": "noble", "25.10": "questing", "26.04": "resolute",
    }.items()},
    **{f"debian/{version}/prod": codename for version, codename in {
        "9": "stretch", "10": "buster", "11": "bullseye", "12": "bookworm", "13": "trixie", "14": "forky",
    }.items()},
}
SUITES |= {f"repos/microsoft-{path.partition('/')[0]}-{codename}-prod": codename for path, codename in SUITES.items()}


@cache
def distro(name: str, stale: bool = False) -> Archive:
    """The distribution's archive of a base; it never changes, so all machines share it."""
    kind = StaleArchive if stale else Archive
    return kind(BASES[name].suite, sorted(base(name).archive.glob("*.deb")), "distro")


class Microsoft:
    """The imitation of packages.microsoft.com: every repository in it holds the same packages."""

    def __init__(self) -> None:
        self.archives = {path: Archive(suite, [], "good", ("amd64", "arm64")) for path, suite in SUITES.items()}
        self.offer(OLD)

    def offer(self, *versions: str, extra: tuple[Path, ...] = (), only: str | None = None) -> None:
        """Publishes these versions of aadsshlogin, no others; none at all is possible. `only`: in this repository."""
        packages = [deb(name, version) for version in versions for name in ("aadsshlogin", "aadsshlogin-selinux")]
        for path, archive in self.archives.items():
            if only in (None, path):
                archive.packages = [*packages, deb("aadlogin", "1.0.016050002"), *extra]

    def sign_with(self, key: str) -> None:
        """Signs every repository with this key of `rig.keys`: "good" or "wrong"."""
        for archive in self.archives.values():
            archive.key = key

    def dated(self, days: float, valid_days: float | None = None) -> None:
        """Dates every index so many days from now, before it is first asked for; it may expire so many days after its date."""
        for archive in self.archives.values():
            archive.age = -days * 86400
            archive.valid_for = None if valid_days is None else valid_days * 86400

    def withdraw(self, path: str) -> None:
        """Takes one repository, such as "debian/12/prod", off the site."""
        del self.archives[path]

    def find(self, path: str) -> tuple[Archive | None, bytes | None]:
        if path == "keys/test.asc":
            return None, keys()["good"].armored
        for prefix, archive in self.archives.items():
            if path.startswith(f"{prefix}/"):
                return archive, archive.file(path.removeprefix(f"{prefix}/"))
        return None, None


class Web:
    """`faults` and `proxy` may be changed at any time; `log` has every request with the fault that it met."""

    def __init__(self, base_name: str) -> None:
        self.microsoft = Microsoft()
        self.distro = distro(base_name)
        self.faults = Faults()
        self.proxy = Proxy()
        self.log: list[Request] = []
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        with self._lock:
            self.log.append(request)
            archive, content = self._find(request.host, request.path.partition("?")[0].lstrip("/"))
        if content is None:
            return Response(404, b"<html>There is no such file.</html>")
        headers = {}
        if archive is not None:
            headers["Last-Modified"] = formatdate(archive.changed, usegmt=True)
            if request.fault is None and request.headers.get("If-Modified-Since") == headers["Last-Modified"]:
                return Response(304, b"", headers)
        return Response(200, content, headers)

    def _find(self, host: str, path: str) -> tuple[Archive | None, bytes | None]:
        path = unquote(path)
        if host == MICROSOFT:
            return self.microsoft.find(path)
        if host == DISTRO and path.startswith("debian/"):
            return self.distro, self.distro.file(path.removeprefix("debian/"))
        return None, None


@cache
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server_certificate())
    return context
