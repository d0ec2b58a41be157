# SPDX-License-Identifier: MIT
"""What can go wrong on the way to a server, settable while a test runs."""
from __future__ import annotations

import re
import threading
from collections.abc import Callable
from dataclasses import dataclass

KINDS = ("status", "hang", "reset", "truncate", "slow", "corrupt", "redirect", "last")


@dataclass
class Fault:
    """`argument`: status code, seconds to hang, bytes to send before cutting, bytes a second, or the URL to redirect to.

    "last" is no fault of its own: the `times`-th fitting request is answered as usual, but `then` is called before, and the
    connection ends after it; so the world can be another one between two requests of one program.
    """

    pattern: str
    kind: str
    argument: int | float | str = 0
    times: int | None = None
    retry_after: int | None = None
    then: Callable[[], None] | None = None


class Faults:
    """Rules matched on "host/path"; the first that fits wins. CONNECT requests to the proxy read "CONNECT:host:port"."""

    def __init__(self) -> None:
        self._rules: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, pattern: str, kind: str, argument: int | float | str = 0, *, times: int | None = None, retry_after: int | None = None,
            then: Callable[[], None] | None = None) -> None:
        if kind not in KINDS:
            raise ValueError(f"There is no fault {kind!r}; there are {', '.join(KINDS)}.")
        with self._lock:
            self._rules.append(Fault(pattern, kind, argument, times, retry_after, then))

    def clear(self) -> None:
        with self._lock:
            self._rules.clear()

    def take(self, url: str, method: str = "GET") -> Fault | None:
        """The fault for this request; one that is limited in number is used up by it."""
        with self._lock:
            for rule in self._rules:
                if rule.times == 0 or not re.search(rule.pattern, url) or (rule.kind == "last" and method == "HEAD"):
                    continue
                if rule.times is not None:
                    rule.times -= 1
                if rule.kind != "last" or rule.times == 0:
                    return rule
        return None
