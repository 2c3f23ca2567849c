"""Tokens of a response.

Source: https://developers.openai.com/api/docs/guides/realtime-costs: sound of the user is a token per 100 ms, sound of
the assistant a token per 50 ms; the whole conversation is input of each response; what was input or output before is
cached. How texts become tokens, and how much of it is cached, is not published: about four characters to a token, and
the cache in blocks of 64.
"""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

from speko.simulators.openai.realtime.items import Item
from speko.simulators.script import ScriptedUsage

USER_TOKEN_MS, ASSISTANT_TOKEN_MS = 100, 50
_CHARACTERS_PER_TOKEN = 4
_OVERHEAD = 2
"""Special tokens of a message."""
_CACHE_BLOCK = 64


class Tokens(NamedTuple):
    """Of text and of sound."""

    text: int
    audio: int

    def plus(self, other: "Tokens") -> "Tokens":
        return Tokens(self.text + other.text, self.audio + other.audio)


def text_tokens(text: str) -> int:
    """About four characters to a token."""
    return math.ceil(len(text) / _CHARACTERS_PER_TOKEN)


def audio_tokens(milliseconds: float, *, of_user: bool) -> int:
    """Tokens of sound."""
    return math.ceil(milliseconds / (USER_TOKEN_MS if of_user else ASSISTANT_TOKEN_MS))


def item_tokens(item: Item) -> Tokens:
    """What an item costs as input: the sound of the user alone, of the assistant with its transcript."""
    sound = audio_tokens(item.audio_ms, of_user=item.role == "user")
    written = item.text if not (item.role == "user" and item.audio_ms) else ""
    return Tokens(text_tokens(written + item.name + item.arguments + item.output) + _OVERHEAD, sound)


class Cache:
    """What the vendor still knows of the last input: the longest beginning that is the same."""

    def __init__(self) -> None:
        self._known: list[tuple[object, Tokens]] = []

    def take(self, parts: Sequence[tuple[object, Tokens]]) -> Tokens:
        """How much of an input is cached. The input is known from now on.

        Args:
            parts: of the input, each with something that changes when it does.
        """
        cached = Tokens(0, 0)
        for part, known in zip(parts, self._known, strict=False):
            if part != known:
                break
            cached = cached.plus(part[1])
        self._known = list(parts)
        spare = sum(cached) % _CACHE_BLOCK
        kept_audio = max(cached.audio - spare, 0)
        return Tokens(cached.text - (spare - (cached.audio - kept_audio)), kept_audio)


def usage(read: Tokens, cached: Tokens, said: Tokens) -> dict[str, Any]:
    """The member `usage` of `response.done`."""
    return {
        "total_tokens": sum(read) + sum(said),
        "input_tokens": sum(read),
        "output_tokens": sum(said),
        "input_token_details": {
            "text_tokens": read.text,
            "audio_tokens": read.audio,
            "image_tokens": 0,
            "cached_tokens": sum(cached),
            "cached_tokens_details": {
                "text_tokens": cached.text,
                "audio_tokens": cached.audio,
                "image_tokens": 0,
            },
        },
        "output_token_details": {"text_tokens": said.text, "audio_tokens": said.audio},
    }


def scripted(counts: ScriptedUsage) -> dict[str, Any]:
    """The counts of a script, all of them text."""
    return usage(Tokens(counts.prompt_tokens, 0), Tokens(counts.cached_tokens, 0), Tokens(counts.completion_tokens, 0))


def transcription_usage(model: str | None, milliseconds: float, text: str) -> dict[str, Any]:
    """The member `usage` of a transcript: whisper is paid by the second, other models by tokens."""
    if model == "whisper-1":
        return {"type": "duration", "seconds": math.ceil(milliseconds / 1000)}
    sound, written = audio_tokens(milliseconds, of_user=True), text_tokens(text)
    return {
        "type": "tokens",
        "input_tokens": sound,
        "input_token_details": {"text_tokens": 0, "audio_tokens": sound},
        "output_tokens": written,
        "total_tokens": sound + written,
    }
