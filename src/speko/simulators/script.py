"""What a simulated vendor answers, where it is not left to the embedded engines."""

from typing import Annotated, Literal

from msgspec import Meta, Struct
from msgspec.structs import replace

Seconds = Annotated[float, Meta(ge=0)]
FinishReason = Literal["stop", "length", "tool_calls", "content_filter"]


class ScriptedToolCall(Struct, frozen=True, forbid_unknown_fields=True):
    """A call of a tool. `arguments` is sent as it stands, so it may be broken JSON, as models' sometimes is."""

    name: str
    arguments: str = "{}"
    id: str | None = None
    """None = made up."""


class ScriptedUsage(Struct, frozen=True, forbid_unknown_fields=True):
    """Token counts as the vendor reports them. `cached_tokens` is part of `prompt_tokens`."""

    prompt_tokens: Annotated[int, Meta(ge=0)] = 0
    completion_tokens: Annotated[int, Meta(ge=0)] = 0
    cached_tokens: Annotated[int, Meta(ge=0)] = 0


class RealtimeScript(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """What is peculiar to a conversation over a socket; texts, tool calls and the first byte are those of `Script`."""

    answers: tuple[str, ...] = ()
    """Answers to the first, second, … message of the user, then from the beginning. They win over `Script.text`. It is
    the conversation that is counted, so that another session which is given it goes on with the same answer."""
    transcripts: tuple[str, ...] = ()
    """What is heard in the first, second, … utterance, counted likewise; wins over `Script.transcript`."""
    pace: Seconds = 10.0
    """Seconds of sound sent per second: 1 = as fast as it plays, 0 = all at once."""
    delta_ms: Annotated[int, Meta(ge=1, le=600_000)] = 100
    """Sound in one message, in milliseconds."""
    in_step: bool = False
    """True = the text of each word just before its sound, and no message with sound of two words; else the text runs
    ahead of the sound, as the real vendor's does."""
    models: tuple[str, ...] = ()
    """Models that are served besides the vendor's own."""

    def __post_init__(self) -> None:
        if self.pace < 0 or not 1 <= self.delta_ms <= 600_000:
            raise ValueError("pace is not negative; delta_ms lies between 1 and 600000")


class Script(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, omit_defaults=True):
    """Fixed answers. What is None is left to an embedded engine, or to a plain substitute where there is none."""

    text: str | None = None
    """Answer of a chat."""
    chunks: Annotated[int, Meta(ge=1)] | None = None
    """Content events that the text is divided into; None = one per word. Without `text`, the text is made up, a word
    per chunk, and no engine is asked: that is the script for load tests."""
    tool_calls: tuple[ScriptedToolCall, ...] = ()
    """Made when the request offers tools and its last message is not a tool's result; the text comes after it."""
    finish_reason: FinishReason | None = None
    """None = `tool_calls`, `length` or `stop`, whichever is true."""
    usage: ScriptedUsage | None = None
    """None = counted, about four characters to a token."""
    report_usage: bool = True
    """False = like vendors that never report usage."""
    transcript: str | None = None
    """What is heard in a recording."""
    audio_ms: Annotated[int, Meta(ge=0, le=600_000)] | None = None
    """Length of spoken audio in milliseconds, then a tone in place of a voice."""
    first_byte: Seconds = 0.0
    """Seconds between a request and the first byte of its answer."""
    pace: Seconds = 0.0
    """Seconds from one chunk to the next; 0 = everything in one write."""
    realtime: RealtimeScript = RealtimeScript()
    """For conversations over a socket."""

    def __post_init__(self) -> None:
        if self.chunks is not None and self.text is not None and self.chunks > len(self.text):
            raise ValueError("the text has fewer characters than it shall have chunks")
        if self.chunks is not None and self.chunks < 1:
            raise ValueError("chunks is at least 1")
        if min(self.first_byte, self.pace, self.audio_ms or 0) < 0:
            raise ValueError("first_byte, pace and audio_ms are not negative")

    @property
    def fixed_text(self) -> str | None:
        """The answer of a chat where the script fixes it."""
        if self.text is None and self.chunks is not None:
            return " ".join(["word"] * self.chunks)
        return self.text

    def answer(self, turn: int) -> str | None:
        """The answer to the user's message with that number, from 1, where the script fixes it."""
        answers = self.realtime.answers
        return answers[(turn - 1) % len(answers)] if answers else self.fixed_text

    def heard(self, turn: int) -> str | None:
        """What is heard in the user's message with that number, from 1, where the script fixes it."""
        transcripts = self.realtime.transcripts
        return transcripts[(turn - 1) % len(transcripts)] if transcripts else self.transcript

    @property
    def emptied(self) -> "Script":
        """The same script with nothing to say."""
        return replace(self, text="", chunks=None, tool_calls=(), finish_reason=None, transcript="", audio_ms=0)


def pieces(text: str, count: int | None = None) -> tuple[str, ...]:
    """Divides a text into `count` pieces of about the same length, or into its words. Joined, they are the text again.

    `count` is at most the length of the text.
    """
    if count is not None:
        return tuple(text[i * len(text) // count : (i + 1) * len(text) // count] for i in range(count))
    words = text.split(" ")
    return tuple(word for word in (words[0], *(f" {word}" for word in words[1:])) if word)
