import asyncio
import hashlib

import pytest

from speko.simulators import SIMULATORS, Fault, FaultKind, OpenAISimulator, Script
from tests.simulators.wire import CHAT, HELLO, Wire, ask

SCRIPT = Script(text="one two three")
STREAM = HELLO | {"stream": True}


def test_every_simulator_is_listed_under_its_vendor() -> None:
    assert SIMULATORS["openai"] is OpenAISimulator
    assert all(name == simulator.vendor for name, simulator in SIMULATORS.items())


async def test_listens_on_a_free_port_of_this_machine() -> None:
    async with OpenAISimulator() as first, OpenAISimulator() as second:
        assert first.port != second.port
        assert first.base_url == f"http://127.0.0.1:{first.port}/v1"


async def test_a_port_that_is_taken_is_an_error() -> None:
    async with OpenAISimulator() as first:
        with pytest.raises(OSError, match="in use"):
            await OpenAISimulator(port=first.port).start()


async def test_ipv6() -> None:
    async with OpenAISimulator(script=SCRIPT, host="::1") as simulator:
        assert simulator.base_url == f"http://[::1]:{simulator.port}/v1"
        reader, writer = await asyncio.open_connection("::1", simulator.port)
        wire = Wire(reader, writer)
        await wire.post()
        assert (await wire.reply()).status == 200
        wire.close()


async def test_requests_are_kept_without_header_values() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        await ask(simulator, CHAT)
        (request,) = simulator.requests
        assert (request.operation, request.method, request.path) == ("chat", "POST", CHAT)
        assert request.json == HELLO
        assert "authorization" in request.header_names
        assert request.fault is None
        assert "sk-test" not in repr(vars(request))


async def test_the_oldest_requests_go_first() -> None:
    async with OpenAISimulator(script=SCRIPT, keep=2) as simulator:
        for number in range(3):
            await ask(simulator, body=HELLO | {"seed": number})
        assert [request.json["seed"] for request in simulator.requests] == [1, 2]
        assert simulator.ledger.total == 3


async def test_counts() -> None:
    fault = Fault(FaultKind.SERVER_ERROR, path="chat", after=1)
    async with OpenAISimulator(script=SCRIPT, fault=fault) as simulator:
        for path in (CHAT, CHAT, "/v1/nowhere"):
            await ask(simulator, path)
        state = simulator.state()
        assert state["requests"] == 3
        assert state["operations"] == {"chat": 2, "other": 1}
        assert state["faults"] == {"500": 1}
        assert state["key"] == hashlib.sha256(b"sk-test").hexdigest()[:8]
        assert (state["cancelled"], state["errors"]) == (0, 0)


async def test_open_connections() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        assert simulator.connections == 0
        wire = await Wire.open(simulator)
        await wire.post()
        await wire.reply()
        assert simulator.connections == 1
        wire.close()


async def test_reset_goes_back_to_the_start() -> None:
    fault = Fault(FaultKind.SERVER_ERROR, times=1)
    async with OpenAISimulator(script=SCRIPT, fault=fault) as simulator:
        assert (await ask(simulator)).status == 500
        simulator.script, simulator.fault = Script(text="other"), None
        simulator.reset()
        assert (simulator.script, simulator.ledger.total, len(simulator.requests)) == (SCRIPT, 0, 0)
        assert (await ask(simulator)).status == 500


def test_a_fault_of_an_unknown_operation_is_refused() -> None:
    with pytest.raises(ValueError, match="chat, models, realtime, speech, transcriptions"):
        OpenAISimulator(fault=Fault(FaultKind.SLOW, path="chatt"))


@pytest.mark.parametrize(
    ("header", "accepted"),
    [
        (None, False),
        ("Bearer ", False),
        ("Basic sk-test", False),
        ("Bearer anything", True),
        ("bearer anything", True),
        ("Bearer \xff\xfe", True),
    ],
)
async def test_any_key_that_is_not_empty(header: str | None, accepted: bool) -> None:
    async with OpenAISimulator() as simulator:
        wire = await Wire.open(simulator)
        await wire.send("GET /v1/models HTTP/1.1" + (f"\nAuthorization: {header}" if header else ""))
        reply = await wire.reply()
        wire.close()
    assert reply.status == (200 if accepted else 401)
    if not accepted:
        assert reply.json["error"]["code"] == "invalid_api_key"


async def test_the_one_key() -> None:
    async with OpenAISimulator(script=SCRIPT, api_key="sk-right") as simulator:
        for key, status in (("sk-right", 200), ("sk-wrong", 401), ("\xff", 401)):
            wire = await Wire.open(simulator)
            await wire.post(key=key)
            reply = await wire.reply()
            assert reply.status == status
            assert key.encode() not in reply.body
            wire.close()


async def test_a_client_that_leaves_a_paced_stream_is_counted() -> None:
    async with OpenAISimulator(script=Script(chunks=10_000, pace=0.01)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(body=STREAM)
        await wire.head()
        await wire.chunk()
        assert simulator.cancelled == 0
        wire.close()
        await simulator.until(lambda: simulator.cancelled == 1)


async def test_a_client_that_has_its_answer_is_not_counted() -> None:
    async with OpenAISimulator(script=Script(text="one two", pace=0.001)) as simulator:
        for _ in range(3):
            assert (await ask(simulator, body=STREAM)).events[-1] == "[DONE]"
        await ask(simulator)
        assert simulator.cancelled == 0


async def test_pace_sends_chunk_after_chunk() -> None:
    async with OpenAISimulator(script=Script(text="one two", pace=3600)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(body=STREAM)
        await wire.head()
        assert b'"content":""' in await wire.chunk()
        assert await wire.is_silent()
        wire.close()


async def test_a_paced_answer_comes_whole() -> None:
    async with OpenAISimulator(script=Script(text="one two", pace=0.001)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(body=STREAM)
        await wire.head()
        chunks = [await wire.chunk() for _ in range(5)]
        assert [chunk.count(b"data: ") for chunk in chunks] == [1, 1, 1, 2, 0]
        wire.close()


async def test_without_pace_an_answer_is_one_chunk() -> None:
    async with OpenAISimulator(script=Script(chunks=100)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post(body=STREAM)
        await wire.head()
        assert (await wire.chunk()).count(b"\n\n") == 103
        assert await wire.chunk() == b""
        wire.close()


async def test_the_first_byte_waits_as_scripted() -> None:
    async with OpenAISimulator(script=Script(text="one", first_byte=3600)) as simulator:
        wire = await Wire.open(simulator)
        await wire.post()
        await simulator.until(lambda: len(simulator.requests) == 1)
        assert await wire.is_silent()
        wire.close()
        simulator.script = Script(text="one", first_byte=0.01)
        assert (await ask(simulator)).status == 200


async def test_a_closed_port_refuses_connections_and_opens_again() -> None:
    async with OpenAISimulator(script=SCRIPT) as simulator:
        port = simulator.port
        wire = await Wire.open(simulator)
        await wire.post()
        await wire.reply()
        async with simulator.port_closed():
            with pytest.raises(ConnectionRefusedError):
                await Wire.open(simulator)
            assert await wire.reader.read(1) == b""
        assert simulator.port == port
        assert (await ask(simulator)).status == 200
        assert simulator.cancelled == 0


async def test_a_port_cannot_be_closed_before_it_is_open() -> None:
    with pytest.raises(RuntimeError, match="not running"):
        async with OpenAISimulator().port_closed():
            pass


async def test_stopping_drops_what_is_under_way_and_counts_nobody() -> None:
    simulator = OpenAISimulator(fault=Fault(FaultKind.SILENT))
    await simulator.start()
    wire = await Wire.open(simulator)
    await wire.post()
    await simulator.until(lambda: len(simulator.requests) == 1)
    async with asyncio.timeout(5):
        await simulator.stop()
        assert await wire.reader.read(1) == b""
    assert simulator.cancelled == 0
    with pytest.raises(ConnectionRefusedError):
        await Wire.open(simulator)


async def test_until_gives_up() -> None:
    async with OpenAISimulator() as simulator:
        with pytest.raises(TimeoutError):
            await simulator.until(lambda: False, timeout=0.01)
