"""Our own endpoints: how each is called, and what it looks like when things go well or wrong."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import httpx

from speko.providers.catalogue import Modality
from speko.simulators.script import RealtimeScript, Script
from tests.api.running import events
from tests.api.test_transcribe import wav

ANSWER = "alpha bravo charlie delta echo foxtrot golf hotel"
TEXT = "one two three four five six"
TRANSCRIPT = "hello there you"
SCRIPT = Script(
    text=TEXT,
    transcript=TRANSCRIPT,
    audio_ms=1000,
    realtime=RealtimeScript(answers=(ANSWER,), transcripts=("what",), pace=20.0, delta_ms=20, in_step=True),
)
SOUND = 1000 * 24 * 2
"""Bytes of PCM of the whole answer, at 24 kHz."""
MODELS: dict[Modality, str] = {
    "stt": "gpt-4o-mini-transcribe",
    "llm": "gpt-4o",
    "tts": "gpt-4o-mini-tts",
    "s2s": "gpt-realtime",
}
WHOLE = "the whole answer"
ERROR_EVENT = "the beginning, then an error event"
CUT_OFF = "the beginning, then the connection is cut"
SILENCE = "a transcript without words"


@dataclass(frozen=True)
class Asked:
    """One call."""

    request_id: str
    vendors: tuple[str, ...]
    """Who may serve it, best first."""

    def allowed(self, modality: Modality) -> dict[str, Any]:
        """For `constraints`."""
        return {"allowedProviders": {modality: [f"{vendor}:{MODELS[modality]}" for vendor in self.vendors]}}

    def headers(self, modality: Modality) -> dict[str, str]:
        """Where the doors, and `/v1/transcribe`, are told the constraints."""
        return {
            "x-request-id": self.request_id,
            "x-speko-intent": '{"language": "en"}',
            "x-speko-constraints": json.dumps(self.allowed(modality)),
        }


@dataclass(frozen=True)
class Got:
    """What the caller got."""

    what: str
    by: str | None = None
    """The vendor that the answer names."""


@dataclass(frozen=True)
class End:
    """One endpoint, or one way of asking it."""

    name: str
    modality: Modality
    call: Callable[[httpx.AsyncClient, Asked], Awaitable[Got]]
    failed: str
    """When nobody could serve."""
    refused: str
    """When the vendor found the caller's content at fault."""
    broken: str | None = None
    """When the answer breaks off; None = it leaves in one piece, and so can still be replaced."""


def got(answer: httpx.Response, what: str) -> Got:
    return Got(what, answer.headers.get("x-speko-provider"))


def refusal_of(answer: httpx.Response) -> Got | None:
    """An error of the gateway, in either of its two shapes."""
    if answer.status_code == 200:
        return None
    body = answer.json()
    if isinstance(body["error"], dict):
        return Got(f"{answer.status_code} {body['error']['type']} {body['error']['code']}")
    return Got(f"{answer.status_code} {body['code']}")


def same(said: str, wanted: str) -> str:
    """What an answer is that has its end mark."""
    return WHOLE if said == wanted else f"other words: {said!r}"


def begun(said: str, wanted: str) -> str:
    """What an answer is that ends with an error event."""
    return ERROR_EVENT if said and wanted.startswith(said) else f"an error event behind {said!r}"


def _told(answer: httpx.Response, kind: str, wanted: str) -> Got:
    """Of a stream of our own events: one head, the text in events of a kind, and one end after which nothing comes."""
    if (refusal := refusal_of(answer)) is not None:
        return refusal
    told = events(answer.text)
    (head, _), *middle, (end, last) = told
    assert head == "meta", head
    assert end in ("done", "error"), end
    assert all(name == kind for name, _ in middle), middle
    # Another transcript takes the place of one that is not final; pieces of an answer come one behind the other.
    said = "".join([data["text"] for _, data in (middle[-1:] if kind == "transcript" else middle)])
    if end == "error":
        return got(answer, begun(said, wanted))
    assert last["text"] == said, "the end tells something else than the events before it"
    return got(answer, SILENCE if said == "" else same(said, wanted))


async def _complete(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {
        "messages": [{"role": "user", "content": "hi"}],
        "intent": {"language": "en"},
        "constraints": asked.allowed("llm"),
    }
    headers = {"x-request-id": asked.request_id}
    return _told(await client.post("/v1/complete", json=body, headers=headers), "delta", TEXT)


async def _transcribe(client: httpx.AsyncClient, asked: Asked) -> Got:
    answer = await client.post("/v1/transcribe", content=wav(0.5), headers=asked.headers("stt"))
    return _told(answer, "transcript", TRANSCRIPT)


async def sound(client: httpx.AsyncClient, path: str, body: dict[str, Any], headers: dict[str, str]) -> Got:
    """Of an answer of bare sound, which has no other way to say that it broke than to lack its end."""
    size = 0
    async with client.stream("POST", path, json=body, headers=headers) as answer:
        if answer.status_code != 200:
            await answer.aread()
        if (refusal := refusal_of(answer)) is not None:
            return refusal
        try:
            async for piece in answer.aiter_bytes():
                size += len(piece)
        except httpx.RemoteProtocolError:
            return got(answer, CUT_OFF if 0 < size < SOUND else f"{size} bytes, then the connection is cut")
        return got(answer, WHOLE if size == SOUND else f"{size} bytes")


async def _synthesize(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {"text": "hi", "intent": {"language": "en"}, "constraints": asked.allowed("tts")}
    headers = {"x-request-id": asked.request_id, "accept": "audio/pcm;rate=24000"}
    return await sound(client, "/v1/synthesize", body, headers)


OWN_ENDS: tuple[End, ...] = (
    End("/v1/transcribe", "stt", _transcribe, "500 TRANSCRIBE_FAILED", "400 INVALID_AUDIO", ERROR_EVENT),
    End("/v1/synthesize", "tts", _synthesize, "500 SYNTHESIZE_FAILED", "400 VALIDATION_ERROR", CUT_OFF),
    End("/v1/complete", "llm", _complete, "500 COMPLETE_FAILED", "400 VALIDATION_ERROR", ERROR_EVENT),
)
