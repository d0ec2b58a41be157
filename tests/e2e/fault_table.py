# SPDX-License-Identifier: MIT
"""The fault matrix: what must come of each fault at each stage with each package tool. Data; fault_kinds.py says how it is done."""
from __future__ import annotations

from dataclasses import dataclass

from fault_kinds import FAULTS, STAGES, TOOLS


@dataclass(frozen=True)
class Expected:
    """The exit code, and what the last line on stderr must hold. 0: the run succeeds in spite of the fault. -9: it was killed.
    `left`: it may leave what it has recorded, because it was killed, or for the reason that is told with the cell; otherwise a run
    that fails leaves the machine as it was."""

    code: int
    parts: tuple[str, ...] = ()
    left: bool = False


Cell = Expected | str
"""What is expected, or the reason why this combination cannot occur or would show nothing more."""
Row = tuple[Cell, Cell, Cell]
"""For apt, dnf and zypper."""


def say(code: int, *parts: str, left: bool = False) -> Expected:
    return Expected(code, parts, left)


def all_three(cell: Cell) -> Row:
    return cell, cell, cell


HOST = "packages.microsoft.com:443"
OPEN = "allow HTTPS"
KEY_THERE = "is where the key lies"
# The package manager fetches, and our own question after it is answered.
FILES = "no proxy or firewall before this VM refuses, changes or cuts single files"
BUSY = "wait some minutes"
TRUST = "trust store"
SPACE = "No space left on device"
GOOD = say(0)
KILLED = all_three(say(-9, left=True))
ENDED = all_three(say(62, "asked to end", "run the extension again"))

ONE_RUNG = ("debian12 and sles155 have one repository, and a single one is not asked beforehand. Of apt's releases only Ubuntu 18.04 on arm64 "
            "has two; there is no machine of it, and a unit test shows it (converge: of several repositories …).")
NO_SIGNATURE = "The first look only asks whether the repository is there; nothing is verified and nothing written."
NO_LOCK = "Nothing at this stage takes a lock: own requests, or apt in a folder of its own."
SAME_LOCK = "The lock is that of the stage before, and the same program, the refresh, holds it until its end."
OFFLINE = "The transaction asks the network for nothing (--no-download, -C, --no-refresh)."
NO_SCRIPT = "Scripts of packages run in the transaction only."
UNSIGNED = "The index is not signed for dnf: Microsoft's own repository file has no repo_gpgcheck."
BY_HASH = "The index vouches for it by its hash, and the key was verified there."
CHECKED = "It is the file that the stage before has fetched, and dnf checks its signature there already (with --downloadonly, too)."
PLAIN = "The distribution's archive is asked by HTTP, and its packages are verified by its own index and key."
LIKE_500 = "Like 500, an answer that is no 404; and whose it is matters to the message alone."
SAME_DOWNLOAD = "The command is the one that downloads aadsshlogin, so the stage package shows it."


def rungs(cell: Cell) -> Row:
    """The ladder: of the three only dnf's machine has more than one repository."""
    return ONE_RUNG, cell, ONE_RUNG


NO_CONNECTION, NO_NAME, NO_TRUST = f"no connection to {HOST}", "cannot be resolved", "TLS certificate"
IN_TIME = f"no answer from {HOST} in time"

LADDER: dict[str, Row] = {
    "refused": rungs(say(20, NO_CONNECTION, OPEN)),
    "dns": rungs(say(20, NO_NAME, OPEN)),
    "untrusted": rungs(say(20, NO_TRUST, TRUST)),
    **{fault: rungs(GOOD) for fault in ("403", "404", "429", "500", "503-then-fine", "hang", "reset", "truncated", "wrong-hash")},
    **{fault: rungs(NO_SIGNATURE) for fault in ("wrong-key", "disk-full")},
    **{fault: rungs(NO_LOCK) for fault in ("lock-20s", "lock-forever")},
    "scriptlet": rungs(NO_SCRIPT),
    "kill": rungs(KILLED[1]),
    "term": rungs(ENDED[1]),
}
THE_KEY = "/keys/test.asc"
KEY: dict[str, Row] = {
    "refused": all_three(say(20, THE_KEY, NO_CONNECTION, KEY_THERE)),
    "dns": all_three(say(20, THE_KEY, NO_NAME, KEY_THERE)),
    "untrusted": all_three(say(20, THE_KEY, NO_TRUST, TRUST)),
    **{status: all_three(say(20, THE_KEY, f"answered HTTP {status}", KEY_THERE)) for status in ("403", "404", "500")},
    "429": all_three(say(20, THE_KEY, "answered HTTP 429", BUSY)),
    "503-then-fine": all_three(GOOD),
    "hang": all_three(say(20, THE_KEY, IN_TIME, KEY_THERE)),
    "reset": all_three(say(20, THE_KEY, "Connection reset", KEY_THERE)),
    "truncated": all_three(say(20, THE_KEY, HOST, "could not be read", KEY_THERE)),
    "wrong-hash": all_three(say(61, THE_KEY, "not a file of OpenPGP public keys", "proxy or firewall")),
    "wrong-key": all_three(say(61, THE_KEY, "which is not accepted", "repository.signingKeys")),
    "disk-full": all_three(say(52, SPACE, "df -h")),
    "lock-20s": (NO_LOCK, GOOD, GOOD),
    "lock-forever": (NO_LOCK, say(56, ".rpm.lock", "(python3)"), say(56, ".rpm.lock", "(python3)")),
    "scriptlet": all_three(NO_SCRIPT),
    "kill": KILLED,
    "term": ENDED,
}
ANSWERED = {status: all_three(say(20, f"answered HTTP {status}", OPEN)) for status in ("403", "500")}
NOT_THERE = say(51, "there is no repository", "every run of the extension asks again")
WRONG_SIGNATURE = say(61, "signature", "no proxy or mirror changes the packages")
PASSING = "in half an hour"
# dnf does not notice that its index could not be written whole; the free space tells.
CUT_BY_DISK = say(52, "little free disk space", "parser error", "df -h")
HELD = "(python3)"
WAIT = "wait until that program has ended"
# No time is left to see whether the repository answers; a refresh asks it alone.
NO_END = "no end after"
SLOW = say(20, NO_END, "a download from https://packages.microsoft.com/", "hangs or is very slow", OPEN)
INDEX: dict[str, Row] = {
    "refused": all_three(say(20, NO_CONNECTION, OPEN)),
    "dns": all_three(say(20, NO_NAME, OPEN)),
    "untrusted": all_three(say(20, NO_TRUST, TRUST)),
    **ANSWERED,
    "429": all_three(say(20, "answered HTTP 429", BUSY)),
    "404": all_three(NOT_THERE),
    "503-then-fine": all_three(GOOD),
    "hang": all_three(SLOW),
    "reset": all_three(say(20, HOST, "Connection reset", OPEN)),
    "truncated": all_three(say(20, HOST, "could not be read", OPEN)),
    "wrong-hash": (say(20, "Splitting up", FILES), say(20, "parser error", FILES), WRONG_SIGNATURE),
    "wrong-key": (WRONG_SIGNATURE, UNSIGNED, WRONG_SIGNATURE),
    "disk-full": all_three(say(52, SPACE, "df -h")),
    "lock-20s": (NO_LOCK, GOOD, GOOD),
    "lock-forever": (NO_LOCK, say(56, "metadata_lock.pid is held by pid", HELD, WAIT), say(56, "/run/zypp.pid is held by pid", HELD, WAIT)),
    "scriptlet": all_three(NO_SCRIPT),
    "kill": KILLED,
    "term": ENDED,
}
PRIMARY: dict[str, Row] = {
    **{fault: INDEX[fault] for fault in ("refused", "dns", "untrusted", "hang", "scriptlet", "kill", "term")},
    "403": (say(20, "403 Forbidden", FILES), say(20, "Status code: 403", FILES), say(20, "Permission to access", FILES)),
    "404": (say(20, "404 Not Found", FILES), say(20, "Status code: 404", FILES), say(20, "not found on medium", FILES)),
    "429": (say(20, "429 Too Many Requests", FILES), say(20, "Status code: 429", FILES), say(20, "429", FILES)),
    "500": (say(20, "500 Internal Server Error", FILES), say(20, "Status code: 500", FILES), say(20, "returned error: 500", FILES)),
    "503-then-fine": all_three(GOOD),
    "reset": (say(20, "Connection failed", FILES), say(20, "Curl error", FILES), say(20, "Connection reset by peer", FILES)),
    "truncated": (say(20, "Failed to fetch", FILES), say(20, "Curl error", FILES), say(20, "Timeout exceeded", FILES)),
    "wrong-hash": (say(20, "Hash Sum mismatch", PASSING), say(20, "checksum doesn't match", PASSING), say(20, "has wrong checksum", PASSING)),
    "wrong-key": (BY_HASH, UNSIGNED, BY_HASH),
    "disk-full": (say(52, SPACE, "df -h"), CUT_BY_DISK, say(52, "Can't hardlink/copy", "df -h")),
    "lock-20s": (NO_LOCK, SAME_LOCK, SAME_LOCK),
    "lock-forever": (NO_LOCK, SAME_LOCK, SAME_LOCK),
}
# The tool has not said whom it waits for.
TIME_UP = say(20, NO_END, "or from another repository", OPEN)
PACKAGE: dict[str, Row] = {
    **PRIMARY,
    "hang": all_three(TIME_UP),
    "truncated": (*PRIMARY["truncated"][:2], TIME_UP),  # zypper tries again for two minutes
    "404": (say(52, "404 Not Found"), say(52, "Status code: 404"), say(52, "not found on medium")),
    "wrong-hash": (say(20, "Hash Sum mismatch", PASSING), say(20, "checksum doesn't match", PASSING), say(20, "corrupted during transfer", PASSING)),
    "wrong-key": (BY_HASH, say(61, "not correct for this package", "no proxy or mirror changes the packages"), BY_HASH),
    "disk-full": (say(52, "space", "df -h"), say(52, "Curl error (23)", "df -h"), say(52, "Can't hardlink/copy", "df -h")),
    "lock-20s": all_three(GOOD),
    "lock-forever": (say(56, "lock-frontend is held by pid", HELD, WAIT), say(56, "download_lock.pid is held by pid", HELD, WAIT),
                     say(56, "/run/zypp.pid is held by pid", HELD, WAIT)),
}
# The distribution's mirror, which has what aadsshlogin needs. Not Microsoft's repository is named, but it; one that lacks a file
# that it lists is 52.
MIRROR = "http://distro.test/"
DOWN = all_three(say(20, "another repository of this machine", "can be reached", MIRROR))
DEPENDENCY: dict[str, Row] = {
    **{fault: DOWN for fault in ("refused", "dns", "500", "reset")},
    "404": (say(52, "404 Not Found", MIRROR), say(52, "Status code: 404", MIRROR), say(52, "not found on medium", MIRROR)),
    "503-then-fine": all_three(GOOD),
    "truncated": (*DOWN[:2], TIME_UP),
    "hang": all_three(TIME_UP),
    "wrong-hash": PACKAGE["wrong-hash"],
    "untrusted": all_three(PLAIN),
    **{fault: all_three(LIKE_500) for fault in ("403", "429")},
    **{fault: all_three(SAME_DOWNLOAD) for fault in ("wrong-key", "disk-full", "lock-20s", "lock-forever", "kill", "term")},
    "scriptlet": all_three(NO_SCRIPT),
}
# The package's prerm fails as well, so dpkg keeps the package, half configured; that it could not be taken back is told.
FAILED_SCRIPT = say(21, "script", left=True)
# rpm counts a package as installed although its %post failed. What the check afterwards misses is named, and the package is left for
# inspection, as the README says.
LEFT_FOR_INSPECTION = say(21, "pam", left=True)
TRANSACTION: dict[str, Row] = {
    **{fault: all_three(OFFLINE) for fault in (
        "refused", "dns", "untrusted", "403", "404", "429", "500", "503-then-fine", "hang", "reset", "truncated", "wrong-hash")},
    "wrong-key": (BY_HASH, CHECKED, BY_HASH),
    # apt and zypper install one package after the other: the dependencies that came before aadsshlogin stay, as after a removal, and
    # on record, and dpkg leaves libc-bin's triggers pending. dnf's rpm looks at the space for all of them before the first.
    "disk-full": (say(52, SPACE, "df -h", left=True), say(52, "space", "df -h"), say(52, "space", "df -h", left=True)),
    "lock-20s": all_three(GOOD),
    "lock-forever": (say(56, "lock-frontend is held by pid", HELD, WAIT), say(56, ".rpm.lock is held by pid", HELD, WAIT),
                     say(56, ".rpm.lock is held by pid", HELD, WAIT)),
    "scriptlet": (FAILED_SCRIPT, LEFT_FOR_INSPECTION, LEFT_FOR_INSPECTION),
    "kill": KILLED,
    # A transaction is never cut off: it goes on by itself, and what it brings stays.
    "term": all_three(say(66, "was still running", "it waits for that step first", left=True)),
}
BY_STAGE = {"ladder": LADDER, "key": KEY, "index": INDEX, "primary": PRIMARY, "package": PACKAGE, "dependency": DEPENDENCY,
            "transaction": TRANSACTION}
TABLE: dict[tuple[str, str, str], Cell] = {
    (tool, stage, fault): BY_STAGE[stage][fault][number] for number, tool in enumerate(TOOLS) for stage in STAGES for fault in FAULTS
}


# The steps of the plans that have no column here: no network and no package manager is in them, or their command is that of a stage
# above. Names of the tests, of either kind, that show how they fail.
ELSEWHERE: dict[str, tuple[str, ...]] = {
    "MakeScratch, and writing the source": (
        "failure walk: whatever change fails, install succeeds or takes back what it added",
        "kill walk: every command can be killed at every change and every start of a program", "test_killed_install"),
    "rpm --import": (
        "keys: when none is taken the signature counts as refused, and none is ours",
        "keys: an import that outlives the deadline is left running, and its keys on record", "test_killed_install"),
    "the question for the newest version": (
        "test_refusals_name_repository_and_architecture_and_leave_nothing", "test_an_excluded_package_is_52_and_says_where"),
    "the check that apt can read all sources": (
        "test_contradiction_between_others_is_found_before_anything_is_written",
        "sources: one of ours that apt cannot read beside the others is taken back"),
    "the distribution's package for its own repository, tdnf's alone": (
        "test_install_enable_again_upgrade_uninstall", "test_refusals_name_repository_and_architecture_and_leave_nothing"),
    "ca-certificates, where there is no CA bundle": (
        "test_lists_of_a_first_boot", "install: CA certificates that were missing are a dependency and stay"),
    "aadsshlogin-selinux, by the commands of aadsshlogin": (
        "test_selinux_package_comes_first", "apply: an optional package that is not published is left out with a warning"),
}


def occurring() -> list[tuple[str, str, str]]:
    """What can occur: (tool, stage, fault)."""
    return [cell for cell, told in TABLE.items() if isinstance(told, Expected)]


def standard() -> list[tuple[str, str, str]]:
    """Every second of them, of the distribution's mirror one for each tool; more where a tool would be without a stage or a fault that
    it can meet."""
    of_mirror = [cell for cell in occurring() if cell[1] == "dependency"]
    chosen = [cell for cell in occurring() if cell not in of_mirror][::2] + of_mirror[::len(of_mirror) // len(TOOLS) + 1]
    for place in (1, 2):
        for cell in occurring():
            if not any((one[0], one[place]) == (cell[0], cell[place]) for one in chosen):
                chosen.append(cell)
    return [cell for cell in occurring() if cell in chosen]
