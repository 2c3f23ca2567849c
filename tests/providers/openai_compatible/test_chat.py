"""The chat connector against a server on this machine."""

import asyncio
from collections.abc import AsyncIterator, Sequence

import pytest
from aiohttp import web
from openai.types import CompletionUsage
from openai.types.chat.completion_create_params import CompletionCreateParamsStreaming

from speko.providers.call import Call, Usage
from speko.providers.errors import (
    ConnectionLost,
    CredentialRejected,
    MalformedResponse,
    ProviderError,
    ProviderUnavailable,
    TruncatedResponse,
)
from speko.providers.llm import ChatMessage, LlmEvent, LlmRequest, TextDelta, ToolCall
from speko.providers.openai_compatible import OpenAIChat, Profiles, chat
from tests.providers.openai_compatible.shapes import check_shape
from tests.providers.openai_compatible.vendor import (
    DONE,
    KEY,
    VENDOR,
    Handler,
    Running,
    answering,
    chunk,
    completion,
    cutting,
    event,
    streaming,
    usage_chunk,
    vendor,
)

REQUEST = LlmRequest(model="m", messages=(ChatMessage("user", "Who are you, really?"),))
USAGE = CompletionUsage(prompt_tokens=7, completion_tokens=3, total_tokens=10)
HELLO = (chunk("", role="assistant"), chunk("Hel"), chunk("lo"), chunk(finish="stop"), usage_chunk(USAGE), DONE)


def ask(running: Running, call: Call, request: LlmRequest = REQUEST) -> AsyncIterator[Sequence[LlmEvent]]:
    return OpenAIChat(VENDOR, Profiles({}), running.runtime).complete(request, call)


async def answer(handler: Handler, request: LlmRequest = REQUEST) -> tuple[list[LlmEvent], Usage]:
    """The events of a whole answer, and what it used."""
    async with vendor(handler) as running:
        call = running.call()
        events: list[LlmEvent] = []
        async for batch in ask(running, call, request):
            assert batch
            events += batch
        return events, call.usage


async def test_a_streamed_answer() -> None:
    assert await answer(streaming(*HELLO)) == (
        [TextDelta("Hel"), TextDelta("lo")],
        Usage(input_tokens=7, output_tokens=3),
    )


async def test_all_events_of_a_read_are_one_batch() -> None:
    async with vendor(streaming(b"".join(HELLO))) as running:
        batches = [batch async for batch in ask(running, running.call())]
    assert batches == [[TextDelta("Hel"), TextDelta("lo")]]


async def test_the_request() -> None:
    async with vendor(streaming(*HELLO)) as running:
        async for _ in ask(running, running.call()):
            pass
        (request,) = running.requests
        assert request.path == "/v1/chat/completions"
        assert request.headers["Authorization"] == f"Bearer {KEY}"
        assert request.headers["Content-Type"] == "application/json"
        check_shape(CompletionCreateParamsStreaming, running.json())


async def test_tool_calls() -> None:
    piece = {"index": 0, "id": "c", "type": "function", "function": {"name": "f", "arguments": ""}}
    more = {"index": 0, "function": {"arguments": '{"a": 1}'}}
    events, _ = await answer(
        streaming(chunk(tool_calls=[piece]), chunk(tool_calls=[more]), chunk(finish="tool_calls"), DONE)
    )
    assert events == [ToolCall("c", "f", '{"a": 1}')]


async def test_a_server_that_does_not_stream() -> None:
    events, usage = await answer(answering(completion({"content": "Hello"}, usage=USAGE)))
    assert events == [TextDelta("Hello")]
    assert usage == Usage(input_tokens=7, output_tokens=3)


async def test_an_empty_answer_gives_nothing() -> None:
    assert (await answer(streaming(chunk(""), chunk(finish="stop"), DONE)))[0] == []
    assert (await answer(answering(completion({"content": ""}))))[0] == []


async def test_an_end_mark_without_a_blank_line() -> None:
    assert (await answer(streaming(chunk("Hi"), b"data: [DONE]")))[0] == [TextDelta("Hi")]


async def test_a_reason_to_end_is_enough_whatever_happens_then() -> None:
    events, usage = await answer(cutting(chunk("Hello"), chunk(finish="stop")))
    assert events == [TextDelta("Hello")]
    assert (usage.output_tokens, usage.estimated) == (2, True)


async def test_a_vendor_that_never_closes_after_its_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "_TAIL_SECONDS", 0.05)
    over = asyncio.Event()

    async def handle(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(chunk("Hi") + chunk(finish="stop"))
        await over.wait()
        return response

    async with asyncio.timeout(20):
        assert (await answer(handle))[0] == [TextDelta("Hi")]
    over.set()


async def test_tokens_are_estimated_where_the_vendor_does_not_tell() -> None:
    events, usage = await answer(streaming(chunk("Hello"), chunk(finish="stop"), DONE))
    assert events == [TextDelta("Hello")]
    assert usage.estimated
    assert usage.output_tokens == 2
    assert 5 < usage.input_tokens < 100


@pytest.mark.parametrize(
    ("handler", "kind"),
    [
        (streaming(chunk("Hi")), TruncatedResponse),
        (streaming(b""), TruncatedResponse),
        (streaming(chunk("Hi"), b'data: {"choices"'), TruncatedResponse),
        (cutting(chunk("Hi")), TruncatedResponse),
        (streaming(chunk("Hi"), event("{nonsense")), MalformedResponse),
        (streaming(chunk("Hi"), b"data: " + b"x" * 2**21), MalformedResponse),
        (streaming(chunk("Hi"), event('{"error": {"message": "upstream", "code": 502}}')), ProviderUnavailable),
        (answering("<html>captive portal</html>", content_type="text/html"), MalformedResponse),
        (answering("{}"), MalformedResponse),
        (answering('{"error": {"message": "boom", "type": "server_error"}}'), ProviderUnavailable),
        (answering(b"x" * (2**24 + 1)), MalformedResponse),
    ],
)
async def test_answers_that_fail(handler: Handler, kind: type[ProviderError]) -> None:
    with pytest.raises(kind):
        await answer(handler)


async def test_an_error_in_the_middle_shows_neither_key_nor_words() -> None:
    words = f'{{"error": {{"message": "bad {KEY} in \'Who are you, really?\'", "code": 502}}}}'
    with pytest.raises(ProviderUnavailable) as caught:
        await answer(streaming(event(words)))
    assert caught.value.message == "HTTP 502: bad [redacted] in …"


# ---- usage of failures ----


async def test_a_refused_request_costs_nothing() -> None:
    async with vendor(answering("{}", status=401)) as running:
        call = running.call()
        with pytest.raises(CredentialRejected):
            await anext(ask(running, call))
        assert call.usage == Usage()


async def test_an_answer_that_breaks_off_costs_what_came() -> None:
    async with vendor(cutting(chunk("12345678"))) as running:
        call = running.call()
        with pytest.raises(TruncatedResponse):
            async for _ in ask(running, call):
                pass
        assert call.usage.estimated
        assert call.usage.output_tokens == 2
        assert call.usage.input_tokens > 0


async def test_a_connection_that_breaks_before_the_answer_may_have_cost_the_prompt() -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        assert request.transport is not None
        request.transport.close()
        return web.Response()

    async with vendor(handle) as running:
        call = running.call()
        with pytest.raises(ConnectionLost):
            await anext(ask(running, call))
        assert call.usage.estimated
        assert call.usage.input_tokens > 0


# ---- leaving ----


class Silent:
    """A vendor that accepts, sends some bytes if it has any, and then says nothing; it notices when we go."""

    def __init__(self, *pieces: bytes) -> None:
        self._pieces = pieces
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def __call__(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        try:
            if self._pieces:
                await response.prepare(request)
                for piece in self._pieces:
                    await response.write(piece)
            self.asked.set()
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.left.set()
            raise
        return response


async def test_cancelling_before_the_answer_reaches_the_vendor() -> None:
    silent = Silent()
    async with vendor(silent) as running:
        call = running.call()
        waiting = asyncio.ensure_future(anext(ask(running, call)))
        await asyncio.wait_for(silent.asked.wait(), 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(silent.left.wait(), 10)
        assert call.usage.estimated
        assert call.usage.input_tokens > 0


async def test_cancelling_in_the_middle_reaches_the_vendor() -> None:
    silent = Silent(chunk("Hi"))
    async with vendor(silent) as running:
        stream = ask(running, running.call())
        assert await anext(stream) == [TextDelta("Hi")]
        waiting = asyncio.ensure_future(anext(stream))
        await asyncio.sleep(0)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(silent.left.wait(), 10)


async def test_closing_the_answer_reaches_the_vendor() -> None:
    silent = Silent(chunk("Hi"))
    async with vendor(silent) as running:
        stream = ask(running, running.call())
        assert await anext(stream) == [TextDelta("Hi")]
        await stream.aclose()  # type: ignore[attr-defined]
        await asyncio.wait_for(silent.left.wait(), 10)


async def test_a_whole_answer_leaves_its_connection_for_the_next() -> None:
    async with vendor(streaming(*HELLO)) as running:
        for _ in range(3):
            async for _ in ask(running, running.call()):
                pass
        assert len({request.transport for request in running.requests}) == 1
