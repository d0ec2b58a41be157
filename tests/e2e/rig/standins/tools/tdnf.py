#!/usr/bin/python3 -IB
# SPDX-License-Identifier: MIT
"""Stand-in for tdnf 3.6.0; README.md says what of it was measured."""
import fcntl
import fnmatch
import os
import sys
from pathlib import Path

sys.path.insert(0, "/usr/lib/rpm-tool-standins")
import standin_transaction as transaction
from standin_options import NoEqualsSign, Options, UnknownOption
from standin_packages import Unsolvable, compare, installed, named, newest, offered, resolve
from standin_repositories import BadMetadata, Unfetched, configured, forget, read_main, refresh, release_of, switch

LOCK = "/var/run/.tdnf-instance-lockfile"
FLAGS = {"-y": "yes", "--assumeyes": "yes", "--assumeno": "no", "-q": "quiet", "--quiet": "quiet", "-C": "cache_only", "--cacheonly": "cache_only",
         "--refresh": "refresh", "--downloadonly": "download_only", "--nogpgcheck": "unchecked"}
# vmware/tdnf, include/tdnferror.h. tdnf's exit code is the number modulo 256.
ERRORS = {
    901: "There was no match for the search", 904: "Command line error: expected atleast one argument", 908: "Command line error: option is invalid.",
    1011: "No matching packages", 1032: "Operation aborted.", 1033: "Invalid input.", 1034: "cache only is set, but no repo data found",
    1310: "Solv general runtime error", 1514: "RPM is signed but failed to match with known keys. Use --nogpgcheck to ignore.",
    1525: "rpm transaction failed", 1528: "File checksum does not match.", 1601: "Operation not permitted. You have to be root.", 1622: "Invalid argument",
}


class Failed(Exception):
    """An error of tdnf's own, by its number; what comes before it on stderr; another text than the number's usual one."""

    def __init__(self, number, *before, text=""):
        super().__init__(number)
        self.number, self.before, self.text = number, before, text or ERRORS.get(number, "")


class NoCache(Exception):
    """With -C, a repository of which nothing is in the cache."""


class Tdnf:
    def __init__(self, options):
        self.options = options
        main = {**read_main("/etc/tdnf/tdnf.conf"), **options.main}
        self.folder = Path(main.get("cachedir", "/var/cache/tdnf"))
        variables = {"releasever": main.get("releasever") or release_of("system-release"), "basearch": "x86_64"}
        inherited = {name: main[name] for name in ("gpgcheck", "proxy") if name in main}
        self.repositories = configured(main.get("repodir", "/etc/yum.repos.d"), variables, inherited, options.settings)
        for each in self.repositories:
            each.cache = self.folder / each.id
        for pattern, enabled in options.switches:
            switch(self.repositories, pattern, enabled)
        self._offered = None

    def enabled(self):
        return [each for each in self.repositories if each.enabled]

    def say(self, text=""):
        if not (self.options.quiet and self.options.yes):
            print(text, flush=True)

    def packages(self, always=False):
        """What the enabled repositories offer; a repository that fails is left out or ends the run."""
        if self._offered is None:
            self._offered = offered([each for each in self.enabled() if self._load(each, always or self.options.refresh)])
        return self._offered

    def _load(self, repository, always):
        if repository.repomd.exists() and (self.options.cache_only or (repository.is_fresh() and not always)):
            return True
        try:
            if self.options.cache_only:
                raise NoCache
            if not self.options.quiet:
                print(f"Refreshing metadata for: '{repository.name}'", flush=True)
            refresh(repository, repository.flag("repo_gpgcheck", False) and not self.options.unchecked, retries=10)
            return True
        except (NoCache, Unfetched, BadMetadata) as error:
            number = _explain(error)
            warn(f"Error: Failed to synchronize cache for repo '{repository.name}'")
            if not repository.flag("skip_if_unavailable", False):
                raise Failed(number) from None
            warn(f"Disabling Repo: '{repository.name}'")
            if isinstance(error, BadMetadata):  # measured: what came stays a problem though the repository is left out
                raise Failed(1622) from None
            repository.enabled = False
            return False

    # --- commands

    def makecache(self, words):
        self.packages(always=True)
        print("Metadata cache created.")

    def clean(self, words):
        if words not in (["all"], ["metadata"], ["packages"], ["expire-cache"], ["dbcache"]):
            raise Failed(903, text="Command line error: clean requires an option: packages, metadata, dbcache, plugins, expire-cache, all")
        forget(self.repositories)
        print("Done.")

    def list(self, words):
        scopes = ("all", "installed", "available", "updates", "upgrades", "extras", "obsoletes", "recent")
        scope = words.pop(0) if words and words[0] in scopes else "all"
        rows = []
        if scope in ("all", "installed"):
            rows += [(f"{each.name}.{each.arch}", each.label, "@System") for each in installed() if not words or _means(each, words)]
        if scope in ("all", "available"):
            found = [each for word in words for each in named(self.packages(), word)] if words else self.packages()
            rows += [(f"{each.name}.{each.arch}", each.label, each.repository) for each in found]
        if not rows:
            raise Failed(1011)
        for row in rows:
            print(f"{row[0]:<44} {row[1]:<25} {row[2]}")

    def install(self, words):
        self._alter(words, "install")

    def reinstall(self, words):
        self._alter(words, "reinstall")

    def update(self, words):
        self._alter(words or [each.name for each in installed()], "update")

    def erase(self, words):
        for word in words:
            if not installed(word):
                raise Failed(1011, f"{word} package not found or not installed")
        targets = [each for word in words for each in installed(word)]
        self.say("\nRemoving:")
        for each in targets:
            self.say(f"{each.name:<16} {each.arch:<12} {each.label:<16} @System")
        self._confirm()
        self.say("Testing transaction\nRunning transaction")
        if code := transaction.rpm("--erase", *words):
            raise Failed(1525) if code != 2 else Failed(code)
        for each in targets:
            self.say(f"Removing: {each.name}-{each.label}.{each.arch}")

    def _alter(self, words, kind):
        if not words:
            raise Failed(904)
        available, wanted = self.packages(), []
        for word in words:
            present = [each for each in installed() if _means(each, [word])]
            found = named(available, word)
            if not found and not (present and kind == "install"):
                if kind == "update":
                    continue
                raise Failed(1011, f"{word} package not found or not installed")
            best = newest(found) if found else None
            if kind == "install" and present and (best is None or best.label == present[0].label):
                print(f"Package {word} is already installed.", flush=True)
            elif kind == "reinstall":
                if not present:
                    raise Failed(1011, f"{word} package not found or not installed")
                wanted += [each for each in found if each.label == present[0].label][:1]
            elif kind == "install" or (present and _newer(best, present[0])):
                wanted.append(best)
        if not wanted:
            print("Nothing to do.", flush=True)
            return
        try:
            chosen = resolve(wanted, available)
        except Unsolvable as problem:
            lines = [f"{number}. {line}" for number, line in enumerate(problem.lines, 1)]
            raise Failed(1310, f"Found {len(lines)} problem(s) while resolving", *lines) from None
        self._run(chosen, kind)

    def _run(self, chosen, kind):
        titles = {"install": "Installing:", "reinstall": "Reinstalling:", "update": "Upgrading:"}
        title = titles[kind]
        for old, each in ((old, each) for each in chosen for old in installed(each.name) if kind == "install"):
            title = "Upgrading:" if _newer(each, old) else "Downgrading:"
        self.say(f"\n{title}")
        for each in chosen:
            self.say(f"{each.name:<16} {each.arch:<12} {each.label:<16} {each.repository:<12} {_size(each.sizes[1]):>7} {_size(each.sizes[0]):>9}")
        self.say(f"\nTotal installed size: {_size(sum(each.sizes[1] for each in chosen)):>7}")
        self.say(f"Total download size: {_size(sum(each.sizes[0] for each in chosen)):>7}")
        self._confirm()
        files = [self._file(each) for each in chosen]
        if self.options.download_only:
            return
        self.say("Testing transaction\nRunning transaction")
        code = transaction.rpm("--upgrade", "--oldpackage", *(["--replacepkgs"] if kind == "reinstall" else []), *files)
        for each in chosen:
            self.say(f"Installing/Updating: {each.full_name}")
        if code:
            raise Failed(1525)

    def _file(self, package):
        repository = next(each for each in self.repositories if each.id == package.repository)
        before = f"Error processing package: {package.location}"
        folder = repository.cache / "rpms"
        if self.options.cache_only and not (folder / package.location).exists():
            raise Failed(1034, before)
        try:
            file = transaction.download(package, repository, folder)
        except Unfetched as error:
            number = _explain(error, final=True)
            raise Failed(number, before, text=error.text if not error.status else "") from None
        except transaction.WrongChecksum as error:
            raise Failed(1528, f"rpm file ({error}) Checksum FAILED (digest mismatch)", before) from None
        if repository.flag("gpgcheck", True) and not self.options.unchecked:
            self._check(file, repository, before)
        return file

    def _check(self, file, repository, before):
        if not transaction.signature_problem(file):
            return
        for url in repository.keys:
            warn(f"importing key from {url}")
            try:
                code = transaction.import_key(url, repository)
            except Unfetched as error:
                raise Failed(_explain(error), before) from None
            if code:
                raise Failed(2, before)
        if problem := transaction.signature_problem(file):
            raise Failed(1514, problem.rstrip(), before)

    def _confirm(self):
        if self.options.no:
            raise Failed(1032)
        if not self.options.yes:
            print("Is this ok [y/N]: ", end="", flush=True)
            answer = sys.stdin.readline().strip().lower()
            if answer not in ("y", "n"):
                raise Failed(1033)
            if answer == "n":
                raise Failed(1032)


COMMANDS = {"install": Tdnf.install, "reinstall": Tdnf.reinstall, "update": Tdnf.update, "upgrade": Tdnf.update, "erase": Tdnf.erase, "remove": Tdnf.erase,
            "makecache": Tdnf.makecache, "clean": Tdnf.clean, "list": Tdnf.list}
CHANGING = ("install", "reinstall", "update", "upgrade", "erase", "remove")


def warn(text):
    print(text, file=sys.stderr, flush=True)


def _explain(error, final=False):
    """Says what went wrong and gives tdnf's number for it; curl's own numbers are 1201 + curl's."""
    if isinstance(error, NoCache):
        warn(f"Error(1034) : {ERRORS[1034]}")
        return 1034
    if isinstance(error, BadMetadata):
        warn("Error(2004) : repogpgcheck plugin error: failed to verify signature" if error.signature else f"Error(4294967295) parsing repomd: repo_repomdxml: {error}")
        return 1622
    if error.status:
        warn(f"Error: {error.status} when downloading {error.url}\n. Please check repo url or refresh metadata with 'tdnf makecache'.")
        if not final:
            warn(f"Error(1622) : {ERRORS[1622]}")
        return 1622
    if not final:
        warn(f"Error({1201 + error.curl}) : {error.text}")
    ERRORS.setdefault(1201 + error.curl, error.text)
    return 1201 + error.curl


def _means(package, words):
    spellings = (package.name, f"{package.name}.{package.arch}", f"{package.name}-{package.version[1]}", f"{package.name}-{package.label}",
                 f"{package.name}={package.version[1]}", f"{package.name}={package.label}")
    names = {word.partition("=")[0] for word in words}
    return package.name in names or any(fnmatch.fnmatchcase(each, word) for each in spellings for word in words)


def _newer(package, old):
    return compare(package.version, old.version) > 0


def _size(number):
    for unit in ("b", "k", "M"):
        if number < 1024 or unit == "M":
            return f"{number:.2f}{unit}"
        number /= 1024


def main():
    try:
        try:
            options = Options(sys.argv[1:], FLAGS, ("repo=", "repoid=", "releasever="))
        except UnknownOption as error:
            raise Failed(908, f"No such option: {error}. Please use /usr/bin/tdnf --help") from None
        except NoEqualsSign:
            raise Failed(908, text="Command line error: setopt requires an equal sign") from None
        name, *words = options.words or [""]
        if name not in COMMANDS:
            raise Failed(901, f"No such command: {name}. Please use /usr/bin/tdnf --help", text="Command line error: no such command")
        if name in CHANGING and os.geteuid() != 0:
            raise Failed(1601)
        with open(LOCK, "a", encoding="utf-8") as lock:
            try:
                fcntl.lockf(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                warn(f"waiting for tdnf_instance lock on {LOCK}")
                fcntl.lockf(lock, fcntl.LOCK_EX)
            COMMANDS[name](Tdnf(options), words)
            Path(LOCK).unlink(missing_ok=True)
        return 0
    except Failed as failure:
        for line in failure.before:
            warn(line)
        if failure.text:
            warn(f"Error({failure.number}) : {failure.text}")
        else:
            warn(f"Retrieving error string for {failure.number} failed with 0")
        return failure.number % 256


if __name__ == "__main__":
    sys.exit(main())
