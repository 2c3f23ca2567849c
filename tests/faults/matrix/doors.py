"""The doors of OpenAI's API: how each is called, in both of its forms, and what it looks like when things go well or
wrong. The realtime door is in `engine.py`.

A new endpoint or door is a row of `HTTP_ENDS`.
"""

import base64
import json
from typing import Any

import httpx

from tests.api.test_transcribe import wav
from tests.faults.matrix.ends import (
    CUT_OFF,
    ERROR_EVENT,
    OWN_ENDS,
    SILENCE,
    SOUND,
    TEXT,
    TRANSCRIPT,
    WHOLE,
    Asked,
    End,
    Got,
    begun,
    got,
    refusal_of,
    same,
    sound,
)

_SPEECH = {"model": "auto", "input": "hi", "voice": "alloy", "response_format": "pcm"}
_CHAT = {"model": "auto", "messages": [{"role": "user", "content": "hi"}]}


def _data(answer: httpx.Response) -> list[str]:
    """The data of each event; fails on anything but lines of data with a blank one behind each."""
    *blocks, rest = answer.text.split("\n\n")
    assert rest == "", f"an event without an end: {rest!r}"
    assert all(block.startswith("data: ") and "\n" not in block for block in blocks), blocks
    return [block.removeprefix("data: ") for block in blocks]


def _typed(answer: httpx.Response, done: str) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The deltas of an answer in events, and its end, which is there once and behind them all."""
    *deltas, last = [json.loads(data) for data in _data(answer)]
    assert "error" in last or last["type"] == done, last
    assert all(delta["type"] == done.replace("done", "delta") for delta in deltas), deltas
    return deltas, last


async def _speech(client: httpx.AsyncClient, asked: Asked) -> Got:
    return await sound(client, "/v1/audio/speech", _SPEECH, asked.headers("tts"))


async def _speech_streamed(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {**_SPEECH, "stream_format": "sse"}
    answer = await client.post("/v1/audio/speech", json=body, headers=asked.headers("tts"))
    if (refusal := refusal_of(answer)) is not None:
        return refusal
    deltas, last = _typed(answer, "speech.audio.done")
    size = sum(len(base64.b64decode(delta["audio"], validate=True)) for delta in deltas)
    if "error" in last:
        return got(answer, ERROR_EVENT if 0 < size < SOUND else f"{size} bytes, then an error event")
    return got(answer, WHOLE if size == SOUND else f"{size} bytes")


async def _chat(client: httpx.AsyncClient, asked: Asked) -> Got:
    answer = await client.post("/v1/chat/completions", json=_CHAT, headers=asked.headers("llm"))
    if (refusal := refusal_of(answer)) is not None:
        return refusal
    return got(answer, same(answer.json()["choices"][0]["message"]["content"], TEXT))


async def _chat_streamed(client: httpx.AsyncClient, asked: Asked) -> Got:
    body = {**_CHAT, "stream": True}
    answer = await client.post("/v1/chat/completions", json=body, headers=asked.headers("llm"))
    if (refusal := refusal_of(answer)) is not None:
        return refusal
    *told, last = _data(answer)
    choices = [choice for data in told for choice in json.loads(data)["choices"]]
    said = "".join([choice["delta"].get("content") or "" for choice in choices])
    reasons = [choice["finish_reason"] for choice in choices if choice["finish_reason"] is not None]
    if last != "[DONE]":
        assert "error" in json.loads(last), last
        assert reasons == [], "an answer that broke off has ended as well"
        return got(answer, begun(said, TEXT))
    assert reasons == ["stop"], reasons
    return got(answer, same(said, TEXT))


async def _post_recording(client: httpx.AsyncClient, asked: Asked, **form: str) -> httpx.Response:
    file = {"file": ("words.wav", wav(0.5), "audio/wav")}
    form = {"model": "auto", **form}
    return await client.post("/v1/audio/transcriptions", data=form, files=file, headers=asked.headers("stt"))


async def _transcription(client: httpx.AsyncClient, asked: Asked) -> Got:
    answer = await _post_recording(client, asked)
    if (refusal := refusal_of(answer)) is not None:
        return refusal
    text = answer.json()["text"]
    return got(answer, SILENCE if text == "" else same(text, TRANSCRIPT))


async def _transcription_streamed(client: httpx.AsyncClient, asked: Asked) -> Got:
    answer = await _post_recording(client, asked, stream="true")
    if (refusal := refusal_of(answer)) is not None:
        return refusal
    deltas, last = _typed(answer, "transcript.text.done")
    said = "".join([delta["delta"] for delta in deltas])
    if "error" in last:
        return got(answer, begun(said, TRANSCRIPT))
    assert last["text"] == said, "the end tells something else than the deltas"
    return got(answer, SILENCE if said == "" else same(said, TRANSCRIPT))


_STT = ("500 server_error transcribe_failed", "400 invalid_request_error invalid_audio")
_LLM = ("500 server_error complete_failed", "400 invalid_request_error None")
_TTS = ("500 server_error synthesize_failed", "400 invalid_request_error None")
HTTP_ENDS: tuple[End, ...] = (
    *OWN_ENDS,
    End("/v1/chat/completions", "llm", _chat, *_LLM),
    End("/v1/chat/completions, streamed", "llm", _chat_streamed, *_LLM, ERROR_EVENT),
    End("/v1/audio/transcriptions", "stt", _transcription, *_STT),
    End("/v1/audio/transcriptions, streamed", "stt", _transcription_streamed, *_STT, ERROR_EVENT),
    End("/v1/audio/speech", "tts", _speech, *_TTS, CUT_OFF),
    End("/v1/audio/speech, in events", "tts", _speech_streamed, *_TTS, ERROR_EVENT),
)
