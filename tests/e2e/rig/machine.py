# SPDX-License-Identifier: MIT
"""A throw-away virtual machine on a throw-away Azure: what tests work with. README.md beside this folder explains it."""
from __future__ import annotations

import contextlib
import os
import shutil
import signal
import ssl
import subprocess
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from .families import FAMILIES, Family
from .furnish import furnish, settings_with_test_key
from .handler_folder import LOG_FOLDER, DirectResult, HandlerFolder
from .imds import Imds
from .keys import keys
from .inside import Inside, wait_until
from .memory import new_folder
from .namespace import IMDS, WIRE_SERVER, Namespace
from .reports import Report
from .roots import agent, base
from .rpm_families import RPM_FAMILIES, RpmFamily
from .rpm_layers import layer
from .sites import MICROSOFT, Web, tls
from .tracing import executed
from .web import Request, Server, sockets_in
from .wire import ABSENT, HANDLER, Azure, Plugin

AGENT = ["/usr/bin/python3", "/usr/sbin/waagent", "-run-exthandlers", "-debug", "-configuration-path:/etc/waagent.conf"]
RPM_LISTS = ("present", "empty")
PUBLISHED = ("1.0.0", "1.0.1", "1.1.0")


class Machine(Inside, contextlib.AbstractContextManager["Machine"]):
    def __init__(self, family: str, package: Path, *, agent_version: str | None = None, lists: str = "present", uptime: float = 7200,
                 settings: Any = ..., agent_env: Mapping[str, str] | None = None, trace: bool = False, selinux: str | None = None) -> None:
        self.family: Family = RPM_FAMILIES[family] if family in RPM_FAMILIES else FAMILIES[family]
        self.name = family
        self.is_rpm = isinstance(self.family, RpmFamily)
        self.package = package
        self.azure = Azure(packages=dict.fromkeys(PUBLISHED, package))
        self.imds = Imds()
        self.web = Web(family, self.family)
        self.faults, self.microsoft, self.proxy = self.web.faults, self.web.microsoft, self.web.proxy
        self.test_key = keys()["good"].binary
        self.trace_file: Path | None = None
        self._selinux = selinux
        self._agent_env = dict(agent_env or {})
        self._agent_process: subprocess.Popen[bytes] | None = None
        self._servers: dict[str, Server] = {}
        self._state = new_folder()
        for part in ("upper", "work", "root"):
            (self._state / part).mkdir(mode=0o755)
        self._layers = [agent(agent_version or self.family.agent), *self._rpm_layers(lists), base(self.family.base).root]
        if trace:
            self.trace_file = self._state / "trace"
        self.boot(uptime)
        furnish(self.root, self.family, "present" if lists == "locked" else lists, settings_with_test_key() if settings is ... else settings)
        if selinux is not None:
            self.write("/etc/selinux/config", f"SELINUX={selinux}\nSELINUXTYPE=targeted\n")
        self._locks = contextlib.ExitStack()
        if lists == "locked":
            self._locks.enter_context(self.lock("/var/lib/apt/lists/lock"))

    def _rpm_layers(self, lists: str) -> list[Path]:
        if not isinstance(self.family, RpmFamily):
            return []
        if lists not in RPM_LISTS:
            raise ValueError(f"The lists of an rpm machine are {' or '.join(RPM_LISTS)}, not {lists!r}.")
        made = layer(self.name, self.family)
        return [made.warm, made.root] if lists == "present" else [made.root]

    # --- power ---------------------------------------------------------------------------------------------------

    def boot(self, uptime: float = 30) -> None:
        self.namespace = Namespace(self.name, self._state, self._layers, uptime, self._selinux)
        self.root = self.namespace.root
        self._serve("web-80", ("127.0.0.1", 80))
        self._serve("web-443", ("127.0.0.1", 443))
        self._serve("proxy", ("127.0.0.1", 3128))
        self._serve("wire", (WIRE_SERVER, 80))
        self._serve("plugin-host", (WIRE_SERVER, 32526))
        self._imds_reachable(self.imds.reachable)
        self.imds.on_reachable = self._imds_reachable

    def shutdown(self) -> None:
        self.stop_agent()
        self.namespace.stop()
        for name in list(self._servers):
            self._servers.pop(name).stop()

    def reboot(self, uptime: float = 30) -> None:
        """All processes end, /run is emptied, the boot id is another, the clocks start again, the lock files that dnf has
        systemd-tmpfiles remove are removed; then the agent starts."""
        self.shutdown()
        self.boot(uptime)
        for line in self.read("/usr/lib/tmpfiles.d/dnf.conf").splitlines():
            if line.startswith("r "):
                (self.root / line.split()[1][1:]).unlink(missing_ok=True)
        self.start_agent()

    def __exit__(self, *_: object) -> None:
        self._locks.close()
        self.shutdown()
        shutil.rmtree(self._state)

    def _serve(self, name: str, address: tuple[str, int]) -> None:
        (listening,) = sockets_in(self.namespace.pid, [address])
        if name.startswith("web") or name == "proxy":
            through = {"tls": tls() if name == "web-443" else None, "proxy": self.proxy if name == "proxy" else None, "connect_tls": tls()}
            self._servers[name] = Server(listening, self.web.answer, self.faults, **through)  # type: ignore[arg-type]
        else:
            answer = {"wire": self.azure.wire, "plugin-host": self.azure.plugin_host, "imds": self.imds.answer}[name]
            self._servers[name] = Server(listening, answer, self.faults)

    def swallow_packets_to(self, host: str) -> None:
        """Until the next boot nothing that is sent to this host gets anywhere: a firewall that drops without a word."""
        self.namespace.ip("link add hole type veth peer name far", "link set far up", "link set hole up", "address add 192.0.2.1/24 dev hole",
                          "neighbour add 192.0.2.2 lladdr 02:00:00:00:00:01 nud permanent dev hole")
        self.write("/etc/hosts", self.read("/etc/hosts").replace(f" {host}", "") + f"192.0.2.2 {host}\n")

    def https_listens(self, listens: bool) -> None:
        """Whether anybody listens at the web's port 443; if not, connections are refused."""
        self._listens(443, listens)

    def http_listens(self, listens: bool) -> None:
        """The same of port 80, where the distribution's archive is."""
        self._listens(80, listens)

    def _listens(self, port: int, listens: bool) -> None:
        name = f"web-{port}"
        if listens and name not in self._servers:
            self._serve(name, ("127.0.0.1", port))
        elif not listens and name in self._servers:
            self._servers.pop(name).stop()

    def https_presents(self, context: ssl.SSLContext) -> None:
        """The certificate that the web shows from the next connection on; `rig.sites.tls()` is the right one."""
        self._servers["web-443"].tls = context

    def _imds_reachable(self, reachable: bool) -> None:
        if reachable and "imds" not in self._servers:
            self._serve("imds", (IMDS, 80))
        elif not reachable and "imds" in self._servers:
            self._servers.pop("imds").stop()

    # --- the agent -----------------------------------------------------------------------------------------------

    def start_agent(self) -> None:
        self.azure.forget()
        with open(self._state / "agent.out", "ab") as out:
            environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", **self._agent_env}
            self._agent_process = self.namespace.popen(AGENT, environment, self.tracer(), stdout=out, stderr=out, start_new_session=True)

    def tracer(self) -> list[str]:
        """Put in front of a program, outside: process_log() has what that executes, too."""
        if self.trace_file is None:
            return []
        return ["strace", "-f", "-qq", "--seccomp-bpf", "-e", "trace=execve", "-s", "4096", "-A", "-o", str(self.trace_file)]

    def stop_agent(self) -> None:
        """As systemd does it: TERM, then KILL. What the agent has started goes on."""
        self._end_agent((signal.SIGTERM, signal.SIGKILL))

    def kill_agent(self) -> None:
        """As a crash does it: at once, with what it was about to do left undone. What the agent has started goes on."""
        self._end_agent((signal.SIGKILL,))

    def _end_agent(self, signals: Sequence[signal.Signals]) -> None:
        process, self._agent_process = self._agent_process, None
        if process is None:
            return
        for number in signals:
            for pid in self._agent_pids():
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, number)
            with contextlib.suppress(TimeoutError):
                wait_until(lambda: not self._agent_pids(), 5, "the agent to end")
        if process.poll() is None:
            process.terminate()  # a tracer that still follows what the agent has left running
        process.wait(10)

    def _agent_pids(self) -> list[int]:
        return [pid for pid, argv in self.namespace.processes().items() if argv[1:3] == AGENT[1:3]]

    def restart_agent(self) -> None:
        self.stop_agent()
        self.start_agent()

    def publish(self, version: str, package: Path | None = None) -> None:
        """Offers the package under this version, too; 1.0.0, 1.0.1 and 1.1.0 are offered from the start."""
        self.azure.packages[version] = package or self.package

    def goal_state(self, *, version: str | None = None, seq: int | None = None, settings: Any = ..., state: str | None = "enabled") -> None:
        """Azure wants something new. What is not given stays as it was; `settings` may be ABSENT, `state` None (vanished)."""
        now = self.azure.plugin
        self.azure.want(Plugin(version or now.version, now.sequence if seq is None else seq, now.settings if settings is ... else settings, state))
        if self._agent_process is None:
            self.start_agent()

    def wait_reported(self, fits: Callable[[Report], bool] = lambda report: True, timeout: float = 120) -> Report:
        """The first report on the present goal state that fits; its tail of the logs is in the error if none comes."""
        try:
            report: Report = self.azure.wait(lambda: next(filter(fits, self.azure.reports()), None), timeout, "a fitting report")
            return report
        except TimeoutError as error:
            raise TimeoutError(f"{error}\n--- agent\n{self.agent_log()[-3000:]}\n--- handler\n{self.handler_log()[-3000:]}") from None

    def wait_gone(self, timeout: float = 120) -> None:
        """Waits until the agent does not report our handler any more."""
        self.azure.wait(self.azure.gone, timeout, "an upload without our handler")

    # --- the handler -----------------------------------------------------------------------------------------------

    def handler(self, version: str = "1.0.0") -> HandlerFolder:
        return HandlerFolder(self.namespace, version)

    def direct(self, operation: str, *, version: str = "1.0.0", seq: int = 0, settings: Any = None, env: Mapping[str, str] | None = None,
               prepare: bool = True, timeout: float = 200, before: Sequence[str] = ()) -> DirectResult:
        """Runs one of the handler's commands as the agent would; `prepare` False leaves the folder as the test made it."""
        folder = self.handler(version)
        if prepare:
            if not (folder.outside / "HandlerManifest.json").exists():
                folder.lay_out(self.azure.packages.get(version, self.package))
            folder.write_settings(seq, settings)
        return folder.run(operation, seq, env or {}, timeout, [*self.tracer(), *before])

    # --- logs ----------------------------------------------------------------------------------------------------

    def agent_log(self) -> str:
        return self.read("/var/log/waagent.log")

    def handler_log(self) -> str:
        return self.read(f"{LOG_FOLDER}/handler.log")

    def command_execution_log(self) -> str:
        return self.read(f"{LOG_FOLDER}/CommandExecution.log")

    def dpkg_log(self) -> str:
        return self.read("/var/log/dpkg.log")

    def logs(self) -> dict[str, str]:
        """All of them, to be shown when a test fails."""
        requests = (f"{each.method} {each.url} by {each.via}{' ' + each.fault.kind if each.fault else ''}" for each in self.web.log + self.imds.requests)
        return {"waagent.log": self.agent_log(), "CommandExecution.log": self.command_execution_log(), "handler.log": self.handler_log(),
                "dpkg.log": self.dpkg_log(), "dnf.log": self.read("/var/log/dnf.log"), "zypp's history": self.read("/var/log/zypp/history"),
                "requests to the web and IMDS": "\n".join(requests)}

    def access_log(self, host: str = MICROSOFT) -> list[Request]:
        return [request for request in self.web.log if request.host.partition(":")[0] == host]

    def clear_logs(self) -> None:
        """Empties the records of requests to the web and to IMDS and of executed programs."""
        self.web.log.clear()
        self.imds.clear()
        if self.trace_file is not None and self.trace_file.exists():
            os.truncate(self.trace_file, 0)

    def process_log(self) -> list[list[str]]:
        """The argv of every program that the agent or a direct command, and their children, have executed; needs `trace=True`."""
        assert self.trace_file is not None, "This machine was not made with trace=True."
        return executed(self.trace_file)


def handler_name(version: str = "1.0.0") -> str:
    return f"{HANDLER}-{version}"


__all__ = ["ABSENT", "Machine", "handler_name", "wait_until"]
