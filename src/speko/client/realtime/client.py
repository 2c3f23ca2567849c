"""The asynchronous client with what it alone can do."""

import asyncio
from collections.abc import Mapping
from typing import Any

from speko.client._async.client import AsyncSpeko as AsyncHttpClient
from speko.client.config import ClientConfig
from speko.client.errors import invalid_response
from speko.client.models.sessions import RealtimeConnectParams, S2sSession
from speko.client.realtime.opening import open_session
from speko.client.realtime.session import AsyncRealtimeSession
from speko.client.sessions import parse_session, realtime_request


class AsyncSpeko(AsyncHttpClient):
    """A client of one gateway. It keeps connections open: use one for many calls, and close it.

    `base_url`: else the environment's `SPEKO_BASE_URL`, else `http://127.0.0.1:8787`. `timeout`: seconds to connect,
    to send, and between two reads. Raises ValueError for an API key that is empty or cannot be sent.

        async with AsyncSpeko(api_key=key) as speko:
            speech = await speko.synthesize("Good morning.", language="en")
            async with await speko.connect_realtime({"intent": {"language": "en"}}) as session:
                await session.send_text("What is twelve times twelve?")
                async for frame in session:
                    print(frame["type"])
    """

    def __init__(self, *, api_key: str, base_url: str | None = None, timeout: float = 30.0) -> None:
        super().__init__(api_key=api_key, base_url=base_url, timeout=timeout)
        self._user_agent = ClientConfig.of(api_key, base_url, timeout).headers["User-Agent"]
        self._conversations: set[AsyncRealtimeSession] = set()

    async def connect_realtime(self, params: RealtimeConnectParams | Mapping[str, Any]) -> AsyncRealtimeSession:
        """Begins a conversation: makes a session and opens its socket.

        It does not wait for the engine: the frame `ready` says when it is there, and what is sent before is kept for
        it. An engine that cannot be had comes as the frames `error` and `close`. Close the handle, best with
        `async with`; closing the client closes it too.
        """
        response = await self._transport.send(realtime_request(params))
        session = parse_session(response)
        if not isinstance(session, S2sSession):
            request_id = response.headers.get("x-request-id")
            raise invalid_response("The gateway made a session without a socket.", response.status_code, request_id)
        handle = await open_session(session, self._user_agent)
        # Those that have ended since need no closing.
        self._conversations = {other for other in self._conversations if other.close_code is None} | {handle}
        return handle

    async def close(self, realtime_timeout: float = 5.0) -> None:
        """Ends all conversations and connections. `realtime_timeout`: seconds for all conversations together; what is
        not closed by then is cut."""
        conversations, self._conversations = self._conversations, set()
        try:
            async with asyncio.timeout(realtime_timeout):
                await asyncio.gather(*(conversation.close() for conversation in conversations))
        except TimeoutError:
            pass  # a closing that is cancelled cuts its connection
        finally:
            await super().close()
