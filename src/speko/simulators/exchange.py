"""One request to a simulated vendor, from its head to the last byte of its answer."""

import asyncio
import hmac
import logging
import traceback
from dataclasses import replace
from typing import TYPE_CHECKING

from aiohttp import HttpVersion11, web

from speko.simulators import control
from speko.simulators.answer import PROXY_PAGE, Answer, Refused, hold, reset, send
from speko.simulators.captured import CapturedRequest
from speko.simulators.faults import Fault, FaultKind, Stage

if TYPE_CHECKING:
    from speko.simulators.server import Simulator

log = logging.getLogger(__name__)

MAX_BODY = 26 * 2**20
"""Bytes: the largest upload of the vendors simulated here, and the form round it."""
BODY_TIMEOUT = 30.0
"""Seconds that a client has to send a body."""
_WITH_RETRY_AFTER = (FaultKind.RATE_LIMITED, FaultKind.OVERLOADED)


async def exchange(simulator: "Simulator", request: web.BaseRequest) -> web.StreamResponse:
    """Answers one request. Never raises but for a client that left."""
    try:
        if request.path.startswith(control.PREFIX):
            return await send(request, control.answer(simulator, request, await _body(simulator, request)))
        return await _vendor(simulator, request)
    except Refused as refused:
        return await _fail(simulator, request, refused.answer)
    except (asyncio.CancelledError, ConnectionError):
        if not simulator.closing:
            simulator.ledger.client_left()
        raise
    except Exception as failure:
        # Not the message of the exception: it could quote what a caller said.
        where = traceback.format_tb(failure.__traceback__)
        log.error("simulator failed to answer", extra={"error": type(failure).__name__, "where": where})
        simulator.ledger.errors += 1
        return await _fail(simulator, request, simulator.status_answer(FaultKind.SERVER_ERROR))


async def _vendor(simulator: "Simulator", request: web.BaseRequest) -> web.StreamResponse:
    operation = simulator.operation(request.method, request.path)
    script, planned = simulator.script, simulator.plan.next(operation)
    key = simulator.key_of(request)
    simulator.ledger.received(operation, planned.kind if planned else None, key)
    converses = operation in simulator.conversations
    # What happens later in a conversation is its own affair.
    fault = planned if planned is not None and (not converses or planned.stage is Stage.CONNECT) else None
    kind = fault.kind if fault else None
    if kind is FaultKind.REFUSE or (converses and kind is FaultKind.CUT):
        reset(request)
        return web.Response()
    captured = CapturedRequest(
        operation,
        request.method,
        request.path,
        tuple(name.lower() for name in request.headers),
        request.headers.get("Content-Type", ""),
        await _body(simulator, request),
        planned.kind if planned else None,
    )
    simulator.ledger.captured(captured)
    if kind is FaultKind.SILENT or (converses and kind is FaultKind.STALL):
        await hold()
    if fault is not None and fault.kind.status is not None:
        raise Refused(_status_answer(simulator, fault))
    if not _accepted(simulator, key):
        raise Refused(simulator.status_answer(FaultKind.UNAUTHORIZED))
    if converses:
        if fault is not None and kind is FaultKind.SLOW:
            await asyncio.sleep(fault.seconds)
        if kind is FaultKind.MALFORMED:
            raise Refused(PROXY_PAGE)
        return await simulator.converse(request, script, planned)
    answer = await simulator.answer(captured, script.emptied if kind is FaultKind.EMPTY else script)
    delay = script.first_byte + (fault.seconds if fault is not None and kind is FaultKind.SLOW else 0)
    if delay:
        await asyncio.sleep(delay)
    return await send(request, _stamped(simulator, answer), fault, script.pace)


def _accepted(simulator: "Simulator", key: str | None) -> bool:
    if simulator.api_key is None:
        return bool(key)
    # A header's bytes that are no text come as surrogates.
    return hmac.compare_digest((key or "").encode(errors="surrogateescape"), simulator.api_key.encode())


def _status_answer(simulator: "Simulator", fault: Fault) -> Answer:
    answer = simulator.status_answer(fault.kind)
    if fault.kind in _WITH_RETRY_AFTER and fault.retry_after is not None:
        return replace(answer, headers={**answer.headers, "Retry-After": fault.retry_after})
    return answer


def _stamped(simulator: "Simulator", answer: Answer) -> Answer:
    return replace(answer, headers={**simulator.headers(), **answer.headers})


async def _fail(simulator: "Simulator", request: web.BaseRequest, answer: Answer) -> web.StreamResponse:
    """An error answer, or a reset where the head of another answer is out already."""
    if request.writer.output_size:
        reset(request)
        return web.Response()
    return await send(request, _stamped(simulator, answer))


async def _body(simulator: "Simulator", request: web.BaseRequest) -> bytes:
    """The body.

    Raises:
        Refused: too large, too slow, or not what its headers say.
    """
    if (request.content_length or 0) > MAX_BODY:
        raise Refused(simulator.status_answer(FaultKind.TOO_LARGE))
    if request.headers.get("Expect", "").lower() == "100-continue" and request.version >= HttpVersion11:
        await request.writer.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        request.writer.output_size = 0
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_TIMEOUT):
            while chunk := await request.content.readany():
                body += chunk
                if len(body) > MAX_BODY:
                    raise Refused(simulator.status_answer(FaultKind.TOO_LARGE))
    except TimeoutError:
        raise Refused(simulator.error_answer(408, "The body did not arrive in time.")) from None
    except web.RequestPayloadError:
        raise Refused(simulator.error_answer(400, "The body of the request cannot be read.")) from None
    return bytes(body)
