# SPDX-License-Identifier: MIT
"""A handler that does nothing but report: proves the rig without the product."""
from __future__ import annotations

import json
import zipfile
from pathlib import Path

SCRIPT = """#!/bin/sh
echo "$1 $ConfigSequenceNumber" >> /var/log/dummy-handler.log
if [ -e "/etc/dummy-fail-$1" ]; then echo "AADSSH-1 the dummy was asked to fail" >&2; exit 1; fi
[ "$1" = enable ] || exit 0
cat > "status/.new" <<END
[{"version": "1.0", "timestampUTC": "2026-01-01T00:00:00Z", "status": {"name": "dummy", "operation": "enable", "status": "success",
"code": 0, "formattedMessage": {"lang": "en-US", "message": "The dummy is well."}, "substatus": [{"name": "part", "status": "success",
"code": 0, "formattedMessage": {"lang": "en-US", "message": "The part is well."}}]}}]
END
mv status/.new "status/$ConfigSequenceNumber.status"
"""


def make_dummy(folder: Path) -> Path:
    commands: dict[str, object] = {f"{name}Command": f"handler {name}" for name in ("install", "enable", "disable", "update", "uninstall")}
    manifest = [{"version": 1.0, "handlerManifest": {**commands, "reportHeartbeat": False, "updateMode": "UpdateWithInstall", "rebootAfterInstall": False}}]
    target = folder / "dummy.zip"
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("HandlerManifest.json", json.dumps(manifest))
        archive.writestr("handler", SCRIPT)
    return target
