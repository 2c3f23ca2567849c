"""What the OpenAPI document says of the doors."""

from typing import Any

from litestar.openapi.datastructures import ResponseSpec
from msgspec import Struct

from speko.api.body import ALSO_ANSWERS, BODY, OPERATION
from speko.api.openai.chat_answer import ChatCompletion
from speko.api.openai.chat_body import ChatBody
from speko.api.openai.speech_body import SpeechBody
from speko.api.openai.transcription_answer import Transcription
from speko.api.openapi import ERROR_TEXT, SESSION_HEADER


class DoorError(Struct, frozen=True):
    """An error in the form of OpenAI's API."""

    message: str
    """For people."""
    type: str
    """`invalid_request_error`, `rate_limit_error`, `insufficient_quota` or `server_error`."""
    param: str | None
    """The member that is at fault."""
    code: str | None
    """For machines."""


class DoorEnvelope(Struct, frozen=True):
    """Every answer of these paths that is not a success."""

    error: DoorError


def _errors(*statuses: int) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(DoorEnvelope, generate_examples=False, description=ERROR_TEXT[status])
        for status in statuses
    }


def _ok(kind: type, description: str, media_type: str = "application/json") -> ResponseSpec:
    return ResponseSpec(kind, media_type=media_type, generate_examples=False, description=description)


_ROUTED = (400, 401, 402, 404, 413, 429, 500)
TAG = ["OpenAI's API"]

_HEADERS = [
    {
        "name": "X-Speko-Intent",
        "in": "header",
        "description": "`language`, `region` and `optimizeFor` as JSON; each of them may be missing.",
        "schema": {"type": "string", "examples": ['{"language":"de","optimizeFor":"latency"}']},
    },
    {
        "name": "X-Speko-Constraints",
        "in": "header",
        "description": "Pipeline constraints as JSON.",
        "schema": {"type": "string"},
    },
    SESSION_HEADER,
]
_FORM: dict[str, Any] = {
    "required": True,
    "content": {
        "multipart/form-data": {
            "schema": {
                "type": "object",
                "required": ["file", "model"],
                "properties": {
                    "file": {"type": "string", "format": "binary", "description": "The recording."},
                    "model": {"type": "string", "description": "`auto`, `auto:latency`, `vendor:model` or a name."},
                    "language": {
                        "type": "string",
                        "description": "BCP-47, or `auto` to let the vendor find out; else the intent's, else `en`.",
                    },
                    "languages[]": {
                        "type": "array",
                        "items": {"type": "string"},
                        "description": "Of several, the first counts for routing, and the vendor finds out.",
                    },
                    "prompt": {"type": "string", "description": "Words to expect, to models that take some."},
                    "keywords[]": {"type": "array", "maxItems": 200, "items": {"type": "string"}},
                    "response_format": {"enum": ["json", "text", "verbose_json"], "default": "json"},
                    "stream": {"type": "boolean", "default": False},
                    "temperature": {"type": "number", "minimum": 0, "maximum": 1, "description": "Not passed on."},
                },
            }
        }
    },
}

CHAT: dict[str, Any] = {
    "summary": "Chat completions, as OpenAI's API has them",
    "tags": TAG,
    "opt": {BODY: ChatBody, OPERATION: {"parameters": _HEADERS}, ALSO_ANSWERS: ("text/event-stream",)},
    "responses": {200: _ok(ChatCompletion, "The answer; with `stream` server-sent events"), **_errors(*_ROUTED)},
}
LIST_MODELS: dict[str, Any] = {"summary": "Names of models", "tags": TAG, "responses": _errors(401, 429)}
ONE_MODEL: dict[str, Any] = {"summary": "One model", "tags": TAG, "responses": _errors(401, 404, 429)}
TRANSCRIBE: dict[str, Any] = {
    "summary": "Transcriptions, as OpenAI's API has them",
    "tags": TAG,
    "opt": {
        OPERATION: {"parameters": _HEADERS, "requestBody": _FORM},
        ALSO_ANSWERS: ("text/plain", "text/event-stream"),
    },
    "responses": {
        200: _ok(Transcription, "The transcript; plain text or server-sent events when asked for"),
        **_errors(*_ROUTED),
    },
}
SPEECH: dict[str, Any] = {
    "summary": "Speech, as OpenAI's API has it",
    "tags": TAG,
    "opt": {
        BODY: SpeechBody,
        OPERATION: {"parameters": _HEADERS},
        ALSO_ANSWERS: ("audio/wav", "audio/pcm", "audio/ogg", "audio/aac", "audio/flac", "text/event-stream"),
    },
    "responses": {
        200: _ok(bytes, "Audio; with `stream_format` `sse` server-sent events", "audio/mpeg"),
        **_errors(*_ROUTED),
    },
}
