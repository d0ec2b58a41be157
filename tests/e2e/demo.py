# SPDX-License-Identifier: MIT
"""The main job, to be watched: Azure asks, the real agent installs our extension, somebody signs in, Azure takes it back.

demo.py ZIP LOG-FOLDER, as root; scripts/demo calls it. Ends with 0 only if everything was as expected.
"""
from __future__ import annotations

import json
import os
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

from expectations import ALICE, SCRATCH, STATE
from rig.debs import OLD, standins
from rig.etc_snapshot import Snapshot, difference, snapshot
from rig.handler_folder import LOG_FOLDER
from rig.inside import wait_until
from rig.keys import keys
from rig.machine import Machine
from rig.memory import sweep
from rig.reports import Report
from rig.roots import base

START = time.monotonic()
TOLD = ("step: ", "done: ", "failed: ")
COMMANDS = ("install ", "enable ", "disable ", "update ", "uninstall ")
CHECKS = {"legacy", "identity", "repository", "package", "pam", "nss", "sshd", "selinux"}
# Where the extension and its package have any business; libraries that come as dependencies lie elsewhere and stay.
WATCHED = ("/etc", "/usr/share/keyrings", "/usr/sbin", STATE, SCRATCH)


def say(text: str) -> None:
    print(f"[{time.monotonic() - START:4.0f} s] {text}", flush=True)


def detail(text: str) -> None:
    print(f"         {text}", flush=True)


class Verdict:
    """What was expected and did not come."""

    def __init__(self) -> None:
        self.wrong: list[str] = []

    def expect(self, good: bool, text: str) -> None:
        detail(f"{'ok' if good else 'WRONG'}: {text}")
        if not good:
            self.wrong.append(text)


class Progress:
    """Prints the steps that the handler logs, as they come."""

    def __init__(self, machine: Machine) -> None:
        self._machine = machine
        self._told = 0

    def tell(self) -> None:
        lines = self._machine.handler_log().splitlines(keepends=True)
        whole = [line for line in lines if line.endswith("\n")]
        for line in whole[self._told:]:
            text = line.split(" ", 2)[-1].strip()
            if text.startswith(COMMANDS):
                detail(f"the agent runs: {text.split(' ')[0]}")
            elif text.startswith(TOLD):
                detail("  " + text.split("; if ")[0])
        self._told = len(whole)

    def until(self, fits: Callable[[], object], what: str) -> None:
        def look() -> object:
            self.tell()
            return fits()

        wait_until(look, 180, what)
        self.tell()


def packages(machine: Machine) -> dict[str, str]:
    """Package → version of everything that is installed."""
    lines = machine.ok("dpkg-query", "-W", "-f", "${Package} ${Version} ${db:Status-Status}\n").splitlines()
    return {name: version for name, version, status in map(str.split, lines) if status == "installed"}


def files(machine: Machine) -> Snapshot:
    return {path: entry for folder in WATCHED for path, entry in snapshot(machine.root, folder).items()}


def final(report: Report) -> bool:
    return report.extension in ("success", "error") or report.code != 0


def show(report: Report) -> None:
    say("This is what the agent reported to Azure:")
    detail(f"handler    {report.status}, version {report.version}: {report.message}")
    detail(f"extension  {report.extension}: {report.extension_message}")
    for part in report.substatus.values():
        detail(f"  {part.name:<11}{part.status}: {part.message}")


def install(machine: Machine, progress: Progress, verdict: Verdict, logs: Path) -> None:
    say("Azure's goal state now wants the extension; the agent fetches the zip.")
    machine.goal_state(settings={})
    progress.until(lambda: any(map(final, machine.azure.reports())), "the extension's verdict")
    report = machine.wait_reported(final)
    show(report)
    status = machine.handler().outside / "status/0.status"
    if status.exists():
        shutil.copyfile(status, logs / "0.status.json")
    verdict.expect(report.success, "Azure sees Ready and success")
    verdict.expect(OLD in report.extension_message, f"the message names the package's version, {OLD}")
    verdict.expect({name for name, part in report.substatus.items() if part.status == "success"} == CHECKS, "every check is a success")


def sign_in(machine: Machine, verdict: Verdict) -> None:
    say(f"Somebody signs in: ssh -l {ALICE}, to the machine's real sshd, with a key that only the certificate handler knows.")
    command = machine.sshd_config_for(ALICE)["authorizedkeyscommand"]
    verdict.expect(command.startswith("/usr/sbin/aad_certhandler"), f"for this user sshd asks: {command}")
    done = machine.ssh_login(ALICE)
    verdict.expect(done.stdout.strip() == ALICE, f"the session's user is {done.stdout.strip() or done.stderr.strip() or 'nobody'}")


def uninstall(machine: Machine, progress: Progress) -> None:
    say("Azure's goal state now wants the extension gone.")
    machine.goal_state(state="uninstall")
    progress.until(machine.azure.gone, "an upload without the extension")


def perform(machine: Machine, verdict: Verdict, logs: Path) -> None:
    progress = Progress(machine)
    packages_before, files_before = packages(machine), files(machine)
    install(machine, progress, verdict, logs)

    say("This is what was installed:")
    added = {name: version for name, version in packages(machine).items() if name not in packages_before}
    new_files = difference(files_before, files(machine))
    detail("packages  " + ", ".join(f"{name} {version}" for name, version in sorted(added.items())))
    for path, (before, _) in new_files.items():
        detail(f"{'new     ' if before is None else 'changed '}  {path}")
    verdict.expect(added.get("aadsshlogin") == OLD, f"aadsshlogin {OLD} is among them")

    sign_in(machine, verdict)
    uninstall(machine, progress)

    say("This is what remained:")
    stayed = {name for name in packages(machine) if name not in packages_before}
    detail("packages  " + (", ".join(sorted(stayed)) or "none") + " (dependencies stay)")
    changed = difference(files_before, files(machine))
    verdict.expect("aadsshlogin" not in stayed, "aadsshlogin is gone")
    verdict.expect(not changed, f"/etc and the rest are byte for byte as before (different: {', '.join(changed) or 'nothing'})")
    verdict.expect(not machine.exists(STATE) and not machine.exists(SCRATCH), "the extension's own folders are gone")


def save_logs(machine: Machine, logs: Path) -> None:
    for path in (f"{LOG_FOLDER}/handler.log", f"{LOG_FOLDER}/CommandExecution.log", "/var/log/waagent.log", "/var/log/dpkg.log"):
        (logs / Path(path).name).write_text(machine.read(path), encoding="utf-8")
    uploads = [upload for _, upload in machine.azure.uploads]
    (logs / "uploads.json").write_text(json.dumps(uploads, indent=2), encoding="utf-8")


def main(package: Path, logs: Path) -> int:
    os.umask(0o022)
    sweep()
    logs.mkdir(parents=True, exist_ok=True)
    verdict = Verdict()
    say("Preparing a throw-away Debian 12 with Debian's Azure agent 2.7.3 (built once, then cached: about a minute).")
    base("bookworm")
    say("Preparing stand-ins for Microsoft's packages and a signing key for the imitated repository.")
    keys()
    standins()
    say("Starting the machine in a network of its own, with a fake Azure and an imitated packages.microsoft.com.")
    with Machine("debian12", package) as machine:
        try:
            perform(machine, verdict, logs)
        except Exception as error:  # whatever it was: the logs are needed now
            verdict.expect(False, f"{type(error).__name__}: {error}")
        finally:
            save_logs(machine, logs)
    say(f"The logs are in {os.path.relpath(logs)}: {', '.join(sorted(each.name for each in logs.iterdir()))}.")
    if verdict.wrong:
        say(f"The demo FAILED: {len(verdict.wrong)} of its expectations did not come true.")
        return 1
    say("The demo succeeded: installed, reported, signed in, removed, as expected.")
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
