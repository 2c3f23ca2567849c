"""`POST /v1/chat/completions`: `/v1/complete` in the form of OpenAI's API."""

from typing import Any

import msgspec
from litestar import Request, post
from litestar.types import ASGIApp, Send
from msgspec import structs

from speko.api.body import read_body
from speko.api.complete import CompleteBody, CompleteCall
from speko.api.openai.answering import JSON, SSE, error_event, send_whole
from speko.api.openai.asked import Asked, asked_of
from speko.api.openai.chat_answer import Chunks, Head, completion
from speko.api.openai.chat_body import ChatBody, check, messages_of, options_of, tools_of
from speko.api.openai.described import CHAT
from speko.providers.errors import ProviderError, Unsupported
from speko.providers.llm import LlmCapabilities, LlmEvent, LlmRequest, ToolChoice
from speko.routing.attempts import Candidate, Failure
from speko.routing.dispatch import Served


@post("/v1/chat/completions", status_code=200, **CHAT)
async def chat_completions(request: Request[Any, Any, Any]) -> ASGIApp:
    """A language model's answer, whole or as a stream, in the form of OpenAI's API."""
    body = await read_body(request, ChatBody)
    check(body)
    asked = asked_of(request, "llm", body.model, body.language)
    return ChatCall(request, body, asked)


class ChatCall(CompleteCall):
    """One conversation on its way through the chain."""

    def __init__(self, request: Request[Any, Any, Any], chat: ChatBody, asked: Asked) -> None:
        tools, choice = tools_of(chat)
        super().__init__(request, _complete_body(chat, asked, choice), tools)
        self._options = options_of(chat)
        self._streamed = bool(chat.stream)
        self._with_usage = chat.with_usage
        self.whole = not self._streamed

    def request_for(self, candidate: Candidate, capabilities: LlmCapabilities) -> LlmRequest:
        """What one model is asked. Raises Unsupported where its connector cannot do what must not be left out."""
        request = super().request_for(candidate, capabilities)
        if self._options is None:
            return request
        if capabilities.options:
            return structs.replace(request, options=self._options)
        if self._options.binding:
            raise Unsupported("knows neither stop nor response_format", about="options")
        return request

    def chosen(self, refused: Failure) -> str | None:
        """What that API's clients may ask for and not every model knows."""
        if refused.error.about != "options" or self._options is None:
            return None
        return "response_format" if self._options.response_format is not None else "stop"

    async def respond(self, served: Served[LlmEvent], send: Send) -> None:
        """The answer in the form that was asked for."""
        created = int(self.gateway.store.sessions.now().timestamp())
        head = Head(f"chatcmpl-{self.info.request_id}", created, served.candidate.model)
        headers = self.headers(served.candidate, served.failover_count)
        if self._streamed:
            await self._stream(head, headers, served, send)
            return
        events: list[LlmEvent] = []
        while (batch := await served.next()) is not None:
            events += batch
        answer = completion(head, events, served.call.finish_reason, served.call.usage)
        await send_whole(send, [JSON, *headers], msgspec.json.encode(answer))

    async def _stream(
        self, head: Head, headers: list[tuple[bytes, bytes]], served: Served[LlmEvent], send: Send
    ) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*SSE, *headers]})
        chunks = Chunks(head, with_usage=self._with_usage)
        body = chunks.first()
        try:
            while (batch := await served.next()) is not None:
                body += chunks.piece(batch)
                await send({"type": "http.response.body", "body": body, "more_body": True})
                body = b""
        except ProviderError as error:
            body = error_event(f"{served.candidate.provider}: {error.message}", self.failed_code)
        else:
            body = chunks.last(served.call.finish_reason, served.call.usage)
        await send({"type": "http.response.body", "body": body, "more_body": False})


def _complete_body(chat: ChatBody, asked: Asked, choice: ToolChoice | None) -> CompleteBody:
    return CompleteBody(
        messages=messages_of(chat),
        intent=asked.intent,
        temperature=chat.temperature,
        max_tokens=chat.max_completion_tokens or chat.max_tokens,
        reasoning_effort=chat.reasoning_effort,
        constraints=asked.constraints,
        tool_choice=choice,
        parallel_tool_calls=chat.parallel_tool_calls,
    )
