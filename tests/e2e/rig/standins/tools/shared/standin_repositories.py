# SPDX-License-Identifier: MIT
"""Repositories as stand-ins of package managers see them: what is configured, and their metadata, fetched and checked."""
from __future__ import annotations

import configparser
import fnmatch
import gzip
import hashlib
import http.client
import os
import shutil
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
import xml.etree.ElementTree as tree
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

REPO = "{http://linux.duke.edu/metadata/repo}"
TRUE = ("1", "yes", "true", "on")
# Seconds of an interval, by its last letter; package managers refresh metadata older than that.
UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
SetOptions = list[tuple[str, str, str]]
"""Repository (a pattern), option, value."""


class Unfetched(Exception):
    """A file that could not be had. `status` is HTTP's, or 0; `curl` the number libcurl would give."""

    def __init__(self, url: str, status: int = 0, curl: int = 0, text: str = "") -> None:
        super().__init__(url, status, curl, text)
        self.url, self.status, self.curl, self.text = url, status, curl, text


class BadMetadata(Exception):
    """Metadata that came but is not what it should be; `signature` if that is what is wrong."""

    def __init__(self, text: str, signature: bool = False) -> None:
        super().__init__(text)
        self.signature = signature


@dataclass
class Repository:
    id: str
    options: dict[str, str]
    enabled: bool
    cache: Path = field(default_factory=Path)

    def flag(self, option: str, default: bool) -> bool:
        value = self.options.get(option)
        return default if value is None else value.lower() in TRUE

    @property
    def name(self) -> str:
        return self.options.get("name", self.id)

    @property
    def url(self) -> str:
        return self.options.get("baseurl", "").split()[0].rstrip("/") if self.options.get("baseurl") else ""

    @property
    def keys(self) -> list[str]:
        return self.options.get("gpgkey", "").split()

    @property
    def repomd(self) -> Path:
        return self.cache / "repodata/repomd.xml"

    def is_fresh(self) -> bool:
        """Whether its metadata is there and young enough to be used without a question."""
        lasting = self.options.get("metadata_expire", "172800")
        seconds = -1 if lasting == "never" else int(lasting.rstrip("smhd") or 0) * UNITS.get(lasting[-1:], 1)
        return self.repomd.exists() and (seconds < 0 or time.time() - self.repomd.stat().st_mtime < seconds)

    def primary(self) -> Path:
        """The list of its packages; needs its metadata in the cache."""
        data = next(each for each in tree.parse(self.repomd).getroot().iter(f"{REPO}data") if each.get("type") == "primary")
        location = data.find(f"{REPO}location")
        assert location is not None
        return self.cache / str(location.get("href"))


def configured(folder: str, variables: dict[str, str], main: dict[str, str], options: SetOptions) -> list[Repository]:
    """All repositories of the .repo files; options of [main] and of the command line are in theirs."""
    found = []
    for file in sorted(Path(folder).glob("*.repo")):
        parser = configparser.ConfigParser(interpolation=None, strict=False)
        parser.read_string(file.read_text(encoding="utf-8"))
        for section in parser.sections():
            values = {**main, **parser[section]}
            values.update({name: value for pattern, name, value in options if fnmatch.fnmatchcase(section, pattern)})
            for variable, value in variables.items():
                values = {name: text.replace(f"${variable}", value) for name, text in values.items()}
            found.append(Repository(section, values, values.get("enabled", "1").lower() in TRUE))
    return found


def read_main(file: str) -> dict[str, str]:
    """The options of [main] in a package manager's own configuration."""
    parser = configparser.ConfigParser(interpolation=None, strict=False)
    parser.read(file, encoding="utf-8")
    return dict(parser["main"])


def release_of(capability: str) -> str:
    """The version of the installed package that provides this; what $releasever stands for."""
    query = ["rpm", "--query", "--whatprovides", capability, "--queryformat", "%{VERSION}"]
    return subprocess.run(query, capture_output=True, text=True, check=False).stdout


def switch(repositories: Iterable[Repository], pattern: str, enabled: bool) -> bool:
    """Turns those that the pattern (several, with commas) fits on or off; False if it fits none."""
    fitting = [each for each in repositories for glob in pattern.split(",") if fnmatch.fnmatchcase(each.id, glob)]
    for each in fitting:
        each.enabled = enabled
    return bool(fitting)


def fetch(url: str, repository: Repository | None = None) -> bytes:
    if url.startswith("file://"):
        try:
            return Path(url.removeprefix("file://")).read_bytes()
        except OSError:
            raise Unfetched(url, curl=37, text="Couldn't read a file:// file") from None
    handlers = []
    if repository is not None and repository.options.get("proxy"):
        handlers.append(urllib.request.ProxyHandler(dict.fromkeys(("http", "https"), repository.options["proxy"])))
    timeout = float(repository.options.get("timeout", 30)) if repository is not None else 30
    try:
        with urllib.request.build_opener(*handlers).open(url, timeout=timeout) as answer:
            return bytes(answer.read())
    except urllib.error.HTTPError as error:
        raise Unfetched(url, status=error.code, text=str(error.reason)) from None
    except http.client.IncompleteRead:
        raise Unfetched(url, curl=18, text="Transferred a partial file") from None
    except (OSError, http.client.HTTPException) as error:
        raise Unfetched(url, **_as_curl(getattr(error, "reason", error))) from None


def _as_curl(reason: object) -> dict[str, object]:
    known = (
        (ssl.SSLCertVerificationError, 60, "SSL peer certificate or SSH remote key was not OK"),
        (ssl.SSLError, 35, "SSL connect error"),
        (socket.gaierror, 6, "Couldn't resolve host name"),
        (ConnectionRefusedError, 7, "Couldn't connect to server"),
        (TimeoutError, 28, "Timeout was reached"),
    )
    for kind, number, text in known:
        if isinstance(reason, kind):
            return {"curl": number, "text": text}
    return {"curl": 56, "text": "Failure when receiving data from the peer"}


def refresh(repository: Repository, check_signature: bool, retries: int = 0) -> None:
    """Asks for repomd.xml again, and for the lists that it names if they are others than those in the cache."""
    index = _fetch_again(f"{repository.url}/repodata/repomd.xml", repository, retries)
    if check_signature:
        verify(index, _fetch_again(f"{repository.url}/repodata/repomd.xml.asc", repository, retries), repository)
    try:
        lists = list(tree.fromstring(index).iter(f"{REPO}data"))
    except tree.ParseError as error:
        raise BadMetadata(str(error)) from None
    for each in lists:
        location, checksum = each.find(f"{REPO}location"), each.find(f"{REPO}checksum")
        assert location is not None and checksum is not None
        target = repository.cache / str(location.get("href"))
        if not target.exists():
            content = _fetch_again(f"{repository.url}/{location.get('href')}", repository, retries)
            if hashlib.new(str(checksum.get("type")), content).hexdigest() != checksum.text:
                raise BadMetadata(f"{target.name}: checksum does not match")
            _keep(target, content)
    _keep(repository.repomd, index)


def read_primary(repository: Repository) -> tree.Element:
    return tree.fromstring(gzip.decompress(repository.primary().read_bytes()))


def verify(content: bytes, signature: bytes, repository: Repository) -> None:
    """Checks a detached signature with the keys of the repository and none else."""
    with tempfile.TemporaryDirectory() as folder:
        files = {"content": content, "signature": signature}
        for name, value in files.items():
            Path(folder, name).write_bytes(value)
        ring = b""
        for url in repository.keys:
            ring += subprocess.run(["gpg", "--batch", "--dearmor"], input=fetch(url, repository), capture_output=True, check=True).stdout
        Path(folder, "ring.gpg").write_bytes(ring)
        words = ["gpgv", "--keyring", f"{folder}/ring.gpg", f"{folder}/signature", f"{folder}/content"]
        if not ring or subprocess.run(words, capture_output=True, check=False).returncode != 0:
            raise BadMetadata(f"repomd.xml signature could not be verified for {repository.id}", signature=True)


def forget(repositories: Iterable[Repository]) -> None:
    for each in repositories:
        shutil.rmtree(each.cache, ignore_errors=True)


def _fetch_again(url: str, repository: Repository, retries: int) -> bytes:
    """As fetch(), but a connection that breaks is tried `retries` times more, and each time that is said."""
    for attempt in range(1, retries + 1):
        try:
            return fetch(url, repository)
        except Unfetched as error:
            if error.status or error.curl not in (18, 28, 56):
                raise
            print(f"retrying {attempt}/{retries}", flush=True)
    return fetch(url, repository)


def _keep(target: Path, content: bytes) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    os.utime(target)
