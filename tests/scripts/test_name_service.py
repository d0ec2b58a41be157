# SPDX-License-Identifier: MIT
"""The static program pins the name service before anything else can ask for a name."""
from __future__ import annotations

import re
from pathlib import Path

HANDLER = Path(__file__).parents[2] / "handler"
MAIN = re.compile(r"\bint main\([^)]*\) \{\s*([^;]*;)")


def test_pinning_is_the_first_statement_of_the_program() -> None:
    mains = {str(file.relative_to(HANDLER)): MAIN.findall(file.read_text(encoding="utf-8")) for file in HANDLER.rglob("*.cpp")}
    assert {name: found for name, found in mains.items() if found} == {"main.cpp": ["aadssh::pin_name_service();"]}
