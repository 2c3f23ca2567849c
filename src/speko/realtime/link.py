"""The client's side of a session, as the bridge sees it, whatever carries it."""

from typing import Protocol


class ClientLink(Protocol):
    """One open socket of a client. All calls return at once."""

    @property
    def buffered(self) -> int:
        """Bytes that were given and are not yet with the client's kernel."""

    def send_audio(self, pcm: bytes) -> None:
        """A binary frame."""

    def send_text(self, text: bytes) -> None:
        """A text frame."""

    def close(self, code: int, reason: str) -> None:
        """Sends what was given, then a close frame, and ends the connection when the client has answered, or soon."""

    def abort(self) -> None:
        """Ends the connection at once."""

    async def alive(self, within: float) -> bool:
        """Pings the client; whether a pong came within so many seconds."""


class ClientHandler(Protocol):
    """What the socket tells whoever has taken it."""

    def on_audio(self, pcm: bytes) -> None:
        """A binary frame; any length, also an odd one."""

    def on_text(self, text: bytes) -> None:
        """A text frame, valid UTF-8."""

    def on_drained(self) -> None:
        """What was given has left, after `buffered` was high."""

    def on_closed(self, code: int | None) -> None:
        """The socket is gone. `code`: of the close frame that came from the client (1005 without one in it); None = no
        close frame came."""
