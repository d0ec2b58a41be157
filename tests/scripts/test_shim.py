# SPDX-License-Identifier: MIT
"""The shell script that the agent runs: it picks the program by processor and explains itself."""

import os
import pathlib
import stat
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FIXED_PATH = "PATH=/usr/sbin:/usr/bin:/sbin:/bin"
FAKE = """#!/bin/sh
if [ "$1" = version ]; then echo 'aadssh-handler 1.0.0'; exit 0; fi
echo "started $0 in $(pwd) with $*"
exit 7
"""


@pytest.fixture
def extension(tmp_path):
    """A handler folder as the agent unpacks it, with a program for x86_64 that is a script."""
    folder = tmp_path / "Some.Publisher.AADSSHLoginForLinux-1.0.0"
    (folder / "bin").mkdir(parents=True)
    shim = folder / "aadssh-handler.sh"
    # The shim's PATH is fixed, whatever the agent's is; the copy also knows a folder of our own.
    text = (ROOT / "scripts" / "handler-shim.sh").read_text()
    assert text.count(FIXED_PATH) == 1
    shim.write_text(text.replace(FIXED_PATH, f"PATH={tmp_path / 'tools'}:{FIXED_PATH[5:]}"))
    shim.chmod(0o744)
    program = folder / "bin" / "aadssh-handler-x86_64"
    program.write_text(FAKE)
    program.chmod(0o744)
    return folder


def run(extension, *words, cpu="x86_64", shell="/bin/sh", cwd="/"):
    """Runs the shim with a `uname` that says CPU."""
    tools = extension.parent / "tools"
    tools.mkdir(exist_ok=True)
    (tools / "uname").write_text(f"#!/bin/sh\necho {cpu}\n")
    (tools / "uname").chmod(0o755)
    return subprocess.run(
        [shell, str(extension / "aadssh-handler.sh"), *words],
        capture_output=True,
        text=True,
        cwd=cwd,
        env={"PATH": "/nowhere"},
        check=False,
    )


@pytest.mark.parametrize("cpu", ["x86_64", "amd64"])
@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_starts_the_program_of_this_cpu_with_all_words(extension, cpu, shell):
    result = run(extension, "install", "two words", cpu=cpu, shell=shell)
    program = extension / "bin" / "aadssh-handler-x86_64"
    assert result.stdout == f"started {program} in / with install two words\n"
    assert result.stderr == ""
    assert result.returncode == 7


def test_works_by_a_relative_name(extension):
    result = subprocess.run(
        ["/bin/sh", "aadssh-handler.sh", "enable"],
        capture_output=True,
        text=True,
        cwd=extension,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    assert result.stdout.startswith("started ./bin/aadssh-handler-x86_64 ")


def test_arm64_is_another_word_for_aarch64(extension):
    program = extension / "bin" / "aadssh-handler-aarch64"
    program.write_text(FAKE)
    program.chmod(0o744)
    assert f"started {program} " in run(extension, "install", cpu="arm64").stdout


def test_makes_the_program_executable_where_the_zip_lost_that(extension):
    program = extension / "bin" / "aadssh-handler-x86_64"
    program.chmod(0o644)
    assert run(extension, "install").returncode == 7
    assert program.stat().st_mode & stat.S_IXUSR


def test_names_the_cpu_that_has_no_program_and_those_that_have(extension):
    result = run(extension, "install", cpu="riscv64")
    assert result.returncode == 51
    assert result.stdout == ""
    assert result.stderr.startswith("AADSSH-51 start: this VM's CPU is riscv64; ")
    assert " for x86_64 only." in result.stderr
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"\x7fELF\x02\x01\x01" + b"\0" * 500, b"#!/no/such/interpreter\n", b"#!/bin/sh\nkill -ILL $$\n"],
    ids=["empty", "truncated", "no interpreter", "crashes"],
)
@pytest.mark.parametrize("shell", ["/bin/sh", "/bin/bash"])
def test_explains_a_program_that_does_not_start(extension, content, shell):
    program = extension / "bin" / "aadssh-handler-x86_64"
    program.write_bytes(content)
    result = run(extension, "install", shell=shell)
    assert result.returncode == 1
    assert result.stdout == ""
    verdict = result.stderr.splitlines()[-1]
    assert verdict.startswith(f"AADSSH-1 start: {program} does not start on this VM (")
    assert "Fix: " in verdict


def test_explains_a_noexec_mount(extension):
    """In a mount namespace of its own, so the machine sees nothing of it."""
    result = subprocess.run(
        ["unshare", "--mount", *([] if os.geteuid() == 0 else ["--map-root-user"]), "/bin/sh", "-c",
         'mount --bind "$1" "$1" && mount -o remount,bind,noexec "$1" && exec /bin/sh "$1/aadssh-handler.sh" install',
         "sh", str(extension)],
        capture_output=True,
        text=True,
        env={"PATH": os.environ["PATH"]},
        check=False,
    )
    assert result.returncode == 1
    assert "AADSSH-1 start: " in result.stderr
    assert "Permission denied" in result.stderr
    assert "noexec" in result.stderr
