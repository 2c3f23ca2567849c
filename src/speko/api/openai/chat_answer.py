"""What `/v1/chat/completions` answers, whole and in chunks. No I/O.

Source: https://platform.openai.com/docs/api-reference/chat/object and …/chat/streaming
"""

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
from msgspec import Struct

from speko.providers.call import FinishReason, Usage
from speko.providers.llm import LlmEvent, TextDelta, ToolCall

DONE = b"data: [DONE]\n\n"
_encode = msgspec.json.Encoder().encode
Reason = FinishReason | Literal["tool_calls"]


class FunctionCalled(Struct, frozen=True):
    name: str
    arguments: str


class CallAsked(Struct, frozen=True, omit_defaults=True):
    """A tool that the caller shall run. `index` in chunks only."""

    id: str
    function: FunctionCalled
    index: int | None = None
    type: str = msgspec.field(default_factory=lambda: "function")


class Answered(Struct, frozen=True):
    """What the model said."""

    role: Literal["assistant"]
    content: str | None
    refusal: None
    tool_calls: tuple[CallAsked, ...] | msgspec.UnsetType = msgspec.UNSET


class Choice(Struct, frozen=True):
    """The one choice."""

    index: int
    message: Answered
    logprobs: None
    finish_reason: Reason


class PromptDetails(Struct, frozen=True):
    cached_tokens: int


class TokensUsed(Struct, frozen=True):
    prompt_tokens: int
    completion_tokens: int
    total_tokens: int
    prompt_tokens_details: PromptDetails


class ChatCompletion(Struct, frozen=True):
    """An answer in one piece."""

    id: str
    object: Literal["chat.completion"]
    created: int
    """Unix seconds."""
    model: str
    choices: tuple[Choice]
    usage: TokensUsed


class Head(Struct, frozen=True):
    """What an answer and each of its chunks begin with."""

    id: str
    created: int
    """Unix seconds."""
    model: str


def tokens_used(usage: Usage) -> TokensUsed:
    """What the attempt used."""
    total = usage.input_tokens + usage.output_tokens
    return TokensUsed(usage.input_tokens, usage.output_tokens, total, PromptDetails(usage.cached_tokens))


def completion(head: Head, events: Sequence[LlmEvent], ended: FinishReason, usage: Usage) -> ChatCompletion:
    """The answer in one piece."""
    text = "".join([event.text for event in events if isinstance(event, TextDelta)])
    calls = tuple([_asked(event) for event in events if isinstance(event, ToolCall)])
    message = Answered("assistant", text if text or not calls else None, None, calls or msgspec.UNSET)
    choice = Choice(0, message, None, "tool_calls" if calls else ended)
    return ChatCompletion(head.id, "chat.completion", head.created, head.model, (choice,), tokens_used(usage))


class Chunks:
    """The chunks of one answer as they leave. Text, of which there are a hundred pieces, is put between bytes that are
    made once."""

    def __init__(self, head: Head, *, with_usage: bool) -> None:
        """`with_usage`: the stream tells the usage at its end, and that it is not there yet in all other chunks."""
        fixed = {"id": head.id, "object": "chat.completion.chunk", "created": head.created, "model": head.model}
        self._with_usage = with_usage
        self._calls = 0
        self._begin = b"data: " + _encode(fixed)[:-1]
        self._end = b',"usage":null}\n\n' if with_usage else b"}\n\n"
        self._text_begin = self._begin + b',"choices":[{"index":0,"delta":{"content":'
        self._text_end = b'},"logprobs":null,"finish_reason":null}]' + self._end

    def first(self) -> bytes:
        """Says who speaks."""
        return self._chunk({"role": "assistant", "content": "", "refusal": None})

    def piece(self, events: Sequence[LlmEvent]) -> bytes:
        """All events of one read."""
        return b"".join(
            [
                b"%b%b%b" % (self._text_begin, _encode(event.text), self._text_end)
                if isinstance(event, TextDelta)
                else self._call(event)
                for event in events
            ]
        )

    def last(self, ended: FinishReason, usage: Usage) -> bytes:
        """The end of a whole answer."""
        body = self._chunk({}, "tool_calls" if self._calls else ended)
        if self._with_usage:
            body += b'%b,"choices":[],"usage":%b}\n\n' % (self._begin, _encode(tokens_used(usage)))
        return body + DONE

    def _call(self, call: ToolCall) -> bytes:
        index = self._calls
        self._calls += 1
        return self._chunk({"tool_calls": (_asked(call, index),)})

    def _chunk(self, delta: dict[str, Any], ended: Reason | None = None) -> bytes:
        choice = {"index": 0, "delta": delta, "logprobs": None, "finish_reason": ended}
        return b'%b,"choices":[%b]%b' % (self._begin, _encode(choice), self._end)


def _asked(call: ToolCall, index: int | None = None) -> CallAsked:
    return CallAsked(call.id, FunctionCalled(call.name, call.args), index)
