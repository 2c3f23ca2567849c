import json

import pytest

from speko.simulators import Fault, FaultKind, OpenAISimulator, Script
from speko.simulators.control import PREFIX
from tests.simulators.wire import Reply, Wire, ask

SCRIPT = Script(text="one")


async def control(simulator: OpenAISimulator, request: str, body: object = b"", header: str = "X: y") -> Reply:
    wire = await Wire.open(simulator)
    method, name = request.split()
    await wire.send(f"{method} {PREFIX}{name} HTTP/1.1\n{header}", body if isinstance(body, bytes) else dump(body))
    reply = await wire.reply()
    wire.close()
    return reply


def dump(body: object) -> bytes:
    return json.dumps(body).encode()


async def test_state_shows_what_happened_and_is_not_counted() -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.SERVER_ERROR, times=1)) as simulator:
        await ask(simulator)
        assert (await control(simulator, "GET state")).json == {
            "vendor": "openai",
            "requests": 1,
            "operations": {"chat": 1},
            "faults": {"500": 1},
            "cancelled": 0,
            "errors": 0,
            "connections": simulator.connections,
            "key": simulator.ledger.last_key,
            "fault": {"kind": "500", "times": 1},
            "script": {"text": "one"},
            "realtime": {"opened": 0, "open": 0, "sessions": []},
        }
        assert len(simulator.requests) == 1


async def test_a_fault_is_set_and_taken_back() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        reply = await control(simulator, "PUT fault", {"kind": "429", "retry_after": "7"})
        assert reply.json["fault"] == {"kind": "429", "retry_after": "7"}
        answer = await ask(simulator)
        assert (answer.status, answer.headers["retry-after"]) == (429, "7")
        assert (await control(simulator, "PUT fault", None)).json["fault"] is None
        assert (await ask(simulator)).status == 200


async def test_a_refusing_simulator_can_still_be_reached() -> None:
    async with OpenAISimulator(script=SCRIPT, fault=Fault(FaultKind.REFUSE)) as simulator:
        with pytest.raises(ConnectionResetError):
            await ask(simulator)
        assert (await control(simulator, "GET state")).json["faults"] == {"refuse": 1}


async def test_a_script_is_set_and_all_is_reset() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        await control(simulator, "PUT script", {"text": "two", "usage": {"cached_tokens": 3}})
        assert (await ask(simulator)).json["choices"][0]["message"]["content"] == "two"
        state = (await control(simulator, "POST reset")).json
        assert (state["requests"], state["script"]) == (0, {"text": "one"})
        assert (await ask(simulator)).json["choices"][0]["message"]["content"] == "one"


@pytest.mark.parametrize(
    ("request_line", "body", "status"),
    [
        ("PUT fault", b"", 400),
        ("PUT fault", b"{", 400),
        ("PUT fault", b"\xff", 400),
        ("PUT fault", b"[" * 100_000, 400),
        ("PUT fault", {"kind": "explode"}, 400),
        ("PUT fault", {"kind": "slow", "path": "nowhere"}, 400),
        ("PUT fault", {"kind": "slow", "second": 1}, 400),
        ("PUT script", None, 400),
        ("PUT script", {"chunks": 5, "text": "a"}, 400),
        ("GET fault", b"", 404),
        ("POST state", b"", 404),
        ("GET nothing", b"", 404),
    ],
)
async def test_what_cannot_be_done_is_said(request_line: str, body: object, status: int) -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        reply = await control(simulator, request_line, body)
        assert (reply.status, set(reply.json)) == (status, {"error"})
        assert (simulator.script, simulator.fault, simulator.ledger.errors) == (SCRIPT, None, 0)


@pytest.mark.parametrize(
    "header", ["X-Forwarded-For: 127.0.0.1", "forwarded: for=127.0.0.1", "Origin: http://localhost"]
)
async def test_neither_proxies_nor_web_pages_may_ask(header: str) -> None:
    async with OpenAISimulator() as simulator:
        assert (await control(simulator, "POST reset", header=header)).status == 403


async def test_other_machines_may_not_ask(monkeypatch: pytest.MonkeyPatch) -> None:
    async with OpenAISimulator() as simulator:
        for remote, status in (("192.0.2.1", 403), (None, 403), ("::1", 200), ("127.0.0.1", 200)):
            monkeypatch.setattr("aiohttp.web.BaseRequest.remote", remote)
            assert (await control(simulator, "GET state")).status == status
