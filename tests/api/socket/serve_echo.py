"""A gateway process whose sockets echo: `python -m tests.api.socket.serve_echo DATA DRAIN_SECONDS`. Prints its URL when
it is ready."""

import sys
from pathlib import Path
from typing import Any

from speko.api import server
from speko.api.gateway import Gateway
from speko.api.socket.seam import Accept, Refusal, Upgrade, UpgradeRequest
from speko.settings import Settings
from tests.api.socket.echo import Echo


class EchoSockets:
    """Stands in for the live sessions."""

    def __init__(self) -> None:
        self.open: set[Echo] = set()

    @property
    def count(self) -> int:
        return len(self.open)

    async def end_all(self) -> None:
        for echo in self.open:
            echo.link.send_text(b'{"t":"end","reason":"server_shutdown"}')
            echo.link.close(1001, "server_shutdown")

    def end_soon(self, session_id: str, reason: str) -> None:
        """No limits here."""

    def upgrade(self, request: UpgradeRequest) -> Accept | Refusal:
        echo = Echo()
        self.open.add(echo)
        return Accept(echo)


def main() -> int:
    sockets = EchoSockets()

    def gateway_of(*given: Any, **named: Any) -> Gateway:
        gateway = Gateway(*given, **named)
        gateway.sockets = sockets  # type: ignore[assignment]
        return gateway

    def upgrade_of(_: Gateway) -> Upgrade:
        return sockets.upgrade

    setattr(server, "Gateway", gateway_of)  # noqa: B010 - not exported
    setattr(server, "upgrade_of", upgrade_of)  # noqa: B010
    settings = Settings(
        data=Path(sys.argv[1]), port=0, embedded="never", agent_processes=0, drain_seconds=float(sys.argv[2])
    )
    return server.serve(settings, {}, on_ready=lambda ready: print(ready.url, flush=True))


if __name__ == "__main__":
    sys.exit(main())
