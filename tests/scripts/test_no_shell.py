# SPDX-License-Identifier: MIT
"""Nothing that settings, file names or servers say may reach a shell or be looked up in somebody's PATH."""
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CALLS = re.compile(r"\b(?:system|popen|wordexp|posix_spawnp|exec[lv]pe?)\s*\(")
SHELL = re.compile(r'"(?:(?:/usr)?/bin/)?(?:ba|da|k|z|)sh"|"-c"')


def code(source: str) -> str:
    """Without comments."""
    return re.sub(r"(?m)(?:^|\s)//.*$", "", source)


def test_no_file_of_the_program_runs_a_shell() -> None:
    sources = [path for folder in ("handler", "installers") for path in (ROOT / folder).rglob("*.?pp")]
    assert len(sources) > 50
    texts = {str(path.relative_to(ROOT)): code(path.read_text(encoding="utf-8")) for path in sources}
    assert [path for path, text in texts.items() if CALLS.search(text) or SHELL.search(text)] == []
    assert [path for path, text in texts.items() if "::execve(" in text] == ["handler/sys/spawn.cpp"]


@pytest.mark.parametrize("line", (
    'std::system(command.c_str());',
    'FILE* pipe = popen(command, "r");',
    "::execvp(argv[0], argv);",
    "execlp (name, name, nullptr);",
    'run({.argv = {"sh", "x"}});  // a comment',
    'run({.argv = {"/bin/bash"}});',
    'run({.argv = {program, "-c", text}});',
))
def test_such_a_line_would_be_found(line: str) -> None:
    assert CALLS.search(code(line)) or SHELL.search(code(line))
