# SPDX-License-Identifier: MIT
"""Fixtures of the end-to-end tests; README.md beside this file explains them."""
from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from fault_table import TABLE, occurring
from rig.dummy import make_dummy
from rig.machine import Machine
from rig.memory import sweep
from standard_run import standard

MakeMachine = Callable[..., Machine]
MACHINES = pytest.StashKey[list[Machine]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true",
                     help="every test on every machine, the whole fault matrix and every point of the kill walk, not a part of them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves to full runs what another machine with the same tool shows, too."""
    if config.getoption("--full"):
        return
    chosen = set(standard([item for item in items if isinstance(item, pytest.Function)]))
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = [item for item in items if item in chosen]


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """How much of the fault matrix and of the kill walk there is, and how much was run."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, []) if report.when == "call"]
    run = sum("test_fault[" in report.nodeid for report in reports)
    if run:
        never = len(TABLE) - len(occurring())
        terminalreporter.write_line(f"fault matrix: {len(occurring())} combinations, {never} left out with a reason; {run} run")
    walked: dict[str, tuple[int, int]] = {}
    for family, points, done in (value for report in reports for name, value in report.user_properties if name == "kill walk"):
        walked[family] = (points, walked.get(family, (0, 0))[1] + done)
    for family, (points, done) in sorted(walked.items()):
        terminalreporter.write_line(f"kill walk, {family}: {points} points, each alone and with its group; {done} kills")


@pytest.fixture(scope="session", autouse=True)
def sane_session() -> None:
    """Files that tests put into machines are readable by all, and what killed runs have left is gone."""
    os.umask(0o022)
    sweep()


@pytest.fixture(scope="session")
def extension_zip() -> Path:
    """Our package, as scripts/package makes it; AADSSH_ZIP names another."""
    default = Path(__file__).parents[2] / "dist/AADSSHLoginForLinux.zip"
    package = Path(os.environ.get("AADSSH_ZIP") or default)
    assert package.is_file(), f"There is no {package}. Run scripts/package, or set AADSSH_ZIP."
    return package


@pytest.fixture(scope="session")
def dummy_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_dummy(tmp_path_factory.mktemp("dummy"))


@pytest.fixture
def machine(request: pytest.FixtureRequest, extension_zip: Path) -> Iterator[MakeMachine]:
    """Makes machines whose Azure offers our extension; they end with the test."""
    yield from _machines(request, extension_zip)


@pytest.fixture
def dummy_machine(request: pytest.FixtureRequest, dummy_zip: Path) -> Iterator[MakeMachine]:
    """Makes machines whose Azure offers the dummy handler."""
    yield from _machines(request, dummy_zip)


def _machines(request: pytest.FixtureRequest, package: Path) -> Iterator[MakeMachine]:
    made = request.node.stash.setdefault(MACHINES, [])
    with contextlib.ExitStack() as ending:

        def make(family: str, **options: Any) -> Machine:
            one: Machine = ending.enter_context(Machine(family, package, **options))
            made.append(one)
            return one

        yield make


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """A failing test shows what its machines have logged."""
    outcome = yield
    report = outcome.get_result()
    if report.when == "call" and report.failed:
        for each in item.stash.get(MACHINES, []):
            report.sections += [(f"{each.name}: {title}", text[-6000:]) for title, text in each.logs().items() if text]
