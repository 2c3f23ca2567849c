"""Which requests become a socket."""

from types import SimpleNamespace
from typing import Any, cast

import pytest

from speko.api.gateway import Gateway
from speko.api.realtime.door import Door
from speko.api.realtime.upgrade import upgrade_of
from speko.api.socket.seam import Accept, Refusal, UpgradeRequest

ID = "0f0e0d0c-0b0a-4000-8000-000000000000"


def decide(path: str = f"/v1/realtime/{ID}/ws", origins: tuple[str, ...] = ("*",), **headers: Any) -> Accept | Refusal:
    gateway: Any = SimpleNamespace(settings=SimpleNamespace(socket_origins=origins), sockets=object(), siblings=None)
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return upgrade_of(cast(Gateway, gateway))(UpgradeRequest(path, named, None, "req_1"))


def no_none(**headers: str | None) -> dict[str, Any]:
    return {name: value for name, value in headers.items() if value is not None}


@pytest.mark.parametrize(
    ("offered", "echoed"), [("token", "token"), ("token, other", "token"), (" token ,other", "token"), (None, None)]
)
def test_the_first_subprotocol_is_the_token_and_echoed(offered: str | None, echoed: str | None) -> None:
    decided = decide(**no_none(sec_websocket_protocol=offered))
    assert isinstance(decided, Accept)
    assert decided.subprotocol == echoed
    assert isinstance(decided.handler, Door)


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/v1/realtime/", "/v1/realtime//ws", f"/v1/realtime/{ID}", f"/v1/realtime/{ID}/ws/"),
        *(f"/v1/realtime/{ID}/ws\n", f"/v1/realtime/{'a' * 65}/ws", "/v1/realtime/a b/ws", f"/v2/realtime/{ID}/ws"),
    ],
)
def test_every_other_path_is_unknown(path: str) -> None:
    assert decide(path) == Refusal(404, "NOT_FOUND", "Unknown path")


@pytest.mark.parametrize(
    ("origins", "origin", "accepted"),
    [
        (("*",), "https://any.example", True),
        (("https://ours.example",), "https://ours.example", True),
        (("https://ours.example",), "https://theirs.example", False),
        (("https://ours.example",), None, True),
        ((), "https://any.example", False),
    ],
)
def test_pages_of_other_origins(origins: tuple[str, ...], origin: str | None, accepted: bool) -> None:
    decided = decide(origins=origins, **no_none(origin=origin))
    assert isinstance(decided, Accept) is accepted
    if isinstance(decided, Refusal):
        assert (decided.status, decided.code) == (403, "FORBIDDEN")
