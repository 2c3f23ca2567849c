"""How a connection ends, so that the other side gets the last words and cannot hold the rest."""

import asyncio
from collections.abc import Callable


class Lingering(asyncio.Protocol):
    """The last seconds of a connection. What was written leaves; what still comes is dropped; it is over when the other
    side has closed too, or when the time is up, whatever it does.

    A connection that is closed with bytes unread is reset, and a reset overtakes what was sent: the peer might never
    see the close frame. Source: RFC 6455, 7.1.1.

    Args:
        transport: is taken over.
        seconds: until it is cut.
        gone: called with the connection's end.
        left: the other side has closed already.
    """

    def __init__(
        self,
        transport: asyncio.Transport,
        seconds: float,
        gone: Callable[[Exception | None], None] | None = None,
        *,
        left: bool = False,
    ) -> None:
        self._gone = gone
        self._timer = asyncio.get_running_loop().call_later(seconds, transport.abort)
        transport.set_protocol(self)
        if transport.is_closing():
            return
        if left or not transport.can_write_eof():
            transport.close()
        else:
            transport.write_eof()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is over."""
        self._timer.cancel()
        if self._gone is not None:
            self._gone(exc)
            self._gone = None
