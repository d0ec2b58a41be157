# SPDX-License-Identifier: MIT
"""How each fault of the fault matrix is brought about at each stage, and how it is taken away again."""
from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from rig.breakage import fill_disk, free_disk, own_disk, untrusted_tls
from rig.debs import MICROSOFT_KEYS
from rig.machine import Machine, wait_until
from rig.rpm_commands import trust_test_key
from rig.sites import DISTRO, MICROSOFT, tls

LOCK_SECONDS = 20
KNOB = "/etc/aadsshlogin-standin"


@dataclass(frozen=True)
class Site:
    """Where a stage can be hit. `before`: the last requests that come before it, and how many; None: the start of the run will do.
    `asks`: its own requests. `disk`: the folder it writes in. `lock`: the first lock that matters there; `queues`: its holder comes only
    when the stage before has been answered, because that wants the lock, too. `host`: who answers at this stage."""

    family: str
    before: tuple[str, int] | None = None
    asks: str = ""
    disk: str = ""
    lock: str = ""
    queues: bool = False
    host: str = MICROSOFT


KEY = ("/keys/test.asc$", 1)
RPM_LOCK = "/var/lib/rpm/.rpm.lock"
SITES: dict[tuple[str, str], Site] = {
    ("apt", "key"): Site("debian12", None, "/keys/test.asc$", "/usr/share/keyrings"),
    ("apt", "index"): Site("debian12", KEY, "prod/dists/bookworm/(In)?Release", "/var/cache"),
    ("apt", "primary"): Site("debian12", ("/InRelease$", 1), "prod/dists/bookworm/main/", "/var/cache"),
    ("apt", "package"): Site("debian12", ("prod/dists/bookworm/main/", 1), "prod/pool/", "/var/cache", "/var/lib/dpkg/lock-frontend"),
    ("apt", "dependency"): Site("debian12", None, f"{DISTRO}/debian/pool/", host=DISTRO),
    ("apt", "transaction"): Site("debian12", ("prod/pool/", 1), "", "/etc/sudoers.d", "/var/lib/dpkg/lock-frontend", queues=True),
    ("dnf", "ladder"): Site("rocky9", None, "yumrepos/microsoft-rocky9-prod/"),
    ("dnf", "key"): Site("rhel9", None, "/keys/test.asc$", "/etc/pki/rpm-gpg", RPM_LOCK),
    ("dnf", "index"): Site("rhel9", KEY, "rhel/9/prod/repodata/repomd", "/var/cache/dnf", "/var/cache/dnf/metadata_lock.pid"),
    ("dnf", "primary"): Site("rhel9", ("rhel/9/prod/repodata/repomd.xml$", 1), "rhel/9/prod/repodata/.*-(primary|filelists)", "/var/cache/dnf"),
    ("dnf", "package"): Site("rhel9", ("rhel/9/prod/repodata/.*-(primary|filelists)", 2), "rhel/9/prod/Packages/", "/var/cache/dnf",
                             "/var/cache/dnf/download_lock.pid"),
    ("dnf", "dependency"): Site("rhel9", None, f"{DISTRO}/rpm/rhel9/Packages/", host=DISTRO),
    ("dnf", "transaction"): Site("rhel9", None, "", "/etc/sudoers.d", RPM_LOCK),
    ("zypper", "key"): Site("sles155", None, "/keys/test.asc$", "/etc/pki/rpm-gpg", RPM_LOCK),
    ("zypper", "index"): Site("sles155", KEY, "sles/15/prod/(repodata/repomd|media)", "/var/cache/zypp", "/run/zypp.pid"),
    ("zypper", "primary"): Site("sles155", ("sles/15/prod/repodata/repomd.xml$", 1), "sles/15/prod/repodata/.*-primary", "/var/cache/zypp"),
    ("zypper", "package"): Site("sles155", ("sles/15/prod/repodata/.*-primary", 1), "sles/15/prod/Packages/", "/var/cache/zypp",
                                "/run/zypp.pid", queues=True),
    ("zypper", "dependency"): Site("sles155", None, f"{DISTRO}/rpm/sles155/Packages/", host=DISTRO),
    ("zypper", "transaction"): Site("sles155", None, "", "/etc/sudoers.d", RPM_LOCK),
}


@dataclass
class Trouble:
    """One fault at one stage of one machine's run. `lasting` is what must be undone once the run has ended."""

    m: Machine
    stage: str
    site: Site
    fault: str
    lasting: contextlib.ExitStack = field(default_factory=contextlib.ExitStack)

    def at_stage(self, action: Callable[[], object]) -> None:
        """At the start, or before the last answer of the stage before: what comes then finds another world."""
        if self.site.before is None:
            action()
        else:
            pattern, number = self.site.before
            self.m.faults.add(pattern, "last", times=number, then=lambda: action() and None)

    def answer(self, kind: str, argument: int = 0, **more: int) -> None:
        self.m.faults.add(self.site.asks, kind, argument, **more)


def refused(t: Trouble) -> None:
    listens = t.m.https_listens if t.site.host == MICROSOFT else t.m.http_listens
    t.at_stage(lambda: listens(False))
    t.lasting.callback(listens, True)


def dns(t: Trouble) -> None:
    hosts = t.m.read("/etc/hosts")
    t.at_stage(lambda: t.m.write("/etc/hosts", hosts.replace(f" {t.site.host}", "")))
    t.lasting.callback(t.m.write, "/etc/hosts", hosts)


def untrusted(t: Trouble) -> None:
    t.at_stage(lambda: t.m.https_presents(untrusted_tls()))
    t.lasting.callback(t.m.https_presents, tls())


def wrong_key(t: Trouble) -> None:
    if t.stage == "key":
        t.m.microsoft.serve_key("wrong")
        t.lasting.callback(t.m.microsoft.serve_key, "good")
    t.m.microsoft.sign_with("wrong")
    t.lasting.callback(t.m.microsoft.sign_with, "good")


def disk_full(t: Trouble) -> None:
    own_disk(t.m, t.site.disk)
    if t.stage == "package":
        # dnf asks for two files of the index at once: when the last is answered, the first may not yet be on the disk.
        t.m.faults.add(t.site.asks, "last", times=1, then=lambda: fill_disk(t.m, t.site.disk))
    else:
        t.at_stage(lambda: fill_disk(t.m, t.site.disk))
    t.lasting.callback(free_disk, t.m, t.site.disk)


def hold_lock(t: Trouble, seconds: float | None) -> None:
    """From the start where nothing before the stage wants that lock; else its holder queues for it, and gets it before anybody
    who comes later: at apt's stage before its transaction, and once zypper's refresh has ended, before zypper is asked again."""
    stack = t.lasting.enter_context(contextlib.ExitStack())
    once = threading.Lock()

    def let_go() -> None:
        with once:
            stack.close()

    def take() -> None:
        stack.enter_context(t.m.lock(t.site.lock))
        if seconds is not None:
            timer = threading.Timer(seconds, let_go)
            timer.start()
            t.lasting.callback(timer.join)

    if t.site.before is not None and t.site.queues:
        pattern, number = t.site.before
        queue = threading.Thread(target=take)

        def join_queue() -> None:
            queue.start()
            wait_until(lambda: waits_for_lock(t), what="the lock's next holder")

        t.m.faults.add(pattern, "last", times=number, then=join_queue)
        t.lasting.callback(queue.join)
    else:
        take()


def waits_for_lock(t: Trouble) -> bool:
    """Whether the holder of rig/inside.py has come as far as a lock, taken or waited for: proc(5), /proc/locks."""
    holders = {str(pid) for pid, argv in t.m.namespace.processes().items() if argv[0] == "python3" and argv[-1] == t.site.lock}
    return any(holders & set(line.split()) for line in Path("/proc/locks").read_text().splitlines())


def trust_keys(m: Machine) -> None:
    """So that no key has to be imported, which would wait for a lock before the stage that is meant to."""
    if m.is_rpm:
        trust_test_key(m)
        for number, file in enumerate(MICROSOFT_KEYS):
            m.write(f"/tmp/microsoft-{number}.asc", file.read_bytes())
            m.run("rpm", "--import", f"/tmp/microsoft-{number}.asc")  # the newer one is too new for some


def scriptlet(t: Trouble) -> None:
    t.m.write(f"{KNOB}/fail", "")
    t.lasting.callback(t.m.run, "rm", f"{KNOB}/fail")


def pause(t: Trouble) -> None:
    """Makes the stage long enough to be met there."""
    if t.stage == "transaction":
        t.m.write(f"{KNOB}/sleep", "3")
        t.lasting.callback(t.m.write, f"{KNOB}/sleep", "0")
    else:
        t.answer("hang", 3, times=1)


BEGIN: dict[str, Callable[[Trouble], None]] = {
    "refused": refused,
    "dns": dns,
    "untrusted": untrusted,
    "403": lambda t: t.answer("status", 403),
    "404": lambda t: t.answer("status", 404),
    "429": lambda t: t.answer("status", 429, retry_after=1),
    "500": lambda t: t.answer("status", 500),
    "503-then-fine": lambda t: t.answer("status", 503, times=1, retry_after=1),
    "hang": lambda t: t.answer("hang", 60),
    "reset": lambda t: t.answer("reset"),
    "truncated": lambda t: t.answer("truncate", 100),
    "wrong-hash": lambda t: t.answer("corrupt"),
    "wrong-key": wrong_key,
    "disk-full": disk_full,
    "lock-20s": lambda t: hold_lock(t, LOCK_SECONDS),
    "lock-forever": lambda t: hold_lock(t, None),
    "scriptlet": scriptlet,
    "kill": pause,
    "term": pause,
}
FAULTS = tuple(BEGIN)
STAGES = ("ladder", "key", "index", "primary", "package", "dependency", "transaction")
TOOLS = ("apt", "dnf", "zypper")
SIGNALS = {"kill": signal.SIGKILL, "term": signal.SIGTERM}
# Seconds for a run. Little where only time ends a fault, but half of it must be left for a transaction; much where some tools wait
# long before they ask again.
TIMES = {"hang": 14, "lock-forever": 30, "503-then-fine": 180}
# What is there from the start and must not be met before its stage.
LATE = ("lock-20s", "lock-forever")


@contextlib.contextmanager
def trouble(m: Machine, tool: str, stage: str, fault: str) -> Iterator[Trouble]:
    """The fault, until the block ends."""
    one = Trouble(m, stage, SITES[tool, stage], fault)
    with one.lasting:
        BEGIN[fault](one)
        yield one
        m.faults.clear()


def met(t: Trouble) -> bool:
    """Whether the run has met the fault: one that succeeds must not do so because nothing happened."""
    if t.fault in LATE:
        return f"waiting: {t.site.lock} is held by pid " in t.m.handler_log()
    return any(request.fault is not None and request.fault.kind != "last" for request in t.m.web.log)


def there(t: Trouble) -> bool:
    """Whether the run is where the fault wants to meet it."""
    if t.stage == "transaction":
        return any(argv[:2] == ["sleep", "3"] for argv in t.m.namespace.processes().values())
    return any(request.fault is not None and request.fault.kind == "hang" for request in t.m.web.log)


def signalled(t: Trouble, settings: object) -> tuple[int, str]:
    """A run that gets the fault's signal at its stage: code and stderr. SIGKILL is for its whole process group, as the agent does it."""
    folder = t.m.handler()
    folder.lay_out(t.m.package)
    folder.write_settings(0, settings)
    process = t.m.popen(*folder.words("install"), env=folder.environment(0, {}), stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    wait_until(lambda: there(t), what=f"stage {t.stage}")
    (pid,) = [pid for pid, argv in t.m.namespace.processes().items() if argv[1:] == ["install"] and argv[0].endswith("aadssh-handler-x86_64")]
    if t.fault == "kill":
        os.killpg(os.getpgid(pid), signal.SIGKILL)
    else:
        os.kill(pid, signal.SIGTERM)
    code = process.wait(60)
    assert process.stderr is not None
    # A transaction that goes on has a log file of its own and does not hold this pipe.
    return code, process.stderr.read().decode()
