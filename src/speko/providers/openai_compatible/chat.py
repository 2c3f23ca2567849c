"""Language models over `/chat/completions`."""

import asyncio
from collections.abc import AsyncIterator, Iterator, Sequence

import aiohttp

from speko.providers.call import Call
from speko.providers.catalogue import Vendor
from speko.providers.errors import MalformedResponse, ProviderError, TruncatedResponse
from speko.providers.llm import LlmCapabilities, LlmEvent, LlmRequest
from speko.providers.openai_compatible.chat_answer import CHARACTERS_PER_TOKEN, ChatAnswer, finish_reason
from speko.providers.openai_compatible.chat_request import chat_request
from speko.providers.openai_compatible.chat_wire import encode_request
from speko.providers.openai_compatible.endpoint import Endpoint, json_body, read_whole
from speko.providers.openai_compatible.event_stream import EventStream
from speko.providers.openai_compatible.profile import Profiles
from speko.providers.registry import Runtime

_TAIL_SECONDS = 1.0


class OpenAIChat:
    """`LanguageModel` for one vendor."""

    capabilities = LlmCapabilities(tools=True, reasoning_effort=True, options=True)

    def __init__(self, vendor: Vendor, profiles: Profiles, runtime: Runtime) -> None:
        self._endpoint = Endpoint(vendor, runtime)
        self._profiles = profiles

    async def complete(self, request: LlmRequest, call: Call) -> AsyncIterator[Sequence[LlmEvent]]:
        """See `LanguageModel`. Source: https://platform.openai.com/docs/api-reference/chat-streaming"""
        body = encode_request(chat_request(request, self._profiles.get("llm", request.model)))
        usage = call.usage
        usage.input_tokens = len(body) // CHARACTERS_PER_TOKEN
        usage.estimated = True

        def content() -> Iterator[str]:
            return _texts(request)

        def unused() -> None:
            usage.input_tokens, usage.estimated = 0, False

        def on_error(error: object) -> ProviderError:
            return self._endpoint.event_error(error, call, content())

        answer = ChatAnswer(usage, on_error, capped=request.max_tokens is not None)
        async with self._endpoint.post(
            "/chat/completions", call, json_body(body), content=content, unused=unused
        ) as response:
            if response.content_type == "application/json":
                if batch := answer.take_whole(await read_whole(response)):
                    yield batch
                answer.end()
                call.finish_reason = finish_reason(answer.finish_reason)
                return
            stream = EventStream(response)
            while not (answer.done or stream.ended):
                if batch := await self._read(stream, answer):
                    yield batch
            answer.end()
            call.finish_reason = finish_reason(answer.finish_reason)
            await stream.drain()

    async def _read(self, stream: EventStream, answer: ChatAnswer) -> list[LlmEvent]:
        if answer.finish_reason is None:
            events = await stream.read()
        else:
            # The answer is complete. Usage and end mark are worth a short wait, and their lack is no failure.
            try:
                async with asyncio.timeout(_TAIL_SECONDS):
                    events = await stream.read()
            except (TimeoutError, aiohttp.ClientError, OSError):
                stream.ended = True
                return []
        try:
            return answer.take(events)
        except MalformedResponse:
            if stream.ended and not answer.finish_reason:
                raise TruncatedResponse("the answer broke off inside an event") from None
            raise


def _texts(request: LlmRequest) -> Iterator[str]:
    if request.system_prompt:
        yield request.system_prompt
    for message in request.messages:
        yield message.content
