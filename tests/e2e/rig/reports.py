# SPDX-License-Identifier: MIT
"""What the agent told Azure about our extension, taken from one status upload."""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Substatus:
    name: str
    status: str
    code: int
    message: str


@dataclass(frozen=True)
class Report:
    """`status`, `code`, `message`: of the handler. `extension`: transitioning, warning, error or success, or None where
    the agent read no status file; the other `extension_*` fields and `substatus` come from that file."""

    goal_state: int
    version: str
    status: str
    code: int
    message: str
    sequence: int | None = None
    extension: str | None = None
    extension_code: int | None = None
    extension_message: str = ""
    extension_operation: str = ""
    substatus: dict[str, Substatus] = field(default_factory=dict)
    raw: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def ready(self) -> bool:
        return self.status == "Ready"

    @property
    def success(self) -> bool:
        return self.ready and self.extension == "success"


def parse_reports(blob: dict[str, Any], name: str) -> list[Report]:
    """The report on the handler `name`; empty when the upload does not speak of it."""
    aggregate = blob["aggregateStatus"]
    metadata = (aggregate.get("vmArtifactsAggregateStatus") or {}).get("goalStateAggregateStatus") or {}
    goal_state = int(metadata.get("inSvdSeqNo") or 0)
    handlers = aggregate.get("handlerAggregateStatus") or []
    return [_report(each, goal_state) for each in handlers if each["handlerName"] == name]


def goal_state_of(blob: dict[str, Any]) -> int:
    aggregate = blob["aggregateStatus"].get("vmArtifactsAggregateStatus") or {}
    return int((aggregate.get("goalStateAggregateStatus") or {}).get("inSvdSeqNo") or 0)


def _text(node: dict[str, Any]) -> str:
    return str((node.get("formattedMessage") or {}).get("message") or "")


def _report(handler: dict[str, Any], goal_state: int) -> Report:
    runtime = handler.get("runtimeSettingsStatus") or {}
    settings = (runtime.get("settingsStatus") or {}).get("status") or {}
    parts = [Substatus(part.get("name", ""), part["status"], part.get("code", 0), _text(part)) for part in settings.get("substatus") or [] if part]
    return Report(
        goal_state, handler["handlerVersion"], handler["status"], handler.get("code") or 0, _text(handler),
        runtime.get("sequenceNumber"), settings.get("status"), settings.get("code"), _text(settings), settings.get("operation") or "",
        {part.name: part for part in parts}, handler,
    )
