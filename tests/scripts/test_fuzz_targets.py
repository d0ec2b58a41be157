# SPDX-License-Identifier: MIT
"""The list of fuzz targets and the files it speaks of are the same."""
from pathlib import Path

ROOT = Path(__file__).parents[2]
FUZZ = ROOT / "tests/fuzz"


def rows() -> dict[str, list[str]]:
    lines = (FUZZ / "targets").read_text().splitlines()
    split = [line.split() for line in lines if not line.startswith("#")]
    return {name: rest for name, *rest in split}


def test_every_target_has_a_row() -> None:
    assert sorted(rows()) == sorted(path.stem.removeprefix("fuzz_") for path in FUZZ.glob("fuzz_*.cpp"))


def test_every_target_has_seeds_that_fit() -> None:
    for name, (longest, *folders) in rows().items():
        sizes = [file.stat().st_size for folder in folders for file in (ROOT / folder).iterdir()]
        assert any(0 < size <= int(longest) for size in sizes), name


def test_every_folder_and_dictionary_belongs_to_a_target() -> None:
    named = {Path(folder).name for _, *folders in rows().values() for folder in folders}
    assert {path.name for path in (FUZZ / "corpus").iterdir()} <= named
    assert {path.stem for path in FUZZ.glob("*.dict")} <= set(rows())
