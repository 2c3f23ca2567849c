"""Opens the socket of a session."""

from typing import TYPE_CHECKING

import httpx

from speko.client.errors import SpekoApiError, error_of, invalid_response
from speko.client.models.sessions import S2sSession
from speko.client.realtime.session import AsyncRealtimeSession

if TYPE_CHECKING:
    from websockets.asyncio.client import ClientConnection

OPEN_TIMEOUT = 10.0
"""Seconds until the socket has to be open."""
_CLOSE_TIMEOUT = 5.0
_LARGEST_FRAME = 16 * 1024 * 1024
"""Bytes. Engines send seconds of audio in one frame; a minute of it has 3 MB."""
_QUEUED_FRAMES = 64
"""That are received and not yet taken; beyond them the socket is not read."""
_KEPT_HEADERS = ("x-request-id", "retry-after")


async def open_session(session: S2sSession, user_agent: str) -> AsyncRealtimeSession:
    """Opens the socket of a session.

    Raises SpekoApiError when the gateway refuses it, and httpx's exceptions for a broken network, like every call.
    """
    return AsyncRealtimeSession(await _connect(session, user_agent), session)


async def _connect(session: S2sSession, user_agent: str) -> "ClientConnection":
    from websockets.asyncio.client import connect
    from websockets.exceptions import InvalidStatus, InvalidURI, WebSocketException
    from websockets.typing import Subprotocol

    try:
        return await connect(
            session.ws_url,
            subprotocols=[Subprotocol(session.ws_token)],
            compression=None,
            user_agent_header=user_agent,
            open_timeout=OPEN_TIMEOUT,
            close_timeout=_CLOSE_TIMEOUT,
            max_size=_LARGEST_FRAME,
            max_queue=_QUEUED_FRAMES,
        )
    except InvalidStatus as error:
        refusal = error.response
        kept = [(name, value) for name, value in refusal.headers.raw_items() if name.lower() in _KEPT_HEADERS]
        raise error_of(httpx.Response(refusal.status_code, headers=kept, content=bytes(refusal.body or b""))) from None
    except InvalidURI:
        raise invalid_response("The gateway gave the session an address that is none.", 201, None) from None
    except WebSocketException:
        raise SpekoApiError("The gateway did not open the session's socket.", 0, "WS_ERROR") from None
    except TimeoutError:
        raise httpx.ConnectTimeout(f"the session's socket was not open within {OPEN_TIMEOUT:.0f} s") from None
    except (OSError, EOFError) as error:
        raise httpx.ConnectError(str(error)) from error
