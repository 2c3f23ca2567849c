"""Opening a session: what is said, in which order, and everything that can go wrong before it is ready."""

import asyncio
import json
from typing import Any

import pytest

from speko.providers import errors
from speko.providers.openai_realtime import OpenAIRealtime, RealtimeFacts
from speko.providers.s2s import AssistantSaid, EngineProblem, Rates, ResponseStarted, Say, UserSaid
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.raw import frame
from tests.providers.openai_realtime.test_client_events import FLAT, LOOK
from tests.providers.openai_realtime.vendor import (
    KEY,
    OPENAI,
    PATIENCE,
    Heard,
    Peer,
    call,
    conversation,
    request,
    vendor,
    vendor_server,
)


def test_what_it_can() -> None:
    capabilities = OpenAIRealtime(vendor("http://x/v1"), OPENAI).capabilities
    assert Rates.of(capabilities, 16000, 16000) == Rates(24000, 24000)
    assert capabilities.continues
    capabilities = OpenAIRealtime(vendor("http://x/v1"), FLAT).capabilities
    assert Rates.of(capabilities, 16000, 16000) == Rates(16000, 16000)
    assert not capabilities.continues


async def test_the_beginning() -> None:
    heard = Heard()
    asked = request(
        model="gpt-realtime-2", voice="marin", tools=(LOOK,), history=(UserSaid("Hello"), AssistantSaid("Good")),
        continue_answer=True,
    )  # fmt: skip
    async with vendor_server() as server:
        opening = asyncio.create_task(OpenAIRealtime(vendor(server.url), OPENAI).connect(asked, call(), heard))
        peer = await server.peer()
        assert server.requests[0].path == "/v1/realtime?model=gpt-realtime-2"
        assert server.requests[0].headers["Authorization"] == f"Bearer {KEY}"
        session = await peer.set_up()
        assert session["audio"]["output"]["voice"] == "marin"
        connection = await opening
        assert (await peer.expect("conversation.item.create"))["item"]["role"] == "user"
        assert (await peer.expect("conversation.item.create"))["item"]["role"] == "assistant"
        assert "instructions" in (await peer.expect("response.create"))["response"]
        await peer.send(e.created())
        await heard.until(ResponseStarted("resp_1"))
        connection.do(Say("Stop"))
        await peer.expect("conversation.item.create")
        connection.close()


async def test_nothing_is_said_before_the_vendor_is_there() -> None:
    async with vendor_server() as server:
        opening = asyncio.create_task(OpenAIRealtime(vendor(server.url), OPENAI).connect(request(), call(), Heard()))
        peer = await server.peer()
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await peer.socket.recv()
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with asyncio.timeout(PATIENCE):
            await peer.socket.wait_closed()


async def test_a_vendor_that_begins_with_the_conversation() -> None:
    """As xAI did at first; the session is configured once."""
    async with conversation(request(voice="eve", input_rate=16000), facts=FLAT) as (peer, connection, heard):
        await peer.send({"type": "ping", "event_id": "e1", "timestamp": 1}, e.created())
        await heard.until(ResponseStarted("resp_1"))
        connection.do(Say("Hi"))
        await peer.expect("conversation.item.create")
    async with vendor_server() as server:
        opening = asyncio.create_task(OpenAIRealtime(vendor(server.url), FLAT).connect(request(), call(), Heard()))
        peer = await server.peer()
        peer.strict = False
        await peer.send({"type": "conversation.created", "conversation": {"id": "c"}}, {"type": "session.created"})
        await peer.expect("session.update")
        await peer.send({"type": "session.updated"})
        connection = await opening
        connection.do(Say("Hi"))
        await peer.expect("conversation.item.create")
        connection.close()


async def failing(play: Any, facts: RealtimeFacts = OPENAI) -> errors.ProviderError:
    """The error of a session that `play` spoils."""
    heard = Heard()
    async with vendor_server() as server:
        opening = asyncio.create_task(OpenAIRealtime(vendor(server.url), facts).connect(request(), call(), heard))
        peer = await server.peer()
        await play(peer)
        async with asyncio.timeout(PATIENCE):
            with pytest.raises(errors.ProviderError) as caught:
                await opening
            await peer.socket.wait_closed()
    assert heard.log == []
    assert KEY not in caught.value.message
    return caught.value


def says(*events: e.Event) -> Any:
    async def play(peer: Peer) -> None:
        await peer.send(*events)

    return play


def answers(*events: e.Event) -> Any:
    async def play(peer: Peer) -> None:
        await peer.send(e.session())
        await peer.expect("session.update")
        await peer.send(*events)

    return play


def closes(code: int, reason: str = "") -> Any:
    async def play(peer: Peer) -> None:
        await peer.socket.close(code, reason)

    return play


def raw(message: str | bytes) -> Any:
    async def play(peer: Peer) -> None:
        await peer.socket.send(message)

    return play


async def vanishes(peer: Peer) -> None:
    peer.socket.transport.abort()


async def vanishes_later(peer: Peer) -> None:
    await peer.send(e.session())
    await peer.expect("session.update")
    peer.socket.transport.abort()


@pytest.mark.parametrize(
    ("play", "kind", "words"),
    [
        (says(e.error("The model `gpt-9` does not exist", code="model_not_found")), errors.ModelNotFound,
         "(model_not_found): The model `gpt-9` does not exist"),
        (says(e.error(f"Incorrect API key provided: {KEY}.", code="invalid_api_key")), errors.CredentialRejected,
         "Incorrect API key"),
        (answers(e.error("Invalid value: 'nobody'.", code="invalid_value", param="session.audio.output.voice")),
         errors.ProviderError, "Invalid value: 'nobody'"),
        (answers(e.error("You exceeded your current quota", type="insufficient_quota")), errors.QuotaExceeded, "quota"),
        (answers(e.error("Rate limit reached", code="rate_limit_exceeded")), errors.RateLimited, "Rate limit"),
        (answers(e.error("oops", type="server_error")), errors.ProviderUnavailable, "oops"),
        (closes(1000), errors.ConnectionLost, "(1000)"),
        (closes(3000, "invalid_request_error.invalid_api_key"), errors.CredentialRejected, ""),
        (closes(4001, "insufficient_quota"), errors.QuotaExceeded, ""),
        (raw("{"), errors.MalformedResponse, "JSON"),
        (raw(b"\xff"), errors.MalformedResponse, "JSON"),
        (vanishes, errors.ConnectionLost, ""),
        (vanishes_later, errors.ConnectionLost, ""),
    ],
    ids=["model", "key", "voice", "quota", "rate", "server", "close", "close with a cause", "close with a code",
         "half JSON", "bytes", "vanishes", "vanishes later"],
)  # fmt: skip
async def test_what_spoils_the_beginning(play: Any, kind: type[errors.ProviderError], words: str) -> None:
    error = await failing(play)
    assert isinstance(error, kind)
    assert words in error.message


async def test_a_refused_voice_is_the_models_fault() -> None:
    error = await failing(answers(e.error("Invalid value: 'nobody'.", param="session.audio.output.voice")))
    assert isinstance(error, errors.Unsupported)
    assert error.retryable


async def test_cancelling_during_set_up_closes_the_socket() -> None:
    async with vendor_server() as server:
        opening = asyncio.create_task(OpenAIRealtime(vendor(server.url), OPENAI).connect(request(), call(), Heard()))
        peer = await server.peer()
        await peer.send(e.session())
        await peer.expect("session.update")
        opening.cancel()
        with pytest.raises(asyncio.CancelledError):
            await opening
        async with asyncio.timeout(PATIENCE):
            await peer.socket.wait_closed()


async def test_a_vendor_that_vanishes_as_soon_as_it_is_ready() -> None:
    """Either the opening fails or the sink hears of it, but not both."""
    heard = Heard()
    async with vendor_server() as server:
        opening = asyncio.create_task(OpenAIRealtime(vendor(server.url), OPENAI).connect(request(), call(), heard))
        peer = await server.peer()
        await peer.set_up()
        peer.socket.transport.abort()
        try:
            await opening
        except errors.ConnectionLost:
            assert heard.log == []
        else:
            await heard.until(errors.ConnectionLost)
            assert len(heard.log) == 1


async def test_ready_and_lost_in_one_packet() -> None:
    events = [e.session(), e.session("session.updated"), e.error("over", code="session_expired")]

    async def play(peer: Peer) -> None:
        peer.socket.transport.writelines([frame(json.dumps(event).encode()) for event in events])

    assert isinstance(await failing(play), errors.ConnectionLost)


async def test_history_that_the_vendor_refuses_is_a_problem_and_no_loss() -> None:
    async with conversation(request(history=(UserSaid("Hello"),))) as (peer, _, heard):
        item = await peer.expect("conversation.item.create")
        await peer.send(e.error("Bad item", event_id=item["event_id"]))
        problem = await heard.until(EngineProblem)
        assert "Bad item" in problem.message
