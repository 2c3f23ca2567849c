"""An open session over a real socket: events in fragments and packets of any size, and nonsense."""

import asyncio
import logging

import pytest

from speko.providers import errors
from speko.providers.openai_realtime import connection as module
from speko.providers.s2s import AssistantText, ResponseDone, ResponseStarted
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.raw import frame
from tests.providers.openai_realtime.vendor import PATIENCE, conversation
from tests.providers.openai_realtime.wired import settled, text, wired


@pytest.mark.parametrize("pieces", [1, 2, 3, 50])
async def test_an_event_in_fragments(pieces: int) -> None:
    whole = text(e.spoken("Grüß Gott"))
    size = -(-len(whole) // pieces)
    parts = [whole[at : at + size] for at in range(0, len(whole), size)]
    packets = [frame(part, 1 if number == 0 else 0, fin=number == len(parts) - 1) for number, part in enumerate(parts)]
    packets.insert(len(packets) // 2, frame(b"ping", 9))
    async with wired() as (wire, _, heard):
        await wire.write(b"".join(packets), *packets)
        await heard.until(lambda _: len(heard.log) == 3)
        assert heard.log[1:] == [AssistantText("resp_1", "Grüß Gott")] * 2


@pytest.mark.parametrize("size", [1, 2, 5, 100])
async def test_packets_of_any_size(size: int) -> None:
    stream = b"".join(map(frame, map(text, [e.created(), e.audio(b"\x01\x00" * 50), e.spoken("Hi"), e.done()])))
    async with wired() as (wire, _, heard):
        await wire.write(*(stream[at : at + size] for at in range(0, len(stream), size)))
        await heard.until(ResponseDone)
        assert heard.log == [
            ResponseStarted("resp_1"), ("resp_1", b"\x01\x00" * 50), AssistantText("resp_1", "Hi"),
            ResponseDone("resp_1"),
        ]  # fmt: skip


async def test_binary_frames_are_events_too() -> None:
    async with wired() as (wire, _, heard):
        await wire.write(frame(text(e.created()), 2))
        await heard.until(ResponseStarted("resp_1"))


async def test_a_ping_is_answered() -> None:
    async with conversation() as (peer, _, _):
        async with asyncio.timeout(PATIENCE):
            await (await peer.socket.ping())


@pytest.mark.parametrize(
    ("packet", "words"),
    [
        (frame(b"{"), "not valid JSON"),
        (frame(b"[]"), "not an event"),
        (frame(b""), "not valid JSON"),
        (frame(b"\xff\xfe"), "not valid JSON"),
        (frame(b"[" * 100_000), "an event"),
        (frame(b'{"type":"response.output_audio.delta","delta":"?"}'), "response.output_audio.delta has an unknown"),
        (frame(b"x", 0), "broke the rules"),
        (frame(b"{", fin=False) + frame(b"{"), "broke the rules"),
        (frame(b"x", 3), "broke the rules"),
        (frame(b"x" * 10)[:1] + b"\xff" + bytes(20), "broke the rules"),
        (bytes([0x81, 127]) + (2**40).to_bytes(8, "big"), "broke the rules"),
    ],
    ids=["half", "array", "empty", "bytes", "deep", "not base64", "lone continuation", "interleaved", "opcode",
         "masked", "giant"],
)  # fmt: skip
async def test_nonsense_loses_the_engine(packet: bytes, words: str, caplog: pytest.LogCaptureFixture) -> None:
    async with wired() as (wire, _, heard):
        await wire.write(packet)
        error = await heard.until(errors.ProviderError)
        assert isinstance(error, errors.MalformedResponse)
        assert words in error.message
        await wire.gone()
    await settled()
    assert [record for record in caplog.records if record.levelno >= logging.ERROR and record.name == "asyncio"] == []


async def test_fragments_have_a_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "MAX_MESSAGE", 1000)
    async with wired() as (wire, _, heard):
        await wire.write(frame(b"x" * 600, fin=False), frame(b"x" * 600, 0, fin=False))
        error = await heard.until(errors.ProviderError)
        assert error.message == "an event is too large"


async def test_events_of_no_interest_are_ignored() -> None:
    async with conversation() as (peer, _, heard):
        peer.strict = False
        await peer.send({"type": "response.brand_new", "x": [1, {}]}, {"type": "ping", "timestamp": 1}, e.created())
        await heard.until(ResponseStarted("resp_1"))
        assert len(heard.log) == 1
