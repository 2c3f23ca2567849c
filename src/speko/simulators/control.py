"""The control address of a simulator, `/__sim__/`, for those who run it as a process of its own.

| Request | Body | Does |
|---|---|---|
| `GET /__sim__/state` | | shows counts, fault and script |
| `PUT /__sim__/fault` | a `Fault`, or `null` | from now on this goes wrong |
| `PUT /__sim__/script` | a `Script` | from now on these are the answers |
| `POST /__sim__/reset` | | forgets the counts, back to the fault and the script of the start |

All answer with the state. Only this machine may ask, without a proxy in between, and no web page.
"""

import ipaddress
from typing import TYPE_CHECKING

import msgspec
from aiohttp import web

from speko.simulators.answer import Answer
from speko.simulators.faults import Fault
from speko.simulators.script import Script

if TYPE_CHECKING:
    from speko.simulators.server import Simulator

PREFIX = "/__sim__/"


def answer(simulator: "Simulator", request: web.BaseRequest, body: bytes) -> Answer:
    """Does what a control request asks for."""
    if not _local(request):
        return _error(403, "only this machine may ask, without a proxy in between")
    try:
        match request.method, request.path.removeprefix(PREFIX):
            case "GET", "state":
                pass
            case "PUT", "fault":
                simulator.fault = msgspec.json.decode(body, type=Fault | None)
            case "PUT", "script":
                simulator.script = msgspec.json.decode(body, type=Script)
            case "POST", "reset":
                simulator.reset()
            case _:
                return _error(404, "GET state, PUT fault, PUT script or POST reset")
    except (ValueError, RecursionError) as error:
        return _error(400, str(error))
    return Answer((msgspec.json.encode(simulator.state()),))


def _local(request: web.BaseRequest) -> bool:
    forwarded = {"forwarded", "x-forwarded-for", "x-real-ip", "origin"}
    if any(name.lower() in forwarded for name in request.headers):
        return False
    try:
        return ipaddress.ip_address(request.remote or "").is_loopback
    except ValueError:
        return False


def _error(status: int, message: str) -> Answer:
    return Answer((msgspec.json.encode({"error": message}),), status=status)
