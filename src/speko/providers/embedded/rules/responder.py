"""The rule-based responder behind the protocol of a language model."""

import re
from collections.abc import AsyncGenerator, Callable, Iterator, Sequence
from datetime import datetime
from itertools import islice

import msgspec

from speko.providers.call import Call
from speko.providers.catalogue import Model
from speko.providers.embedded.rules.conversation import Conversation
from speko.providers.embedded.rules.results import say_results
from speko.providers.embedded.rules.tools import decide
from speko.providers.errors import Unsupported
from speko.providers.llm import LlmCapabilities, LlmEvent, LlmRequest, TextDelta

MODEL = Model(
    modality="llm",
    id="rules",
    languages=("en",),
    note="A small rule-based responder: greetings, time and date, arithmetic, names, tools. No AI model.",
)
_WORDS_A_BATCH = 8
_CHARACTERS_A_TOKEN = 4
"""A rule of thumb for English; there is no tokenizer here."""


def _local_time() -> datetime:
    return datetime.now().astimezone()


class Rules:
    """Answers by rules. Deterministic given the messages and the clock."""

    capabilities = LlmCapabilities(tools=True)

    def __init__(self, clock: Callable[[], datetime] = _local_time) -> None:
        self._clock = clock

    async def complete(self, request: LlmRequest, call: Call) -> AsyncGenerator[Sequence[LlmEvent], None]:
        """See `LanguageModel`. Tokens are estimated; `max_tokens` bounds the text, never the arguments of a tool.

        Raises:
            Unsupported: not English, or a tool is demanded whose arguments cannot be made.
        """
        if request.language.split("-", 1)[0] != "en":
            raise Unsupported("the rule-based responder speaks English only")
        call.usage.estimated = True
        call.usage.input_tokens = _input_tokens(request)
        now = self._clock()
        if calls := decide(request, now):
            call.usage.output_tokens = sum(_tokens(len(made.name) + len(made.args)) for made in calls)
            yield calls
            return
        prompts = [request.system_prompt or "", *(m.content for m in request.messages if m.role == "system")]
        text = say_results(request.messages) or Conversation(request.messages, prompts, now).reply()
        said = 0
        short = _shortened(text, request.max_tokens)
        call.finish_reason = "length" if len(short) < len(text) else "stop"
        for batch in _batches(short):
            said += sum(len(delta.text) for delta in batch)
            call.usage.output_tokens = _tokens(said)
            yield batch


def _input_tokens(request: LlmRequest) -> int:
    characters = len(request.system_prompt or "")
    for message in request.messages:
        characters += len(message.content) + sum(len(made.name) + len(made.args) for made in message.tool_calls)
    return _tokens(characters + (len(msgspec.json.encode(request.tools)) if request.tools else 0))


def _tokens(characters: int) -> int:
    return -(-characters // _CHARACTERS_A_TOKEN)


def _shortened(text: str, max_tokens: int | None) -> str:
    """`text`, or as many whole words of it as fit; at least the beginning of the first."""
    if max_tokens is None or _tokens(len(text)) <= max_tokens:
        return text
    room = max_tokens * _CHARACTERS_A_TOKEN
    last_space = text.rfind(" ", 0, room + 1)
    return text[: last_space if last_space > 0 else room].rstrip()


def _batches(text: str) -> Iterator[Sequence[TextDelta]]:
    words = (TextDelta(match[0]) for match in re.finditer(r"\s*\S+\s*?(?=\s|$)|\s+$", text))
    while batch := list(islice(words, _WORDS_A_BATCH)):
        yield batch
