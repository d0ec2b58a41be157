# SPDX-License-Identifier: MIT
"""Packages as stand-ins of package managers see them: offered, installed, and what an installation takes."""
from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cmp_to_key
from xml.etree.ElementTree import Element

import rpm
from standin_repositories import Repository, read_primary

COMMON, RPM = "{http://linux.duke.edu/metadata/common}", "{http://linux.duke.edu/metadata/rpm}"
ARCHITECTURES = ("x86_64", "noarch")
# What a relation in the metadata says of the sign of (theirs - ours).
RELATIONS = {"EQ": (0,), "LT": (-1,), "LE": (-1, 0), "GT": (1,), "GE": (0, 1)}
Version = tuple[str, str, str]


class Unsolvable(Exception):
    """What is asked for cannot be installed; `lines` say why, in libsolv's words."""

    def __init__(self, *lines: str) -> None:
        super().__init__(*lines)
        self.lines = lines


@dataclass(frozen=True)
class Capability:
    name: str
    relation: str = ""
    version: Version = ("", "", "")

    def fits(self, provided: Capability) -> bool:
        if self.name != provided.name or not self.relation or not provided.relation:
            return self.name == provided.name
        theirs = provided.version if self.version[2] else (*provided.version[:2], "")
        return compare(theirs, self.version) in RELATIONS[self.relation]

    def __str__(self) -> str:
        signs = {"EQ": "=", "LT": "<", "LE": "<=", "GT": ">", "GE": ">="}
        release = f"-{self.version[2]}" if self.version[2] else ""
        return f"{self.name} {signs[self.relation]} {self.version[1]}{release}" if self.relation else self.name


@dataclass(frozen=True)
class Package:
    name: str
    arch: str
    version: Version
    repository: str
    location: str
    checksum: tuple[str, str]
    sizes: tuple[int, int]
    """Of the file, and installed."""
    provides: tuple[Capability, ...]
    requires: tuple[Capability, ...]
    conflicts: tuple[Capability, ...]

    @property
    def label(self) -> str:
        return f"{self.version[1]}-{self.version[2]}"

    @property
    def full_name(self) -> str:
        return f"{self.name}-{self.label}.{self.arch}"


@dataclass(frozen=True)
class Installed:
    name: str
    arch: str
    version: Version

    @property
    def label(self) -> str:
        return f"{self.version[1]}-{self.version[2]}"


def compare(one: Version, other: Version) -> int:
    return int(rpm.labelCompare(tuple(part or None for part in one), tuple(part or None for part in other)))


def newest(packages: Iterable[Package]) -> Package:
    return max(packages, key=cmp_to_key(lambda one, other: compare(one.version, other.version)))


def offered(repositories: Iterable[Repository]) -> list[Package]:
    """All packages in the caches of these repositories that this machine can use."""
    return [package for each in repositories for element in read_primary(each) if (package := _package(element, each)).arch in ARCHITECTURES]


def named(packages: Iterable[Package], word: str) -> list[Package]:
    """Those a word of the command line means: name, name.arch, name-version, name-version-release, its arch, or a glob."""
    return [each for each in packages if any(fnmatch.fnmatchcase(spelling, word) for spelling in _spellings(each))]


def installed(name: str | None = None) -> list[Installed]:
    found = []
    for header in rpm.TransactionSet().dbMatch(*(("name", name) if name else ())):
        if header["name"] != "gpg-pubkey":
            found.append(Installed(header["name"], header["arch"], (str(header["epoch"] or 0), header["version"], header["release"])))
    return sorted(found, key=lambda each: each.name)


def resolve(wanted: list[Package], available: list[Package]) -> list[Package]:
    """The packages to install, dependencies first; never the removal of another."""
    chosen: list[Package] = []
    for package in wanted:
        _choose(package, available, chosen)
    for package in chosen:
        for conflict in package.conflicts:
            for other in installed(conflict.name):
                raise Unsolvable(f"package {package.full_name} conflicts with {conflict.name} provided by {other.name}-{other.label}.{other.arch}")
    return chosen


def _choose(package: Package, available: list[Package], chosen: list[Package]) -> None:
    chosen.append(package)
    for need in package.requires:
        if any(need.fits(given) for each in chosen for given in each.provides) or _database_provides(need):
            continue
        providers = [each for each in available if any(need.fits(given) for given in each.provides)]
        if not providers:
            raise Unsolvable(f"nothing provides {need} needed by {package.full_name}")
        provider = newest(providers)
        _choose(provider, available, chosen)
        chosen.remove(provider)
        chosen.insert(chosen.index(package), provider)


def _database_provides(need: Capability) -> bool:
    """An installed package of another version of what is chosen counts as it is; rpm itself has the last word."""
    transaction = rpm.TransactionSet()
    if need.name.startswith("/") and any(True for _ in transaction.dbMatch("basenames", need.name)):
        return True
    for header in transaction.dbMatch("providename", need.name):
        for name, flags, version in zip(header["providename"], header["provideflags"], header["provideversion"]):
            given = Capability(name, "EQ" if flags & rpm.RPMSENSE_EQUAL else "", _split(version))
            if need.fits(given):
                return True
    return False


def _split(text: str) -> Version:
    epoch, _, rest = text.rpartition(":")
    version, _, release = rest.partition("-")
    return epoch or "0", version, release


def _spellings(package: Package) -> tuple[str, ...]:
    name, label = package.name, package.label
    return (name, f"{name}.{package.arch}", f"{name}-{package.version[1]}", f"{name}-{label}", f"{name}-{label}.{package.arch}",
            f"{name}={package.version[1]}", f"{name}={label}")


def _package(element: Element, repository: Repository) -> Package:
    def attribute(path: str, name: str) -> str:
        found = element.find(path)
        return "" if found is None else found.get(name) or ""

    checksum = element.find(f"{COMMON}checksum")
    assert checksum is not None
    version = (attribute(f"{COMMON}version", "epoch"), attribute(f"{COMMON}version", "ver"), attribute(f"{COMMON}version", "rel"))
    return Package(
        element.findtext(f"{COMMON}name") or "", element.findtext(f"{COMMON}arch") or "", version, repository.id,
        attribute(f"{COMMON}location", "href"), (checksum.get("type") or "", checksum.text or ""),
        (int(attribute(f"{COMMON}size", "package")), int(attribute(f"{COMMON}size", "installed"))),
        *(_capabilities(element, kind) for kind in ("provides", "requires", "conflicts")),
    )


def _capabilities(element: Element, kind: str) -> tuple[Capability, ...]:
    entries = element.iterfind(f"{COMMON}format/{RPM}{kind}/{RPM}entry")
    return tuple(
        Capability(each.get("name") or "", each.get("flags") or "", (each.get("epoch") or "0", each.get("ver") or "", each.get("rel") or ""))
        for each in entries if not (each.get("name") or "").startswith("rpmlib(")
    )
