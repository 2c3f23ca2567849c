"""Which requests become an S2S socket. Source: contract, S2S WebSocket 1."""

import re

from speko.api.gateway import Gateway
from speko.api.openai.shape import REALTIME
from speko.api.openai_realtime.link import openai_session
from speko.api.realtime.door import Door
from speko.api.socket.seam import Accept, Refusal, Upgrade, UpgradeRequest
from speko.api.workers.attaching import moving_of

_PATH = re.compile(r"/v1/realtime/([A-Za-z0-9-]{1,64})/ws\Z")


def upgrade_of(gateway: Gateway) -> Upgrade:
    """Decides about upgrades to this gateway."""
    origins = frozenset(gateway.settings.socket_origins)

    def upgrade(request: UpgradeRequest) -> Accept | Refusal:
        match = _PATH.match(request.path)
        if match is None and request.path != REALTIME:
            return Refusal(404, "NOT_FOUND", "Unknown path")
        origin = request.headers.get("origin")
        if origin is not None and "*" not in origins and origin not in origins:
            return Refusal(403, "FORBIDDEN", "Pages of this origin may not open a socket here")
        if match is None:
            return openai_session(gateway, request)
        # The first of the offered subprotocols is the token, and has to be echoed for browsers to go on.
        presented = request.subprotocols[0] if request.subprotocols else None
        session_id = match[1].lower()
        moving = moving_of(gateway, session_id, presented)
        return Accept(Door(gateway.sockets, session_id, presented), presented, moving=moving)

    return upgrade
