"""An answer of `/chat/completions` as it arrives: bytes of events in, text and tool calls out. No I/O."""

import logging
from collections.abc import Callable, Sequence

import msgspec

from speko.providers.call import FinishReason, Usage, believable
from speko.providers.errors import (
    CallerError,
    EmptyResult,
    MalformedResponse,
    ProviderError,
    TruncatedResponse,
)
from speko.providers.llm import LlmEvent, TextDelta, ToolCall
from speko.providers.openai_compatible.chat_wire import (
    Chunk,
    ContentPart,
    Delta,
    ReportedUsage,
    ToolCallDelta,
    decode_chunks,
)
from speko.providers.openai_compatible.tool_calls import ToolCallAssembler

log = logging.getLogger(__name__)
_DONE = b"[DONE]"
CHARACTERS_PER_TOKEN = 4


class ChatAnswer:
    """One answer.

    Keeps `usage` true: output tokens are counted from the text until the vendor reports its own figures.
    """

    finish_reason: str | None = None
    done = False
    """The vendor's end mark was seen."""

    def __init__(self, usage: Usage, on_error: Callable[[object], ProviderError], *, capped: bool) -> None:
        """Starts empty.

        Args:
            usage: of the call.
            on_error: makes the error of an error object inside the stream.
            capped: the caller limits the tokens.
        """
        self._usage = usage
        self._on_error = on_error
        self._capped = capped
        self._tools = ToolCallAssembler()
        self._characters = 0
        self._reported = False

    def take(self, events: Sequence[bytes]) -> list[LlmEvent]:
        """What the data of some events adds.

        Raises:
            MalformedResponse: an event is not what it should be.
            ProviderError: the vendor reports an error.
        """
        if _DONE in events:
            events = events[: events.index(_DONE)]
            self.done = True
        return self._take_chunks(_decode(events)) if events or self.done else []

    def take_whole(self, body: bytes) -> list[LlmEvent]:
        """What an answer in one piece says: some servers do not stream.

        Raises:
            MalformedResponse: it is not an answer.
            ProviderError: the vendor reports an error.
        """
        chunks = _decode([body])
        events = self._take_chunks(chunks)
        if not chunks[0].choices:
            raise MalformedResponse("the answer holds no choice")
        self.done = True
        return events + self._take_tools()

    def end(self) -> None:
        """The stream is over.

        Raises:
            TruncatedResponse: without an end mark, so something is missing.
            EmptyResult: the vendor withheld the answer.
        """
        if not (self.done or self.finish_reason):
            raise TruncatedResponse("the answer ended without its end mark")
        if self.finish_reason == "content_filter" and not self._characters:
            raise EmptyResult("the vendor's content filter withheld the answer")

    def _take_chunks(self, chunks: list[Chunk]) -> list[LlmEvent]:
        answer: list[LlmEvent] = []
        for chunk in chunks:
            # Nearly all of an answer is this: plain text and nothing else.
            if chunk.choices and chunk.usage is None and chunk.error is None:
                choice = chunk.choices[0]
                delta = choice.delta
                if delta is not None and choice.finish_reason is None and delta.tool_calls is None:
                    text = delta.content
                    if type(text) is str and text:
                        self._characters += len(text)
                        answer.append(TextDelta(text))
                        continue
            self._take_chunk(chunk, answer)
        if (self.done or self.finish_reason) and self._tools:
            answer += self._take_tools()
        if not self._reported:
            self._usage.output_tokens = -(-self._characters // CHARACTERS_PER_TOKEN)
        return answer

    def _take_chunk(self, chunk: Chunk, answer: list[LlmEvent]) -> None:
        if chunk.choices:
            choice = chunk.choices[0]
            delta = choice.delta or choice.message
            if delta is not None:
                self._take_text(delta, answer)
                for piece in delta.tool_calls or ():
                    self._take_tool_call(piece)
            self.finish_reason = choice.finish_reason or self.finish_reason
        if chunk.usage is not None:
            self._report(chunk.usage)
        if chunk.error is not None:
            raise self._on_error(chunk.error)

    def _take_text(self, delta: Delta, answer: list[LlmEvent]) -> None:
        content = delta.content
        # Thoughts are not text; a refusal is what the model says.
        parts = content if isinstance(content, list) else [ContentPart(text=content)]
        for text in (*(part.text for part in parts if part.type == "text"), delta.refusal):
            if text:
                self._characters += len(text)
                answer.append(TextDelta(text))

    def _take_tool_call(self, piece: ToolCallDelta) -> None:
        self._tools.add(piece)
        if piece.function is not None:
            self._characters += len(piece.function.arguments or "")

    def _take_tools(self) -> list[ToolCall]:
        try:
            return self._tools.take()
        except MalformedResponse:
            if self.finish_reason != "length":
                raise
            message = "the answer reached its token limit inside a tool call"
            raise (CallerError(message) if self._capped else TruncatedResponse(message)) from None

    def _report(self, usage: ReportedUsage) -> None:
        details = usage.prompt_tokens_details
        cached = details.cached_tokens if details else None
        if usage.prompt_tokens is None and usage.completion_tokens is None:
            return
        if not believable(usage.prompt_tokens, usage.completion_tokens, usage.total_tokens, cached):
            log.warning("a vendor's report of tokens cannot be true, and is left out")
            return
        prompt, completion = usage.prompt_tokens or 0, usage.completion_tokens or 0
        # xAI leaves reasoning tokens out of the completion's, but not out of the total.
        self._usage.output_tokens = max(completion, (usage.total_tokens or 0) - prompt)
        self._usage.input_tokens = prompt
        self._usage.cached_tokens = cached or 0
        self._usage.estimated = False
        self._reported = True


def finish_reason(said: str | None) -> FinishReason:
    """Why a whole answer ended. Tool calls are seen without it, and what vendors have beside these is an end, too."""
    return "length" if said == "length" else "content_filter" if said == "content_filter" else "stop"


def _decode(events: Sequence[bytes]) -> list[Chunk]:
    try:
        # One call for all events of a read: a third of the work would be the decoder's own overhead otherwise.
        chunks = decode_chunks(b"[" + b",".join(events) + b"]")
    except (msgspec.DecodeError, UnicodeDecodeError):
        chunks = []
    if len(chunks) != len(events):
        raise MalformedResponse("an event of the answer cannot be read")
    return chunks
