# SPDX-License-Identifier: MIT
"""The handler's folder as the agent lays it out, to run its commands without the agent.

After azurelinuxagent/ga/exthandlers.py: create_handler_env, update_settings, launch_command.
"""
from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .namespace import ENVIRONMENT, WIRE_SERVER, Namespace, Result
from .wire import ABSENT, HANDLER, Plugin

LOG_FOLDER = f"/var/log/azure/{HANDLER}"


@dataclass(frozen=True)
class DirectResult(Result):
    """`status` is the content of the status file, parsed, or None where there is none."""

    status: Any


class HandlerFolder:
    def __init__(self, namespace: Namespace, version: str) -> None:
        self._namespace = namespace
        self.version = version
        self.inside = f"/var/lib/waagent/{HANDLER}-{version}"
        self.outside = namespace.root / self.inside[1:]

    def lay_out(self, package: Path) -> None:
        with zipfile.ZipFile(package) as archive:
            archive.extractall(self.outside)
        for file in self.outside.rglob("*"):
            if file.is_file():
                file.chmod(file.stat().st_mode | 0o100)
        for name in ("config", "status"):
            (self.outside / name).mkdir(mode=0o700, exist_ok=True)
        (self._namespace.root / LOG_FOLDER[1:] / "events").mkdir(parents=True, exist_ok=True)
        folders = {
            "logFolder": LOG_FOLDER, "configFolder": f"{self.inside}/config", "statusFolder": f"{self.inside}/status",
            "heartbeatFile": f"{self.inside}/heartbeat.log", "eventsFolder": f"{LOG_FOLDER}/events", "eventsFolder_preview": f"{LOG_FOLDER}/events",
        }
        environment = [{"name": HANDLER, "version": 1.0, "handlerEnvironment": folders}]
        (self.outside / "HandlerEnvironment.json").write_text(json.dumps(environment))

    def write_settings(self, sequence: int, settings: Any) -> None:
        """ABSENT writes the empty file of a goal state without settings; bytes are written as they are."""
        file = self.outside / f"config/{sequence}.settings"
        if isinstance(settings, bytes):
            file.write_bytes(settings)
        else:
            file.write_text("" if settings is ABSENT else Plugin(settings=settings).runtime_settings())

    def command(self, operation: str) -> str:
        manifest = json.loads((self.outside / "HandlerManifest.json").read_text(encoding="utf-8-sig"))
        return f"{self.inside}/{manifest[0]['handlerManifest'][f'{operation}Command'].lstrip('/')}"

    def environment(self, sequence: int, extra: Mapping[str, str]) -> dict[str, str]:
        return {
            **ENVIRONMENT,
            "AZURE_GUEST_AGENT_EXTENSION_PATH": self.inside,
            "AZURE_GUEST_AGENT_EXTENSION_VERSION": self.version,
            "AZURE_GUEST_AGENT_WIRE_PROTOCOL_ADDRESS": WIRE_SERVER,
            "AZURE_GUEST_AGENT_EXTENSION_SUPPORTED_FEATURES": '[{"Key": "ExtensionTelemetryPipeline", "Value": "1.0"}]',
            "AZURE_GUEST_AGENT_UNINSTALL_CMD_EXIT_CODE": "NOT_RUN",
            "ConfigSequenceNumber": str(sequence),
            **extra,
        }

    def words(self, operation: str) -> list[str]:
        """As the agent does it: the folder is the working directory, a shell of its own session reads the command."""
        return ["setsid", "--wait", "sh", "-c", 'cd "$1" && exec /bin/sh -c "$2"', "sh", self.inside, self.command(operation)]

    def status(self, sequence: int) -> Any:
        try:
            return json.loads((self.outside / f"status/{sequence}.status").read_text())
        except FileNotFoundError:
            return None

    def run(self, operation: str, sequence: int, extra: Mapping[str, str], timeout: float, before: Sequence[str] = ()) -> DirectResult:
        done = self._namespace.run(self.words(operation), self.environment(sequence, extra), timeout=timeout, before=before)
        return DirectResult(done.code, done.stdout, done.stderr, self.status(sequence))
