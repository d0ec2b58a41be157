# SPDX-License-Identifier: MIT
"""WireServer and HostGAPlugin, as far as the agent's goal-state loop asks for them.

The documents have the shape that azurelinuxagent/common/protocol (goal_state.py, wire.py, hostplugin.py) parses.
"""
from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape, quoteattr

from .namespace import WIRE_SERVER
from .reports import Report, goal_state_of, parse_reports
from .web import Request, Response

HANDLER = "Microsoft.Azure.ActiveDirectory.AADSSHLoginForLinux"
BASE = f"http://{WIRE_SERVER}"
ABSENT: Any = object()
"""Given as `settings`: the goal state has no settings for the extension at all."""

VERSIONS = """<?xml version="1.0" encoding="utf-8"?><Versions><Preferred><Version>2015-04-05</Version></Preferred>
<Supported><Version>2015-04-05</Version><Version>2012-11-30</Version></Supported></Versions>"""
HOSTING = """<?xml version="1.0" encoding="utf-8"?><HostingEnvironmentConfig><Deployment name="test"/>
<Incarnation number="1" instance="test-vm"/><Role name="test-role"/></HostingEnvironmentConfig>"""


@dataclass
class Plugin:
    """One extension of the goal state; state None leaves it out."""

    version: str = "1.0.0"
    sequence: int = 0
    settings: Any = None
    state: str | None = None
    protected: str | None = None
    thumbprint: str | None = None

    def runtime_settings(self) -> str:
        handler = {"publicSettings": self.settings, "protectedSettings": self.protected, "protectedSettingsCertThumbprint": self.thumbprint}
        if isinstance(self.settings, str):
            return self.settings
        return json.dumps({"runtimeSettings": [{"handlerSettings": handler}]})


@dataclass
class Azure:
    """The platform's side: what it wants, and what it was told. Every status upload is kept in `uploads`."""

    plugin: Plugin = field(default_factory=Plugin)
    incarnation: int = 1
    packages: dict[str, Path] = field(default_factory=dict)
    uploads: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._changed = threading.Condition()
        self._heard = 0

    def want(self, plugin: Plugin) -> None:
        with self._changed:
            self.plugin = plugin
            self.incarnation += 1

    def forget(self) -> None:
        """Reports that were uploaded before now do not count any more."""
        with self._changed:
            self._heard = len(self.uploads)

    def reports(self) -> list[Report]:
        """Reports on our handler that belong to the present goal state, oldest first."""
        with self._changed:
            blobs = [blob for _, blob in self.uploads[self._heard:]]
            return [report for blob in blobs if goal_state_of(blob) >= self.incarnation for report in parse_reports(blob, HANDLER)]

    def wait(self, fits: Callable[[], Any], timeout: float, what: str) -> Any:
        """The first true value of `fits`, asked again after each status upload."""
        deadline = time.monotonic() + timeout
        with self._changed:
            while not (value := fits()):
                left = deadline - time.monotonic()
                if left <= 0:
                    raise TimeoutError(f"Azure did not get {what} within {timeout:.0f} s. The last report: {self.reports()[-1:]}")
                self._changed.wait(left)
            return value

    def gone(self) -> bool:
        """Whether the newest upload for the present goal state does not speak of our handler."""
        blobs = [blob for _, blob in self.uploads[self._heard:] if goal_state_of(blob) >= self.incarnation]
        return bool(blobs) and not parse_reports(blobs[-1], HANDLER)

    def wire(self, request: Request) -> Response:
        """Answers for port 80."""
        self.requests.append(request)
        path, _, query = request.path.partition("?")
        documents: dict[str, Callable[[], str]] = {
            "/goal-state/hosting": lambda: HOSTING,
            "/goal-state/shared": lambda: '<?xml version="1.0" encoding="utf-8"?><SharedConfig version="1.0"/>',
            "/goal-state/extensions": self._extensions_config,
            "/manifest.xml": self._manifest,
        }
        if path == "/" and "comp=versions" in query:
            return _xml(VERSIONS)
        if path.rstrip("/") == "/machine" and "comp=goalstate" in query:
            return _xml(self._goal_state())
        if path in documents:
            return _xml(documents[path]())
        if path.startswith("/package/"):
            zip_file = self.packages.get(path.removeprefix("/package/").removesuffix(".zip"))
            return Response(200, zip_file.read_bytes(), {"Content-Type": "application/zip"}) if zip_file else Response(404)
        if request.method == "PUT":
            return Response(201)
        return Response(200) if request.method == "POST" else Response(404)

    def plugin_host(self, request: Request) -> Response:
        """Answers for the HostGAPlugin on port 32526."""
        self.requests.append(request)
        path = request.path.partition("?")[0]
        if path == "/versions":
            return Response(200, b'["2015-09-01"]', {"Content-Type": "application/json"})
        if path == "/status" and request.method == "PUT":
            blob = json.loads(base64.b64decode(json.loads(request.body)["content"]))
            with self._changed:
                self.uploads.append((time.monotonic(), blob))
                self._changed.notify_all()
            return Response()
        return Response(200) if path in ("/health", "/vmAgentLog") else Response(404)

    def _goal_state(self) -> str:
        configs = {"HostingEnvironmentConfig": "hosting", "SharedConfig": "shared", "ExtensionsConfig": "extensions"}
        links = "".join(f"<{name}>{BASE}/goal-state/{path}</{name}>" for name, path in configs.items())
        return (
            '<?xml version="1.0" encoding="utf-8"?><GoalState><Version>2012-11-30</Version>'
            f"<Incarnation>{self.incarnation}</Incarnation><Machine><ExpectedState>Started</ExpectedState></Machine>"
            "<Container><ContainerId>00000000-0000-0000-0000-0000000000cc</ContainerId><RoleInstanceList><RoleInstance>"
            f"<InstanceId>test-vm</InstanceId><State>Started</State><Configuration>{links}<ConfigName>test.1.xml</ConfigName></Configuration>"
            "</RoleInstance></RoleInstanceList></Container></GoalState>"
        )

    def _extensions_config(self) -> str:
        plugin, plugins, settings = self.plugin, "", ""
        if plugin.state is not None:
            name = f"name={quoteattr(HANDLER)} version={quoteattr(plugin.version)}"
            plugins = f'<Plugin {name} location="{BASE}/manifest.xml" state="{plugin.state}" autoUpgrade="false" runAsStartupTask="false" isJson="true" useExactVersion="true"/>'
            if plugin.settings is not ABSENT:
                settings = f'<Plugin {name}><RuntimeSettings seqNo="{plugin.sequence}">{escape(plugin.runtime_settings())}</RuntimeSettings></Plugin>'
        return (
            f'<?xml version="1.0" encoding="utf-8"?><Extensions version="1.0.0.0" goalStateIncarnation="{self.incarnation}">'
            "<GuestAgentExtension><GAFamilies><GAFamily><Name>Prod</Name><Uris/></GAFamily></GAFamilies></GuestAgentExtension>"
            f"<Plugins>{plugins}</Plugins><PluginSettings>{settings}</PluginSettings>"
            f'<StatusUploadBlob statusBlobType="BlockBlob">{BASE}/status-blob?sig=test</StatusUploadBlob>'
            f'<InVMGoalStateMetaData inSvdSeqNo="{self.incarnation}" createdOnTicks="{638_000_000_000_000_000 + self.incarnation}" '
            'activityId="00000000-0000-0000-0000-0000000000aa" correlationId="00000000-0000-0000-0000-0000000000bb"/></Extensions>'
        )

    def _manifest(self) -> str:
        offered = "".join(f"<Plugin><Version>{version}</Version><Uris><Uri>{BASE}/package/{version}.zip</Uri></Uris></Plugin>" for version in self.packages)
        return f'<?xml version="1.0" encoding="utf-8"?><PluginVersionManifest><Plugins>{offered}</Plugins></PluginVersionManifest>'


def _xml(text: str) -> Response:
    return Response(200, text.encode(), {"Content-Type": "text/xml; charset=utf-8"})
