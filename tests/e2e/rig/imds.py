# SPDX-License-Identifier: MIT
"""The instance metadata service: tokens of every kind of identity, and the ways in which it fails."""
from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable
from urllib.parse import parse_qs, urlsplit

from .web import Request, Response

GROUP = "/subscriptions/00000000-0000-0000-0000-000000000001/resourcegroups/test-group/providers"
IDENTITIES = {
    "system": f"{GROUP}/Microsoft.Compute/virtualMachines/test-vm",
    "system-vmss": f"{GROUP}/Microsoft.Compute/virtualMachineScaleSets/test-set/virtualMachines/3",
    "user-assigned-one": f"{GROUP}/Microsoft.ManagedIdentity/userAssignedIdentities/test-identity",
    "unknown-type": f"{GROUP}/Microsoft.Example/widgets/test-widget",
}
REFUSALS = {
    "none": "Identity not found",
    "user-assigned-many": "Multiple user assigned identities exist, please specify the clientId / resourceId of the identity in the token request",
}
MODES = (*IDENTITIES, *REFUSALS, "no-claim", "proxy-html", "not-json", "status", "hang", "refused")


class Imds:
    """`become(mode)` changes the token endpoint's answer; the other endpoints always answer, as the agent needs them."""

    def __init__(self) -> None:
        self.cloud = "AzurePublicCloud"
        self.more_words = ""
        """What a refusal says beside its usual words."""
        self.requests: list[Request] = []
        self.on_reachable: Callable[[bool], None] = lambda reachable: None
        self._lock = threading.Lock()
        self._mode, self._status, self._then, self._left, self._seconds = "system", 500, "system", -1, 600.0

    def become(self, mode: str, *, status: int = 500, then: str = "system", after: int = -1, seconds: float = 600) -> None:
        """`after` token requests in this mode, `then` is the mode; `status` belongs to mode "status", `seconds` to "hang"."""
        if mode not in MODES or then not in MODES:
            raise ValueError(f"IMDS has no mode {mode!r} or {then!r}; it has {', '.join(MODES)}.")
        with self._lock:
            self._mode, self._status, self._then, self._left, self._seconds = mode, status, then, after, seconds
        self.on_reachable(self.reachable)

    @property
    def reachable(self) -> bool:
        """Whether anybody listens at IMDS's address."""
        return self._mode != "refused"

    @property
    def token_requests(self) -> list[Request]:
        with self._lock:
            return [request for request in self.requests if "/identity/oauth2/token" in request.path]

    def clear(self) -> None:
        with self._lock:
            self.requests.clear()

    def answer(self, request: Request) -> Response:
        url = urlsplit(request.path)
        with self._lock:
            self.requests.append(request)
        if request.headers.get("Metadata", "").lower() != "true":
            return _json({"error": "bad_request_102", "error_description": "Required metadata header not specified"}, 400)
        if url.path == "/metadata/identity/oauth2/token":
            return self._token(parse_qs(url.query))
        if url.path == "/metadata/instance/compute/azEnvironment":
            return Response(200, self.cloud.encode(), {"Content-Type": "text/plain"})
        if url.path.startswith("/metadata/instance/compute"):
            return _json({"azEnvironment": self.cloud, "location": "westeurope", "name": "test-vm", "vmId": "00000000-0000-0000-0000-00000000000a",
                          "resourceGroupName": "test-group", "resourceId": IDENTITIES["system"], "subscriptionId": "00000000-0000-0000-0000-000000000001",
                          "vmScaleSetName": "", "osType": "Linux", "offer": "test", "publisher": "test", "sku": "test", "version": "1"})
        return Response(404)

    def _next_mode(self) -> tuple[str, int]:
        with self._lock:
            if self._left == 0:
                self._mode, self._left = self._then, -1
            self._left = max(self._left - 1, -1)
            return self._mode, self._status

    def _token(self, query: dict[str, list[str]]) -> Response:
        mode, status = self._next_mode()
        if mode == "hang":
            time.sleep(self._seconds)
            return Response(504)
        if mode == "status":
            return _json({"error": "test", "error_description": "The test asked for this error."}, status)
        if mode == "proxy-html":
            return Response(200, b"<html><body>Access denied by your proxy.</body></html>", {"Content-Type": "text/html"})
        if mode == "not-json":
            return Response(200, b'{"access_token": "cut', {"Content-Type": "application/json"})
        if mode in REFUSALS:
            return _json({"error": "invalid_request", "error_description": REFUSALS[mode] + self.more_words}, 400)
        resource = query.get("resource", [""])[0]
        claims = {"aud": resource, "tid": "00000000-0000-0000-0000-0000000000ff", "exp": int(time.time()) + 86400}
        if mode in IDENTITIES:
            claims["xms_mirid"] = IDENTITIES[mode]
        return _json({"access_token": token(claims), "expires_in": "86399", "resource": resource, "token_type": "Bearer"})


def token(claims: dict[str, object]) -> str:
    """A JSON web token with these claims and a signature that is none."""
    parts = (json.dumps({"typ": "JWT", "alg": "RS256"}).encode(), json.dumps(claims).encode(), b"not a signature")
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def _json(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value).encode(), {"Content-Type": "application/json; charset=utf-8"})
