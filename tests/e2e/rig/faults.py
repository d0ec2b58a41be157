# SPDX-License-Identifier: MIT
"""What can go wrong on the way to a server, settable while a test runs."""
from __future__ import annotations

import re
import threading
from dataclasses import dataclass

KINDS = ("status", "hang", "reset", "truncate", "slow", "corrupt", "redirect")


@dataclass
class Fault:
    """`argument`: status code, seconds to hang, bytes to send before cutting, bytes a second, or the URL to redirect to."""

    pattern: str
    kind: str
    argument: int | float | str = 0
    times: int | None = None
    retry_after: int | None = None


class Faults:
    """Rules matched on "host/path"; the first that fits wins. CONNECT requests to the proxy read "CONNECT:host:port"."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, pattern: str, kind: str, argument: int | float | str = 0, *, times: int | None = None, retry_after: int | None = None) -> None:
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(KINDS)}.")
        with self._lock:
            self._rules.append(Fault(pattern, kind, argument, times, retry_after))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, url: str) -> Fault | None:
        """The fault for this request; one that is limited in number is used up by it."""
        with self._lock:
            for rule in self._rules:
                if rule.times != 0 and re.search(rule.pattern, url):
                    if rule.times is not None:
                        rule.times -= 1
                    return rule
        return None
