"""The paths of sockets, for who asks them without an upgrade. Source: contract, S2S WebSocket 1."""

from litestar import get

from speko.api.socket.handshake import upgrade_required


@get(["/v1/realtime/{session_id:str}/ws", "/v1/realtime"], include_in_schema=False)
async def not_a_socket() -> None:
    """426."""
    raise upgrade_required("This path is a WebSocket: ask for an upgrade", {"connection": "upgrade"})
