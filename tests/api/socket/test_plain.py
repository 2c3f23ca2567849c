"""What a socket's path answers to who does not ask for a socket, on the gateway itself."""

from pathlib import Path

import pytest

from tests.api.raw import address_of
from tests.api.running import running
from tests.api.socket.raw_socket import ask, upgrade_request
from tests.api.vendors import Scripted, registry_of

PATH = "/v1/realtime/0af76519-16cd-43dd-8448-eb211c80319c/ws"


async def test_without_an_upgrade(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        answer = await gateway.client.get(PATH, headers={"authorization": "", "x-request-id": "mine"})
        assert (answer.status_code, answer.json()["code"]) == (426, "UPGRADE_REQUIRED")
        assert answer.headers["upgrade"] == "websocket"
        assert answer.headers["connection"] == "upgrade"
        assert answer.headers["x-request-id"] == "mine"
        answer = await gateway.client.post(PATH)
        assert (answer.status_code, answer.json()["code"]) == (405, "METHOD_NOT_ALLOWED")
        answer = await gateway.client.get("/v1/realtime/x/y/ws")
        assert answer.status_code == 404


@pytest.mark.parametrize("path", ["/v1/complete", "/nowhere", "/healthz", "/v1/realtime//ws"])
async def test_an_upgrade_of_any_other_path(tmp_path: Path, path: str) -> None:
    async with running(tmp_path, registry_of(Scripted("alpha"))) as gateway:
        answer = await ask(address_of(gateway), upgrade_request(path))
        assert answer.status == 404
        assert answer.headers["content-type"] == "application/json"
