"""From the upgrade of a request to the end of the session on it."""

from aiohttp import web

from speko.simulators.captured import Ledger
from speko.simulators.engines import Engines
from speko.simulators.faults import Fault, FaultKind
from speko.simulators.openai.errors import invalid
from speko.simulators.openai.realtime.errors import Complaint
from speko.simulators.openai.realtime.items import new_id
from speko.simulators.openai.realtime.models import is_served
from speko.simulators.openai.realtime.sabotage import error_event
from speko.simulators.openai.realtime.seen import Seen
from speko.simulators.openai.realtime.session import Session
from speko.simulators.openai.realtime.socket import Gone, Socket
from speko.simulators.script import Script


async def converse(
    request: web.BaseRequest,
    headers: dict[str, str],
    *,
    script: Script,
    fault: Fault | None,
    engines: Engines,
    seen: Seen,
    ledger: Ledger,
) -> web.StreamResponse:
    """Serves one session on a request whose key is accepted.

    Raises:
        Refused: the request asks for no WebSocket.
    """
    late = fault.seconds if fault is not None and fault.kind is FaultKind.LATE_PONG else 0.0
    socket = Socket(request, headers, late)
    if not socket.can_open():
        raise invalid("This address is for WebSockets.")
    await socket.open()
    model = request.query.get("model", "")
    if not is_served(model, script):
        await _refuse(socket, model)
        return socket.response
    session = seen.opens(new_id("sess"), model)
    ledger.notify()
    try:
        await Session(
            socket, model=model, script=script, fault=fault, engines=engines, seen=session, notify=ledger.notify
        ).run()
    finally:
        session.open = False
        session.close_code = socket.close_code or 1006
        ledger.notify()
        await socket.aclose()
    return socket.response


async def _refuse(socket: Socket, model: str) -> None:
    # As the vendor does it: over the socket, with the error's type and code as the reason of the close.
    code = "invalid_model" if model else "missing_model"
    message = "The model is not supported in realtime mode." if model else "The model parameter is missing."
    try:
        await socket.send(error_event(Complaint(message, code, "model")))
        await socket.close(4000, f"invalid_request_error.{code}")
        while await socket.receive() is not None:
            pass
    except Gone:
        return
    finally:
        await socket.aclose()
