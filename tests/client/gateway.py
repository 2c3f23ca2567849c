"""A gateway that answers what a test tells it to, byte by byte, over a real socket."""

import json
import socket
import socketserver
import threading
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, Literal

Framing = Literal["chunked", "length", "until_close"]
Ending = Literal["whole", "cut", "held_open"]


@dataclass
class Reply:
    """One answer. `chunks` go out one by one; httpx hands chunks of the chunked framing on as they were sent."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    chunks: Sequence[bytes] = ()
    framing: Framing = "chunked"
    ending: Ending = "whole"


@dataclass
class Received:
    """One request as it came; header names in lower case."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes
    connection: int

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def json_reply(body: Any, status: int = 200, **headers: str) -> Reply:
    """An answer in JSON. Underscores in header names become hyphens."""
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(status, {"content-type": "application/json", **names}, [json.dumps(body).encode()], "length")


def sse(name: str, /, **data: Any) -> bytes:
    """One event as the gateway writes it."""
    return f"event: {name}\ndata: {json.dumps(data, ensure_ascii=False)}\n\n".encode()


def sse_reply(*chunks: bytes, ending: Ending = "whole", framing: Framing = "chunked") -> Reply:
    """An event stream."""
    headers = {"content-type": "text/event-stream", "x-request-id": "req_1"}
    return Reply(200, headers, chunks, framing, ending)


class ScriptedGateway(socketserver.ThreadingTCPServer):
    """Gives its `replies` in turn and keeps what it received."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Connection)
        self.replies: deque[Reply] = deque()
        self.received: list[Received] = []
        self.client_left = threading.Event()
        """A client closed its connection while the answer was held open."""
        self.connections: list[socket.socket] = []
        self._thread = threading.Thread(target=self.serve_forever, kwargs={"poll_interval": 0.01})

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self) -> "ScriptedGateway":
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Connection(socketserver.StreamRequestHandler):
    disable_nagle_algorithm = True
    timeout = 20
    server: ScriptedGateway

    def handle(self) -> None:
        with suppress(ConnectionError):  # clients leave when they like
            self._serve()

    def _serve(self) -> None:
        number = len(self.server.connections)
        self.server.connections.append(self.connection)
        while (request := self._read(number)) is not None:
            self.server.received.append(request)
            reply = self.server.replies.popleft()
            self._write(reply)
            if reply.ending == "held_open":
                with suppress(ConnectionResetError):  # it left without reading everything
                    self.rfile.read(1)
                self.server.client_left.set()
                return
            if reply.ending == "cut" or reply.framing == "until_close":
                return

    def _read(self, number: int) -> Received | None:
        line = self.rfile.readline().decode("ascii")
        if not line:
            return None
        method, target, _ = line.split()
        headers = {}
        while (header := self.rfile.readline().decode("latin-1").rstrip("\r\n")) != "":
            name, _, value = header.partition(":")
            headers[name.lower()] = value.strip()
        body = self.rfile.read(int(headers.get("content-length", "0")))
        return Received(method, target, headers, body, number)

    def _write(self, reply: Reply) -> None:
        headers = dict(reply.headers)
        if reply.framing == "chunked":
            headers["transfer-encoding"] = "chunked"
        elif reply.framing == "length":
            headers["content-length"] = str(sum(map(len, reply.chunks)))
        else:
            headers["connection"] = "close"
        lines = [f"HTTP/1.1 {reply.status} Scripted", *(f"{name}: {value}" for name, value in headers.items())]
        self.wfile.write("\r\n".join([*lines, "", ""]).encode())
        for chunk in reply.chunks:
            self.wfile.write(b"%x\r\n%b\r\n" % (len(chunk), chunk) if reply.framing == "chunked" else chunk)
        if reply.framing == "chunked" and reply.ending == "whole":
            self.wfile.write(b"0\r\n\r\n")
