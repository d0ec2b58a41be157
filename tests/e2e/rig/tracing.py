# SPDX-License-Identifier: MIT
"""Reads strace's record of executed programs."""
from __future__ import annotations

import ast
import re
from pathlib import Path

LINE = re.compile(r'execve\(("(?:[^"\\]|\\.)*"), \[(.*?)\], 0x\S+ .*\)\s+= 0$')
WORD = re.compile(r'"(?:[^"\\]|\\.)*"')


def executed(trace: Path) -> list[list[str]]:
    """argv of each program, with the path that was executed in the place of argv[0]."""
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        if match := LINE.search(line):
            words = [ast.literal_eval(word) for word in WORD.findall(match[2])]
            found.append([ast.literal_eval(match[1]), *words[1:]])
    return found
