"""Which requests become an S2S socket. Source: contract, S2S WebSocket 1."""

from speko.api.gateway import Gateway
from speko.api.socket.seam import Accept, Refusal, Upgrade, UpgradeRequest


def upgrade_of(gateway: Gateway) -> Upgrade:
    """Decides about upgrades to this gateway."""

    def upgrade(request: UpgradeRequest) -> Accept | Refusal:
        return Refusal(404, "NOT_FOUND", "Unknown path")

    return upgrade
