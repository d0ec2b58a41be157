# SPDX-License-Identifier: MIT
"""HTTP and HTTPS servers in threads of the test process, listening in another network namespace."""
from __future__ import annotations

import base64
import ctypes
import os
import socket
import ssl
import struct
import sys
import threading
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

from .faults import Fault, Faults

CLONE_NEWNET = 0x40000000


@dataclass(frozen=True)
class Request:
    scheme: str
    via: str
    method: str
    host: str
    path: str
    headers: dict[str, str]
    body: bytes = b""
    fault: Fault | None = None

    @property
    def url(self) -> str:
        return f"{self.scheme}://{self.host}{self.path}"


@dataclass
class Response:
    status: int = 200
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)


class Proxy:
    """What the forward proxy asks for: "user:password", or nothing; and the authorities that it connects to."""

    def __init__(self) -> None:
        self.credentials: str | None = None
        self.reaches = ("packages.microsoft.com:443",)


Answer = Callable[[Request], Response]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64
    block_on_close = False

    def __init__(self, listening: socket.socket, answer: Answer, faults: Faults, tls: ssl.SSLContext | None = None, proxy: Proxy | None = None, connect_tls: ssl.SSLContext | None = None) -> None:
        super().__init__(listening.getsockname(), _Handler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.answer, self.faults, self.tls, self.proxy, self.connect_tls = answer, faults, tls, proxy, connect_tls
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        self.shutdown()
        self.server_close()

    def finish_request(self, request: socket.socket, client_address: object) -> None:  # type: ignore[override]
        # The handshake is made here, in the connection's own thread, so that a slow client blocks no other.
        if self.tls is not None:
            request = self.tls.wrap_socket(request, server_side=True)
        _Handler(request, client_address, self)

    def handle_error(self, request: object, client_address: object) -> None:
        # Connections that break, and files closed by a fault, are what many tests are about; all else is a bug in the rig.
        if not isinstance(sys.exc_info()[1], (OSError, ValueError)):
            traceback.print_exc()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Server
    scheme = "http"
    via = "direct"

    def setup(self) -> None:
        super().setup()
        if isinstance(self.connection, ssl.SSLSocket):
            self.scheme = "https"

    def log_message(self, format: str, *args: object) -> None:
        """The rig keeps its own log."""

    def do_GET(self) -> None:
        self._serve()

    do_HEAD = do_PUT = do_POST = do_GET

    def do_CONNECT(self) -> None:
        proxy, tls = self.server.proxy, self.server.connect_tls
        fault = self.server.faults.take(f"CONNECT:{self.path}")
        request = Request("connect", "proxy", "CONNECT", self.path, "", dict(self.headers), b"", fault)
        refusal = self.server.answer(request) if proxy is None or tls is None else self._proxy_refusal(request, proxy)
        if refusal is None and tls is not None and fault is None:
            self.send_response(200)
            self.end_headers()
            self.wfile.flush()
            inner = type("_Tunnelled", (_Handler,), {"via": "proxy"})
            inner(tls.wrap_socket(self.connection, server_side=True), self.client_address, self.server)
            self.close_connection = True
        else:
            self._send(request, refusal or Response(502))

    def _proxy_refusal(self, request: Request, proxy: Proxy) -> Response | None:
        self.server.answer(request)
        if not _authorized(request.headers, proxy):
            return Response(407, b"", {"Proxy-Authenticate": 'Basic realm="test"'})
        return None if request.host in proxy.reaches else Response(502, b"The proxy does not reach this host.")

    def _serve(self) -> None:
        body = self._body()
        host, path, via = self.headers.get("Host", "").rpartition("@")[2], self.path, self.via
        if path.startswith("http://"):
            parts = urlsplit(path)
            host, path, via = parts.netloc, path.split(parts.netloc, 1)[1] or "/", "proxy"
        host = host.removesuffix(":80").removesuffix(":443")
        request = Request(self.scheme, via, self.command, host, path, dict(self.headers), body, self.server.faults.take(host + path, self.command))
        proxy = self.server.proxy
        if via == "proxy" and proxy is not None and self.scheme == "http" and not _authorized(request.headers, proxy):
            self.server.answer(request)
            return self._send(request, Response(407, b"", {"Proxy-Authenticate": 'Basic realm="test"'}))
        self._send(request, self.server.answer(request))

    def _body(self) -> bytes:
        if "chunked" not in self.headers.get("Transfer-Encoding", ""):
            return self.rfile.read(int(self.headers.get("Content-Length") or 0))
        parts = []
        while size := int(self.rfile.readline().split(b";")[0], 16):
            parts.append(self.rfile.read(size))
            self.rfile.readline()
        self.rfile.readline()
        return b"".join(parts)

    def _send(self, request: Request, response: Response) -> None:
        fault = request.fault
        kind = fault.kind if fault else ""
        if fault and kind == "hang":
            time.sleep(float(fault.argument))
            return self._drop()
        if kind == "reset":
            return self._drop(reset=True)
        if fault and kind == "status":
            response = Response(int(fault.argument), b"<html>The test asked for this error.</html>")
            if fault.retry_after is not None:
                response.headers["Retry-After"] = str(fault.retry_after)
        if fault and kind == "last" and fault.then is not None:
            fault.then()
            self.close_connection = True
            response.headers["Connection"] = "close"
        if fault and kind == "redirect":
            response = Response(302, b"", {"Location": str(fault.argument)})
        body = response.body[:-20] + b"X" * 20 if kind == "corrupt" else response.body
        self.send_response(response.status)
        for name, value in response.headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if request.method != "HEAD":
            self._send_body(body, fault)

    def _send_body(self, body: bytes, fault: Fault | None) -> None:
        if fault and fault.kind == "truncate":
            self.wfile.write(body[: int(fault.argument)])
            return self._drop()
        if fault and fault.kind == "slow":
            step = max(1, int(fault.argument) // 10)
            for start in range(0, len(body), step):
                self.wfile.write(body[start : start + step])
                time.sleep(0.1)
            return
        self.wfile.write(body)

    def _drop(self, reset: bool = False) -> None:
        self.close_connection = True
        if reset:
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.wfile.flush()
        self.connection.close() if reset else self.connection.shutdown(socket.SHUT_RDWR)


def _authorized(headers: dict[str, str], proxy: Proxy) -> bool:
    if proxy.credentials is None:
        return True
    expected = "Basic " + base64.b64encode(proxy.credentials.encode()).decode()
    return headers.get("Proxy-Authorization") == expected


def sockets_in(pid: int, addresses: list[tuple[str, int]]) -> list[socket.socket]:
    """Listening sockets in the network namespace of the process `pid`; they stay there whoever uses them."""
    made: list[socket.socket] = []
    errors: list[BaseException] = []

    def work() -> None:
        # setns() moves only the calling thread, which ends right after this.
        try:
            with open(f"/proc/{pid}/ns/net", "rb") as namespace:
                if ctypes.CDLL(None, use_errno=True).setns(namespace.fileno(), CLONE_NEWNET) != 0:
                    raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
            for address in addresses:
                made.append(socket.create_server(address, backlog=64))
        except BaseException as error:  # noqa: BLE001 - handed to the caller below
            errors.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    if errors:
        raise errors[0]
    return made
