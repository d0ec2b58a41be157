# SPDX-License-Identifier: MIT
"""The machine's real sshd: what it would do with a user, and a login by key."""
from __future__ import annotations

from .namespace import Namespace, Result

KEY = "/tmp/test-key"
PORT = "22"


def config_for(namespace: Namespace, user: str) -> dict[str, str]:
    """sshd's effective options for this user; names in lower case, though newer sshd -T prints them as in the manual."""
    folder = namespace.root / "run/sshd"
    made = not folder.exists()
    folder.mkdir(mode=0o755, exist_ok=True)
    done = namespace.run(["/usr/sbin/sshd", "-T", "-C", f"user={user},host=client.test,addr=192.0.2.7,laddr=192.0.2.1,lport=22"])
    if made:
        folder.rmdir()
    if done.code != 0:
        raise RuntimeError(f"sshd -T ended with {done.code}: {done.stderr}")
    return {name.lower(): value for name, _, value in (line.partition(" ") for line in done.stdout.splitlines())}


def start(namespace: Namespace) -> None:
    """Starts sshd if it does not run; it writes /run/sshd.pid once it listens."""
    if any(argv and "sshd" in argv[0] for argv in namespace.processes().values()):
        return
    (namespace.root / "run/sshd").mkdir(mode=0o755, exist_ok=True)
    _ok(namespace, "/usr/sbin/sshd")


def login(namespace: Namespace, user: str) -> Result:
    """Logs in with a key that only the certificate handler knows, and asks who is there."""
    start(namespace)
    if not (namespace.root / KEY[1:]).exists():
        _ok(namespace, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY)
    folder = namespace.root / "etc/aadsshlogin-standin"
    folder.mkdir(exist_ok=True)
    public = (namespace.root / f"{KEY[1:]}.pub").read_text()
    (folder / "keys").write_text(f"{user} {public}")
    options = [f"-o{option}" for option in ("BatchMode=yes", "StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "ConnectTimeout=10")]
    return namespace.run(["ssh", "-q", *options, "-i", KEY, "-p", PORT, "-l", user, "127.0.0.1", "id -un"], timeout=30)


def _ok(namespace: Namespace, *argv: str) -> None:
    done = namespace.run(argv)
    if done.code != 0:
        raise RuntimeError(f"{argv[0]} ended with {done.code}: {done.stderr}")
