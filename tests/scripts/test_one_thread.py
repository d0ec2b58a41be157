# SPDX-License-Identifier: MIT
"""The program has one thread, which is why the thread sanitizer (preset dev-tsan) is no part of scripts/check."""
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
STARTS_A_THREAD = re.compile(r"\bstd::(j?thread|async)\b|\bpthread_create\b|\bthrd_create\b|#include <(thread|future|spdlog/async)")


def test_no_file_of_the_program_starts_a_thread() -> None:
    sources = [path for folder in ("handler", "installers") for path in (ROOT / folder).rglob("*.?pp")]
    assert len(sources) > 50
    assert [str(path.relative_to(ROOT)) for path in sources if STARTS_A_THREAD.search(path.read_text())] == []


def test_such_a_file_would_be_found() -> None:
    text = (ROOT / "tests/fakes/loopback_server.cpp").read_text()
    assert STARTS_A_THREAD.search(text)
