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
from .debs import deb
from .families import Family
from .faults import Faults
from .keys import keys, server_certificate
from .packaging import LEGACY, OLD
from .roots import BASES, base
from .rpm_archive import RpmRepository, distribution
from .rpm_families import RpmFamily
from .rpms import rpm
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


# Some are there under two names; "cbl-mariner" and "azurelinux" as the distribution's own packages name them.
RPM_REPOSITORIES = (
    *(f"rhel/{major}/prod" for major in (7, 8, 9, 10)), *(f"centos/{major}/prod" for major in (7, 8)), "alma/9/prod",
    *(f"sles/{major}/prod" for major in (12, 15, 16)), "opensuse/15/prod", "yumrepos/microsoft-rhel9.0-prod",
    *(f"yumrepos/microsoft-{name}-prod" for name in ("rocky9", "rocky10", "alma9", "alma10")),
    "azurelinux/3.0/prod/ms-non-oss/x86_64", "yumrepos/azurelinux-4-prod-microsoft-x86_64",
    "cbl-mariner/2.0/prod/extras/x86_64", "yumrepos/cbl-mariner-2.0-prod-extra-x86_64",
)
RPM_KEYS = ("microsoft.asc", "microsoft-2025.asc", "microsoft-rolling.asc")


class Microsoft:
    """The imitation of packages.microsoft.com: every repository in it holds the same packages.

    A machine sees the repositories of its own kind, `kind` "deb" or "rpm".
    """

    def __init__(self, kind: str) -> None:
        self.archives: dict[str, Archive | RpmRepository]
        self._served_key = "good"
        if kind == "deb":
            self._package, self._keys = deb, ("test.asc",)
            self.archives = {path: Archive(suite, [], "good", ("amd64", "arm64")) for path, suite in SUITES.items()}
        else:
            self._package, self._keys = rpm, ("test.asc", *RPM_KEYS)
            self.archives = {path: RpmRepository([], "good") for path in RPM_REPOSITORIES}
        self.offer(OLD)

    def offer(self, *versions: str, extra: tuple[Path, ...] = (), only: str | None = None) -> None:
        """Publishes these versions of aadsshlogin, no others; none at all is possible. `only`: in this repository."""
        packages = [self._package(name, version) for version in versions for name in ("aadsshlogin", "aadsshlogin-selinux")]
        for path, archive in self.archives.items():
            if only in (None, path):
                archive.packages = [*packages, self._package("aadlogin", LEGACY), *extra]

    def sign_with(self, key: str) -> None:
        """Signs every repository, and rpms themselves, with this key of `rig.keys`: "good" or "wrong"."""
        for archive in self.archives.values():
            archive.key = key

    def serve_key(self, key: str) -> None:
        """What lies at the keys' addresses: this key of `rig.keys`."""
        self._served_key = key

    def dated(self, days: float, valid_days: float | None = None) -> None:
        """Dates every index so many days from now, before it is first asked for; it may expire so many days after its date."""
        for archive in self.archives.values():
            archive.age = -days * 86400
            archive.valid_for = None if valid_days is None else valid_days * 86400

    def withdraw(self, path: str) -> None:
        """Takes one repository, such as "debian/12/prod", off the site."""
        del self.archives[path]

    def find(self, path: str) -> tuple[Archive | RpmRepository | None, bytes | None]:
        folder, _, name = path.partition("/")
        if folder == "keys" and name in self._keys:
            return None, keys()[self._served_key].armored
        for prefix, archive in self.archives.items():
            if path.startswith(f"{prefix}/"):
                return archive, archive.file(path.removeprefix(f"{prefix}/"))
        return None, None

    def forbids(self, path: str) -> bool:
        """Whether the site refuses to answer: it does so for what begins with ol/, and for folders of rpm repositories."""
        if self._package is deb:
            return False
        path = path.rstrip("/")
        return path.split("/")[0] == "ol" or any(f"{each}/".startswith(f"{path}/") for each in self.archives)


class Web:
    """`faults` and `proxy` may be changed at any time; `log` has every request with the fault that it met."""

    def __init__(self, name: str, family: Family) -> None:
        self.distro: Archive | RpmRepository
        if isinstance(family, RpmFamily):
            self.microsoft, self.distro, self._distro_path = Microsoft("rpm"), distribution(name, family), f"rpm/{name}/"
        else:
            self.microsoft, self.distro, self._distro_path = Microsoft("deb"), distro(family.base), "debian/"
        self.faults = Faults()
        self.proxy = Proxy()
        self.log: list[Request] = []
        self._lock = threading.Lock()

    def answer(self, request: Request) -> Response:
        path = unquote(request.path.partition("?")[0].lstrip("/"))
        with self._lock:
            self.log.append(request)
            archive, content = self._find(request.host, path)
        if content is None:
            forbidden = request.host == MICROSOFT and self.microsoft.forbids(path)
            return Response(403, b"<html>Forbidden.</html>") if forbidden else Response(404, b"<html>There is no such file.</html>")
        headers = {}
        if archive is not None:
            headers["Last-Modified"] = formatdate(archive.changed, usegmt=True)
            if request.fault is None and request.headers.get("If-Modified-Since") == headers["Last-Modified"]:
                return Response(304, b"", headers)
        return Response(200, content, headers)

    def _find(self, host: str, path: str) -> tuple[Archive | RpmRepository | None, bytes | None]:
        if host == MICROSOFT:
            return self.microsoft.find(path)
        if host == DISTRO and path.startswith(self._distro_path):
            return self.distro, self.distro.file(path.removeprefix(self._distro_path))
        return None, None


@cache
def tls() -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*server_certificate())
    return context
