#!/usr/bin/python3 -IB
# SPDX-License-Identifier: MIT
"""Stand-in for yum 3.4.3 of release 7; README.md says where what it does is from."""
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, "/usr/lib/rpm-tool-standins")
import standin_transaction as transaction
from standin_options import NoEqualsSign, Options, UnknownOption
from standin_packages import Unsolvable, compare, installed, named, newest, offered, resolve
from standin_repositories import TRUE, BadMetadata, Unfetched, configured, forget, read_main, refresh, release_of, switch

LOCK = Path("/var/run/yum.pid")
LINE = "=" * 80
FLAGS = {"-y": "yes", "--assumeyes": "yes", "-q": "quiet", "--quiet": "quiet", "-C": "cache_only", "--cacheonly": "cache_only",
         "--downloadonly": "download_only", "--showduplicates": "duplicates"}
DEFAULTS = {"metadata_expire": "21600", "timeout": "30"}
# The options of yum.conf(5) that a machine's administrator or a program is likely to set.
KNOWN = ("assumeyes", "enabled", "exit_on_lock", "gpgcheck", "keepcache", "metadata_expire", "proxy", "repo_gpgcheck", "retries", "skip_if_unavailable",
         "sslverify", "timeout")


class Failed(Exception):
    """Ends the run with exit code 1, after these lines on stderr."""


class Yum:
    def __init__(self, options):
        self.options = options
        main = {**DEFAULTS, **read_main("/etc/yum.conf"), **options.main}
        variables = {"releasever": release_of("system-release(releasever)").partition(".")[0], "basearch": "x86_64"}
        inherited = {name: main[name] for name in KNOWN if name in main and name != "enabled"}
        self.exit_on_lock = main.get("exit_on_lock", "0").lower() in TRUE
        self.repositories = configured("/etc/yum.repos.d", variables, inherited, options.settings)
        cache = main.get("cachedir", "/var/cache/yum")
        for variable, value in variables.items():
            cache = cache.replace(f"${variable}", value)
        for each in self.repositories:
            each.cache = Path(cache, each.id)
        for pattern, enabled in options.switches:
            if not switch(self.repositories, pattern, enabled) and enabled and not set(pattern) & set("*?["):
                raise Failed(f"Error getting repository data for {pattern}, repository not found")
        self._offered = None

    def enabled(self):
        found = [each for each in self.repositories if each.enabled]
        if not found:
            raise Failed('There are no enabled repos.\n Run "yum repolist all" to see the repos you have.')
        return found

    def say(self, text=""):
        if not self.options.quiet:
            print(text, flush=True)

    def packages(self, always=False):
        if self._offered is None:
            self._offered = offered([each for each in self.enabled() if self._load(each, always)])
        return self._offered

    def _load(self, repository, always):
        if self.options.cache_only:
            if repository.repomd.exists():
                return True
            problem = f"Caching enabled but no local cache of {repository.repomd} from {repository.id}"
        elif repository.is_fresh() and not always:
            return True
        else:
            try:
                refresh(repository, repository.flag("repo_gpgcheck", False))
                return True
            except Unfetched as error:
                problem = (f"failure: repodata/{error.url.rpartition('/')[2]} from {repository.id}: [Errno 256] No more mirrors to try.\n"
                           f"{error.url}: {_explain(error)}")
                warn(f"{error.url}: {_explain(error)}\nTrying other mirror.")
            except BadMetadata as error:
                problem = f"{repository.url}/repodata/repomd.xml: [Errno -1] {error if error.signature else 'Error importing repomd.xml'}"
                warn(f"{problem}\nTrying other mirror.")
        if repository.flag("skip_if_unavailable", False):
            return False
        raise Failed(f"\n\n One of the configured repositories failed ({repository.name}),\n and yum doesn't have enough cached data to continue.\n",
                     problem)

    # --- commands

    def makecache(self, words):
        self.packages(always=True)
        self.say("Metadata Cache Created")

    def clean(self, words):
        kinds = ("headers", "packages", "metadata", "dbcache", "plugins", "expire-cache", "rpmdb", "all")
        if not words or not set(words) <= set(kinds):
            raise Failed(f"Error: clean requires an option: {', '.join(kinds)}")
        self.say("Cleaning repos: " + " ".join(each.id for each in self.enabled()))
        if set(words) & {"metadata", "all", "dbcache"}:
            forget(self.enabled())
        if "expire-cache" in words:
            for each in self.enabled():
                if each.repomd.exists():
                    os.utime(each.repomd, (0, 0))

    def list(self, words):
        scope = words.pop(0) if words and words[0] in ("all", "installed", "available", "updates") else "all"
        present = [each for each in installed() if not words or _means(each, words)] if scope in ("all", "installed") else []
        found = []
        if scope in ("all", "available"):
            candidates = [each for word in words for each in named(self.packages(), word)] if words else self.packages()
            names = dict.fromkeys(each.name for each in candidates)
            newest_only = [newest(each for each in candidates if each.name == name) for name in names]
            shown = sorted(candidates, key=lambda each: (each.name, each.label)) if self.options.duplicates else newest_only
            found = [each for each in shown if self.options.duplicates or not any(each.label == old.label for old in installed(each.name))]
        if not present and not found:
            raise Failed("Error: No matching Packages to list")
        known, offers = [(each, "@installed") for each in present], [(each, each.repository) for each in found]
        for title, rows in (("Installed Packages", known), ("Available Packages", offers)):
            if rows:
                print(title)
            for each, place in rows:
                print(f"{each.name}.{each.arch:<20} {each.label:<30} {place}")

    def install(self, words):
        self._alter(words, "install")

    def reinstall(self, words):
        self._alter(words, "reinstall")

    def erase(self, words):
        targets = [each for each in installed() if _means(each, words)]
        for word in words:
            if not any(_means(each, [word]) for each in targets):
                warn(f"No Match for argument: {word}")
        if not targets:
            self.say("No Packages marked for removal")
            return
        self._table([("Removing:", [(each, "@installed", "") for each in targets])], f"Remove  {_count(len(targets))}")
        self._confirm("Is this ok [y/N]: ")
        self._transact(["--erase", *(each.name for each in targets)], targets, "Removed:")

    def _alter(self, words, kind):
        if not words:
            raise Failed("Error: Need to pass a list of pkgs to " + kind)
        available, wanted, known = self.packages(), [], False
        for word in words:
            found = named(available, word)
            present = [old for each in found for old in installed(each.name)] or [each for each in installed() if _means(each, [word])]
            if kind == "reinstall":
                same = [each for each in found if present and each.label == present[0].label]
                if not present:
                    warn(f"No Match for argument: {word}")
                elif not same:
                    warn(f"Installed package {present[0].name}-{present[0].label}.{present[0].arch} not available.")
                wanted += same[:1]
            elif not found and not present:
                warn(f"No package {word} available.")
            elif present and (not found or compare(newest(found).version, present[0].version) <= 0):
                known = True
                self.say(f"Package {present[0].name}-{present[0].label}.{present[0].arch} already installed and latest version")
            else:
                wanted.append(newest(found))
        if not wanted:
            if not known:
                raise Failed("Error: Nothing to do")
            self.say("Nothing to do")
            return
        self._run(wanted, self._resolve(wanted, available), kind)

    def _resolve(self, wanted, available):
        self.say("Resolving Dependencies\n--> Running transaction check")
        try:
            chosen = resolve(wanted, available)
        except Unsolvable as problem:
            raise Failed(*(f"Error: {_in_yums_words(line, available)}" for line in problem.lines),
                         " You could try using --skip-broken to work around the problem", " You could try running: rpm -Va --nofiles --nodigest") from None
        for each in chosen:
            self.say(f"---> Package {each.name}.{each.arch} 0:{each.label} will be installed")
        self.say("--> Finished Dependency Resolution\n\nDependencies Resolved")
        return chosen

    def _run(self, wanted, chosen, kind):
        upgrades = [each for each in chosen if kind == "install" and installed(each.name)]
        others = [each for each in wanted if each not in upgrades]
        dependencies = [each for each in chosen if each not in wanted]
        parts = [("Reinstalling:" if kind == "reinstall" else "Installing:", others), ("Updating:", upgrades), ("Installing for dependencies:", dependencies)]
        more = f" (+{_count(len(dependencies), 'Dependent package')})" if dependencies else ""
        verb = "Reinstall" if kind == "reinstall" else "Upgrade" if upgrades else "Install"
        rows = [(title, [(each, each.repository, f"{each.sizes[0] // 1024} k") for each in packages]) for title, packages in parts if packages]
        self._table(rows, f"{verb}  {_count(len(wanted))}{more}\n\nTotal download size: {sum(each.sizes[0] for each in chosen) // 1024} k")
        self._confirm("Is this ok [y/d/N]: ")
        self.say("Background downloading packages, then exiting:" if self.options.download_only else "Downloading packages:")
        files = self._download(chosen)
        if self.options.download_only:
            self.say('exiting because "Download Only" specified')
            return
        for package, file in zip(chosen, files):
            self._check(package, file)
        again = ["--replacepkgs"] if kind == "reinstall" else []
        self._transact(["--upgrade", "--oldpackage", *again, *files], chosen, "Updated:" if upgrades else "Installed:")

    def _download(self, chosen):
        files, problems = [], []
        for package in chosen:
            folder = self._of(package).cache / "packages"
            try:
                if self.options.cache_only and not (folder / package.location).exists():
                    raise Unfetched("", text=f"Caching enabled but no local cache of {folder / package.location} from {package.repository}")
                files.append(transaction.download(package, self._of(package), folder))
            except Unfetched as error:
                if error.url:
                    warn(f"{error.url}: {_explain(error)}\nTrying other mirror.")
                problems.append(f"  {package.full_name}: {'[Errno 256] No more mirrors to try.' if error.url else error.text}")
            except transaction.WrongChecksum:
                problems.append(f"  {package.full_name}: [Errno 256] No more mirrors to try.")
        if problems:
            raise Failed("\n\nError downloading packages:", *problems)
        return files

    def _check(self, package, file):
        repository = self._of(package)
        if not repository.flag("gpgcheck", True) or not transaction.signature_problem(file):
            return
        for url in repository.keys:
            warn(f"Retrieving key from {url}")
            try:
                code = transaction.import_key(url, repository)
            except Unfetched as error:
                raise Failed(f"\n\nGPG key retrieval failed: {_explain(error)}") from None
            if code:
                raise Failed(f"\n\nKey import failed (code {code})")
        if transaction.signature_problem(file):
            raise Failed("Import of key(s) didn't help, wrong key(s)?", f"\n\nPublic key for {file.name} is not installed")

    def _transact(self, words, packages, title):
        self.say("Running transaction check\nRunning transaction test\nTransaction test succeeded\nRunning transaction")
        if transaction.rpm(*words):
            raise Failed("\n\nError: rpm could not run the transaction")
        self.say(f"\n{title}\n" + "".join(f"  {each.name}.{each.arch} 0:{each.label}\n" for each in packages) + "\nComplete!")

    def _of(self, package):
        return next(each for each in self.repositories if each.id == package.repository)

    def _table(self, parts, summary):
        self.say(f"\n{LINE}\n {'Package':<24} {'Arch':<8} {'Version':<18} {'Repository':<28} Size\n{LINE}")
        for title, rows in parts:
            self.say(title)
            for each, place, size in rows:
                self.say(f" {each.name:<24} {each.arch:<8} {each.label:<18} {place:<28} {size}")
        self.say(f"\nTransaction Summary\n{LINE}\n{summary}")

    def _confirm(self, question):
        if not self.options.yes:
            print(question, end="", flush=True)
            if sys.stdin.readline().strip().lower() not in ("y", "yes"):
                raise Failed("Exiting on user command")


COMMANDS = {"install": Yum.install, "reinstall": Yum.reinstall, "erase": Yum.erase, "remove": Yum.erase, "makecache": Yum.makecache, "clean": Yum.clean,
            "list": Yum.list}


def warn(text):
    print(text, file=sys.stderr, flush=True)


def _explain(error):
    scheme = error.url.partition(":")[0].upper()
    return f"[Errno 14] {scheme} Error {error.status} - {error.text}" if error.status else f'[Errno 14] curl#{error.curl} - "{error.text}"'


def _in_yums_words(line, available):
    """libsolv's "nothing provides A needed by B" as "Package: B (repository)" and "Requires: A"."""
    need, _, package = line.removeprefix("nothing provides ").partition(" needed by ")
    if not package:
        return line.removeprefix("package ").partition(" provided by ")[0]
    repository = next(each.repository for each in available if each.full_name == package)
    return f"Package: {package} ({repository})\n           Requires: {need}"


def _means(package, words):
    return bool({package.name, f"{package.name}.{package.arch}", f"{package.name}-{package.version[1]}", f"{package.name}-{package.label}"} & set(words))


def _count(number, what="Package"):
    return f"{number} {what}{'s' if number != 1 else ''}"


def understand(argv):
    try:
        options = Options(argv, FLAGS)
    except UnknownOption as error:
        raise Failed("Usage: yum [options] COMMAND\n\n", f"Command line error: no such option: {error}") from None
    except NoEqualsSign as error:
        raise Failed(f"Setopt argument has no value: {error}") from None
    for place, option in [(f"Repo {pattern}", option) for pattern, option, _ in options.settings] + [("Main config", option) for option in options.main]:
        if option not in KNOWN:
            warn(f"{place} did not have a {option} attr. before setopt")
    return options


def lock(exit_on_lock):
    """Waits until no living process is named in the lock file, then names this one."""
    told = False
    while LOCK.exists() and (holder := LOCK.read_text().strip()) and Path("/proc", holder).exists():
        if not told:
            warn(f"Existing lock {LOCK}: another copy is running as pid {holder}.")
            told = True
        if exit_on_lock:
            raise Failed("Another app is currently holding the yum lock; exiting as configured by exit_on_lock")
        warn("Another app is currently holding the yum lock; waiting for it to exit...")
        time.sleep(2)
    LOCK.write_text(str(os.getpid()))


def main():
    locked = False
    try:
        options = understand(sys.argv[1:])
        name, *words = options.words or [""]
        if name not in COMMANDS:
            raise Failed(f"No such command: {name}. Please use /usr/bin/yum --help")
        if os.geteuid() != 0:
            raise Failed("You need to be root to perform this command.")
        yum = Yum(options)
        lock(yum.exit_on_lock)
        locked = True
        COMMANDS[name](yum, words)
        return 0
    except Failed as failure:
        for line in failure.args:
            warn(line)
        return 1
    finally:
        if locked:
            LOCK.unlink(missing_ok=True)


if __name__ == "__main__":
    sys.exit(main())
