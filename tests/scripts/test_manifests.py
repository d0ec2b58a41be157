# SPDX-License-Identifier: MIT
"""The two files that describe the extension, to the agent and for publishing."""

import json
import pathlib
import xml.etree.ElementTree

ROOT = pathlib.Path(__file__).resolve().parents[2]
COMMANDS = ("install", "enable", "disable", "update", "uninstall")


def test_the_agent_finds_a_list_of_one_with_real_booleans():
    """Agents before 2.13 take the string "false" for true (ga/exthandlers.py, HandlerManifest)."""
    (entry,) = json.loads((ROOT / "HandlerManifest.json").read_text())
    manifest = entry["handlerManifest"]
    for command in COMMANDS:
        assert manifest.pop(f"{command}Command") == f"aadssh-handler.sh {command}"
    assert manifest.pop("updateMode") == "UpdateWithInstall"
    assert set(manifest) == {
        "continueOnUpdateFailure", "rebootAfterInstall", "reportHeartbeat", "supportsMultipleExtensions"}
    assert all(value is False for value in manifest.values())


def test_the_publishing_document_is_well_formed():
    image = xml.etree.ElementTree.parse(ROOT / "manifest" / "manifest.xml.in").getroot()
    names = {child.tag.partition("}")[2]: child.text for child in image}
    assert names["Type"] == "AADSSHLoginForLinux"
    assert names["Version"] == "@PROJECT_VERSION@"
    assert names["SupportedOS"] == "Linux"
    assert names["IsJsonExtension"] == "true"
