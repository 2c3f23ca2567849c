"""The endpoints and doors: how each is called, and what it looks like when things go well or wrong.

A new door is a row of `HTTP_ENDS`.
"""

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
SCRIPT = Script(
    text="one two three four five six",
    transcript="hello there you",
    audio_ms=1000,
    realtime=RealtimeScript(answers=(ANSWER,), transcripts=("what",), pace=20.0, delta_ms=20, in_step=True),
)
SOUND = 1000 * 24 * 2
"""Bytes of PCM of the whole answer, at 24 kHz."""
SAID = {"llm": SCRIPT.text, "stt": SCRIPT.transcript}
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


def _got(answer: httpx.Response, what: str) -> Got:
    return Got(what, answer.headers.get("x-speko-provider"))


def _refusal(answer: httpx.Response) -> Got | None:
    """An error of the gateway, in either of its two shapes."""
    if answer.status_code == 200:
        return None
    body = answer.json()
    if isinstance(body["error"], dict):
        return Got(f"{answer.status_code} {body['error']['type']} {body['error']['code']}")
    return Got(f"{answer.status_code} {body['code']}")


def _same(said: str, wanted: str | None) -> str:
    return WHOLE if said == wanted else f"other words: {said!r}"


def _told(answer: httpx.Response, wanted: str | None) -> Got:
    """Of a stream of our own events: one head, and one end after which nothing comes."""
    if (refusal := _refusal(answer)) is not None:
        return refusal
    told = events(answer.text)
    names = [name for name, _ in told]
    ends = [name for name in names if name in ("done", "error")]
    if names[0] != "meta" or len(ends) != 1 or names[-1] != ends[0]:
        return _got(answer, f"events out of order: {names}")
    if ends == ["error"]:
        return _got(answer, ERROR_EVENT)
    text = told[-1][1]["text"]
    return _got(answer, SILENCE if text == "" else _same(text, wanted))


async def _complete(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {
        "messages": [{"role": "user", "content": "hi"}],
        "intent": {"language": "en"},
        "constraints": asked.allowed("llm"),
    }
    headers = {"x-request-id": asked.request_id}
    return _told(await client.post("/v1/complete", json=body, headers=headers), SCRIPT.text)


async def _transcribe(client: httpx.AsyncClient, asked: Asked) -> Got:
    answer = await client.post("/v1/transcribe", content=wav(0.5), headers=asked.headers("stt"))
    return _told(answer, SCRIPT.transcript)


async def _sound(client: httpx.AsyncClient, path: str, body: dict[str, Any], headers: dict[str, str]) -> Got:
    """Of an answer of bare sound, which has no other way to say that it broke than to lack its end."""
    size = 0
    async with client.stream("POST", path, json=body, headers=headers) as answer:
        if answer.status_code != 200:
            await answer.aread()
        if (refusal := _refusal(answer)) is not None:
            return refusal
        try:
            async for piece in answer.aiter_bytes():
                size += len(piece)
        except httpx.RemoteProtocolError:
            return _got(answer, CUT_OFF if 0 < size < SOUND else f"{size} bytes, then the connection is cut")
        return _got(answer, WHOLE if size == SOUND else f"{size} bytes")


async def _synthesize(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {"text": "hi", "intent": {"language": "en"}, "constraints": asked.allowed("tts")}
    headers = {"x-request-id": asked.request_id, "accept": "audio/pcm;rate=24000"}
    return await _sound(client, "/v1/synthesize", body, headers)


async def _speech(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {"model": "auto", "input": "hi", "voice": "alloy", "response_format": "pcm"}
    return await _sound(client, "/v1/audio/speech", body, asked.headers("tts"))


async def _chat(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}
    answer = await client.post("/v1/chat/completions", json=body, headers=asked.headers("llm"))
    if (refusal := _refusal(answer)) is not None:
        return refusal
    return _got(answer, _same(answer.json()["choices"][0]["message"]["content"], SCRIPT.text))


async def _chat_streamed(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {"model": "auto", "messages": [{"role": "user", "content": "hi"}], "stream": True}
    answer = await client.post("/v1/chat/completions", json=body, headers=asked.headers("llm"))
    if (refusal := _refusal(answer)) is not None:
        return refusal
    told = [line.removeprefix("data: ") for line in answer.text.split("\n\n") if line]
    chunks = [json.loads(line) for line in told if line != "[DONE]"]
    if "error" in chunks[-1]:
        alone = sum("error" in chunk for chunk in chunks) == 1 and "[DONE]" not in told
        return _got(answer, ERROR_EVENT if alone else f"events out of order: {told}")
    said = "".join(choice["delta"].get("content") or "" for chunk in chunks for choice in chunk["choices"])
    if told[-1] != "[DONE]" or told.count("[DONE]") != 1:
        return _got(answer, f"events out of order: {told}")
    return _got(answer, _same(said, SCRIPT.text))


async def _transcription(client: httpx.AsyncClient, asked: Asked) -> Got:
    file = {"file": ("words.wav", wav(0.5), "audio/wav")}
    answer = await client.post(
        "/v1/audio/transcriptions", data={"model": "auto"}, files=file, headers=asked.headers("stt")
    )
    if (refusal := _refusal(answer)) is not None:
        return refusal
    text = answer.json()["text"]
    return _got(answer, SILENCE if text == "" else _same(text, SCRIPT.transcript))


HTTP_ENDS: tuple[End, ...] = (
    End("/v1/transcribe", "stt", _transcribe, "500 TRANSCRIBE_FAILED", "400 INVALID_AUDIO", ERROR_EVENT),
    End("/v1/synthesize", "tts", _synthesize, "500 SYNTHESIZE_FAILED", "400 VALIDATION_ERROR", CUT_OFF),
    End("/v1/complete", "llm", _complete, "500 COMPLETE_FAILED", "400 VALIDATION_ERROR", ERROR_EVENT),
    End(
        "/v1/chat/completions",
        "llm",
        _chat,
        "500 server_error complete_failed",
        "400 invalid_request_error None",
    ),
    End(
        "/v1/chat/completions, streamed",
        "llm",
        _chat_streamed,
        "500 server_error complete_failed",
        "400 invalid_request_error None",
        ERROR_EVENT,
    ),
    End(
        "/v1/audio/transcriptions",
        "stt",
        _transcription,
        "500 server_error transcribe_failed",
        "400 invalid_request_error invalid_audio",
    ),
    End(
        "/v1/audio/speech",
        "tts",
        _speech,
        "500 server_error synthesize_failed",
        "400 invalid_request_error None",
        CUT_OFF,
    ),
)
