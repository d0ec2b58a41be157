# SPDX-License-Identifier: MIT
"""The program in the zip needs nothing of the machine on which it runs: it is a static-pie, as elf(5) has the fields."""
from __future__ import annotations

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest

EM_X86_64, ET_DYN = 62, 3
PT_DYNAMIC, PT_INTERP = 2, 3
DT_NEEDED, DT_FLAGS_1 = 1, 0x6FFFFFFB
DF_1_PIE = 0x08000000


@pytest.fixture
def program(extension_zip: Path) -> bytes:
    with zipfile.ZipFile(extension_zip) as archive:
        return archive.read("bin/aadssh-handler-x86_64")


def segments(program: bytes) -> Iterator[tuple[int, bytes]]:
    """Type and content of each segment."""
    (start,), (size, count) = struct.unpack_from("<Q", program, 32), struct.unpack_from("<HH", program, 54)
    for at in range(start, start + size * count, size):
        kind, _, offset, _, _, length = struct.unpack_from("<IIQQQQ", program, at)
        yield kind, program[offset:offset + length]


def test_program_is_a_static_pie(program: bytes) -> None:
    assert program[:6] == b"\x7fELF\x02\x01", "64 bits, the lowest byte first."
    assert struct.unpack_from("<HH", program, 16) == (ET_DYN, EM_X86_64)
    kinds = [kind for kind, _ in segments(program)]
    assert PT_INTERP not in kinds, "It asks for the machine's dynamic loader."
    (dynamic,) = (content for kind, content in segments(program) if kind == PT_DYNAMIC)
    entries = list(struct.iter_unpack("<qQ", dynamic))
    assert DT_NEEDED not in {tag for tag, _ in entries}, "It asks for a library of the machine."
    assert dict(entries)[DT_FLAGS_1] & DF_1_PIE
