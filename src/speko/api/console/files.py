"""`/` and `/assets/…`: the console's files, from memory. Source: RFC 9110, 13.1.2 and 12.5.3."""

import re
from typing import Any, Literal

from litestar import Request, route
from litestar.params import FromPath
from litestar.types import ASGIApp, Receive, Scope, Send

from speko.api.arrival import arrival_of
from speko.api.console.console import Console
from speko.api.console.headers import security_headers
from speko.api.console.login import console_of
from speko.api.errors import not_found
from speko.api.gateway import gateway_of
from speko.api.sessions.ws_url import sockets_at
from speko.console.site import File

_GET: tuple[Literal["GET", "HEAD"], ...] = ("GET", "HEAD")
_TAG = re.compile(r'(?:W/)?("[^"]*")')
_NOT_GZIP = re.compile(r"q=0(?:\.0*)?\Z")


@route("/", http_method=_GET, include_in_schema=False)
async def console_page(request: Request[Any, Any, Any]) -> ASGIApp:
    """The console, or what to type when it is not built."""
    console = console_of(request)
    return _Answer(request, console, console.site.index)


@route("/assets/{name:str}", http_method=_GET, include_in_schema=False)
async def console_asset(request: Request[Any, Any, Any], name: FromPath[str]) -> ASGIApp:
    """A file of the console."""
    console = console_of(request)
    file = console.site.assets.get(name)
    if file is None:
        raise not_found()
    return _Answer(request, console, file)


class _Answer:
    """One file, whole, squeezed, or not at all when the browser has it."""

    def __init__(self, request: Request[Any, Any, Any], console: Console, file: File) -> None:
        squeezed = file.gzipped if takes_gzip(request.headers.get("accept-encoding", "")) else None
        tag = f'"{file.tag}-gzip"' if squeezed else f'"{file.tag}"'
        known = names_tag(request.headers.get("if-none-match", ""), tag)
        self._status = 304 if known else 200
        self._body = b"" if known or request.method == "HEAD" else squeezed or file.body
        settings = gateway_of(request.app).settings
        sockets = sockets_at(arrival_of(request.scope), settings.public_url, settings.trusted_proxies)
        self._headers = [
            (b"etag", tag.encode()),
            (b"cache-control", b"public, max-age=31536000, immutable" if file.hashed else b"no-cache"),
            *security_headers(sockets, console.reached(request.scope)),
        ]
        if file.gzipped:
            self._headers.append((b"vary", b"accept-encoding"))
        if not known:
            self._headers.append((b"content-type", file.media_type.encode()))
            self._headers.append((b"content-length", str(len(squeezed or file.body)).encode()))
            if squeezed:
                self._headers.append((b"content-encoding", b"gzip"))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """ASGI."""
        await send({"type": "http.response.start", "status": self._status, "headers": self._headers})
        await send({"type": "http.response.body", "body": self._body, "more_body": False})


def takes_gzip(accepted: str) -> bool:
    """Whether an Accept-Encoding header asks for gzip."""
    for entry in accepted.lower().split(","):
        coding, _, weight = entry.partition(";")
        if coding.strip() == "gzip":
            return _NOT_GZIP.match(weight.replace(" ", "")) is None
    return False


def names_tag(header: str, tag: str) -> bool:
    """Whether an If-None-Match header names the tag, weakly compared."""
    return header.strip() == "*" or tag in _TAG.findall(header)
