# SPDX-License-Identifier: MIT
"""Which tests a standard run has; `--full` has all. README.md beside this file says why."""
from __future__ import annotations

from pathlib import Path

import pytest
from rig.families import FAMILIES
from rig.rpm_families import RPM_FAMILIES

# One machine for each package tool: what every run shows on these, full runs show on all the others, too.
ONE_EACH = ("debian12", "rhel9", "rhel7", "azurelinux3", "sles155")
TOOL = {**dict.fromkeys(FAMILIES, "apt"), **{name: family.tool for name, family in RPM_FAMILIES.items()}}
# Others on which every run shows the way from installation to removal: other versions of the real tools, a bare machine, Ubuntu.
OTHER_VERSIONS = ("debian11", "debian12-minimal", "debian13", "ubuntu2404", "rhel10")
LIFE_CYCLE = ("test_install_enable_uninstall", "test_install_enable_again_upgrade_uninstall")
# Of the rig's own tests every run has only those that go over the machines, and these machines.
OWN_TESTS = ("test_harness.py", "test_rpm_harness.py")
OWN_MACHINES = ("debian12", "rhel9")
# Of these every run has every second set of parameters.
HALVED = (
    "test_any_command_after_update_ends_it", "test_disabled_sources_do_not_count", "test_existing_source_is_used_and_not_touched",
    "test_file_that_does_not_fit_the_index_is_asked_for_again_past_caches", "test_identities_that_are_accepted", "test_imds_is_asked_again",
    "test_killed_upgrade", "test_killed_while_the_package_is_being_configured", "test_legacy_folder_counts_by_its_state",
    "test_other_commands_killed", "test_planted_secrets_reach_no_output", "test_proxy_variables_in_both_cases",
    "test_reboot_between_update_and_uninstall_under_the_agent", "test_update_and_downgrade_never_remove_the_package",
    "test_waits_for_a_lock_and_goes_on",
)


def machines_of(item: pytest.Function) -> set[str]:
    """The machines among a test's parameters."""
    values = item.callspec.params.values() if hasattr(item, "callspec") else ()
    return {value for value in values if isinstance(value, str) and value in TOOL}


def left_out(item: pytest.Function) -> bool:
    """Whether another machine with the same tool shows it, too."""
    if item.path.name in OWN_TESTS:
        return not machines_of(item) & set(OWN_MACHINES)
    return not machines_of(item) <= {*ONE_EACH, *(OTHER_VERSIONS if item.originalname in LIFE_CYCLE else ())}


def standard(items: list[pytest.Function]) -> list[pytest.Function]:
    """The tests of a standard run. No function is left out, nor one of the tools that it is about: the first with that tool stays."""
    chosen = [item for item in items if not left_out(item)]
    for name in HALVED:
        for item in [item for item in chosen if item.originalname == name][1::2]:
            chosen.remove(item)
    kept = set(chosen)
    shown = {of_one_tool(item) for item in chosen}
    for item in items:
        if item.path.name not in OWN_TESTS and of_one_tool(item) not in shown:
            shown.add(of_one_tool(item))
            kept.add(item)
    return [item for item in items if item in kept]


def of_one_tool(item: pytest.Function) -> tuple[Path, str, frozenset[str]]:
    """What the same test has with all machines of one tool."""
    return item.path, item.originalname, frozenset(TOOL[machine] for machine in machines_of(item))
