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
from rig.families import FAMILIES
from rig.machine import Machine
from rig.memory import sweep
from rig.rpm_families import RPM_FAMILIES

MakeMachine = Callable[..., Machine]
MACHINES = pytest.StashKey[list[Machine]]()


# One machine for each package tool: what every run shows on these, full runs show on all the others, too.
ONE_EACH = ("debian12", "rhel9", "rhel7", "azurelinux3", "sles155")
# Other versions of real tools, on which every run shows the way from installation to removal.
OTHER_VERSIONS = ("debian11", "debian13", "rhel10")
LIFE_CYCLE = ("test_install_enable_uninstall", "test_install_enable_again_upgrade_uninstall")
# Of the rig's own tests every run has those of these machines.
OWN_TESTS = ("test_harness.py", "test_rpm_harness.py")
OWN_MACHINES = ("debian12", "rhel9")
# Of these every run has every second set of parameters.
HALVED = (
    "test_a_wiped_match_block_is_repaired_by_enable", "test_any_command_after_update_ends_it", "test_disabled_sources_do_not_count",
    "test_existing_source_is_used_and_not_touched", "test_file_that_does_not_fit_the_index_is_asked_for_again_past_caches",
    "test_identities_that_are_accepted", "test_imds_is_asked_again", "test_installed_version_stays_where_a_newer_one_is_refused",
    "test_killed_while_the_package_is_being_configured", "test_legacy_folder_counts_by_its_state", "test_planted_secrets_reach_no_output",
    "test_proxy_variables_in_both_cases", "test_reboot_between_update_and_uninstall_under_the_agent",
    "test_refusals_name_repository_and_architecture_and_leave_nothing", "test_repair_false_is_21_with_the_command",
    "test_update_and_downgrade_never_remove_the_package", "test_version_before_a_refused_one", "test_waits_for_a_lock_and_goes_on",
    "test_where_every_version_is_refused_nothing_is_installed",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--full", action="store_true",
                     help="every test on every machine, the whole fault matrix and every point of the kill walk, not a part of them")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leaves to full runs what another machine with the same tool shows, too."""
    def left_out(item: pytest.Item) -> bool:
        if not isinstance(item, pytest.Function):
            return False
        values = item.callspec.params.values() if hasattr(item, "callspec") else ()
        machines = {value for value in values if isinstance(value, str)} & {*FAMILIES, *RPM_FAMILIES}
        if item.path.name in OWN_TESTS:
            return not machines & set(OWN_MACHINES)
        shown = ONE_EACH + (OTHER_VERSIONS if item.originalname in LIFE_CYCLE else ())
        return not machines <= set(shown)

    if config.getoption("--full"):
        return
    chosen = [item for item in items if not left_out(item)]
    for name in HALVED:
        for item in [item for item in chosen if isinstance(item, pytest.Function) and item.originalname == name][1::2]:
            chosen.remove(item)
    config.hook.pytest_deselected(items=[item for item in items if item not in chosen])
    items[:] = chosen


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    """How much of the fault matrix and of the kill walk there is, and how much was run."""
    reports = [report for kind in ("passed", "failed") for report in terminalreporter.stats.get(kind, []) if report.when == "call"]
    run = sum("test_fault[" in report.nodeid for report in reports)
    if run:
        never = len(TABLE) - len(occurring())
        terminalreporter.write_line(f"fault matrix: {len(occurring())} combinations, {never} cannot occur; {run} run")
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
