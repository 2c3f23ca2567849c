"""Events as a server sends them, with every member that the reference has for them."""

import base64
import itertools
from typing import Any

Event = dict[str, Any]
_ids = itertools.count(1)


def event(kind: str, **members: Any) -> Event:
    """Any event."""
    return {"type": kind, "event_id": f"event_{next(_ids)}", **members}


def session(kind: str = "session.created", **members: Any) -> Event:
    """`session.created` or `session.updated`."""
    vad = {"type": "server_vad", "prefix_padding_ms": 300, "silence_duration_ms": 500, **members}
    hears = {"format": {"type": "audio/pcm", "rate": 24000}, "turn_detection": vad}
    return event(kind, session={"type": "realtime", "model": "gpt-realtime", "audio": {"input": hears}})


def error(message: str, *, type: str = "invalid_request_error", code: str | None = None,
          event_id: str | None = None, param: str | None = None) -> Event:  # fmt: skip
    """Something went wrong."""
    return event("error", error={"message": message, "type": type, "code": code, "event_id": event_id, "param": param})


def speech_started(at_ms: int, item: str = "item_user") -> Event:
    """The user speaks."""
    return event("input_audio_buffer.speech_started", audio_start_ms=at_ms, item_id=item)


def speech_stopped(at_ms: int, item: str = "item_user") -> Event:
    """The user has spoken."""
    return event("input_audio_buffer.speech_stopped", audio_end_ms=at_ms, item_id=item)


def transcript_delta(text: str, item: str = "item_user") -> Event:
    """More words of the user."""
    return event("conversation.item.input_audio_transcription.delta", item_id=item, content_index=0, delta=text)


def transcript(text: str, item: str = "item_user") -> Event:
    """All words of the user."""
    usage = {"type": "duration", "seconds": 1.0}
    kind = "conversation.item.input_audio_transcription.completed"
    return event(kind, item_id=item, content_index=0, transcript=text, usage=usage)


def transcript_failed(item: str = "item_user") -> Event:
    """No words of the user."""
    kind = "conversation.item.input_audio_transcription.failed"
    return event(kind, item_id=item, content_index=0, error={"message": "audio unintelligible"})


def created(response: str = "resp_1") -> Event:
    """A response begins."""
    return event("response.created", response={"id": response, "object": "realtime.response",
                                               "status": "in_progress", "output": []})  # fmt: skip


def audio(pcm: bytes, response: str = "resp_1", item: str = "item_1") -> Event:
    """The next sound."""
    return _part("response.output_audio.delta", response, item, delta=base64.b64encode(pcm).decode())


def spoken(text: str, response: str = "resp_1", item: str = "item_1") -> Event:
    """The next words of what is spoken."""
    return _part("response.output_audio_transcript.delta", response, item, delta=text)


def spoken_done(text: str, response: str = "resp_1", item: str = "item_1") -> Event:
    """All words of an item."""
    return _part("response.output_audio_transcript.done", response, item, transcript=text)


def written(text: str, response: str = "resp_1", item: str = "item_1") -> Event:
    """The next words of what is only written."""
    return _part("response.output_text.delta", response, item, delta=text)


def arguments(call: str, name: str, text: str, response: str = "resp_1") -> Event:
    """A call of a tool is complete."""
    return event("response.function_call_arguments.done", response_id=response, item_id=f"item_{call}",
                 output_index=0, call_id=call, name=name, arguments=text)  # fmt: skip


def call_item(call: str, name: str, text: str) -> Event:
    """The item of a call."""
    return {"id": f"item_{call}", "type": "function_call", "status": "completed", "call_id": call, "name": name,
            "arguments": text}  # fmt: skip


def item_done(item: Event, response: str = "resp_1") -> Event:
    """An item is complete."""
    return event("response.output_item.done", response_id=response, output_index=0, item=item)


def usage(**members: int) -> Event:
    """Tokens: `input`, `output`, `input_audio`, `output_audio`, `cached`, `cached_audio`."""
    get = members.get
    return {
        "total_tokens": get("input", 0) + get("output", 0),
        "input_tokens": get("input", 0),
        "output_tokens": get("output", 0),
        "input_token_details": {
            "text_tokens": get("input", 0) - get("input_audio", 0),
            "audio_tokens": get("input_audio", 0),
            "cached_tokens": get("cached", 0),
            "cached_tokens_details": {
                "text_tokens": get("cached", 0) - get("cached_audio", 0),
                "audio_tokens": get("cached_audio", 0),
            },
        },
        "output_token_details": {
            "text_tokens": get("output", 0) - get("output_audio", 0),
            "audio_tokens": get("output_audio", 0),
        },
    }


def done(response: str = "resp_1", status: str = "completed", **members: Any) -> Event:
    """A response is over."""
    return event("response.done", response={"id": response, "object": "realtime.response", "status": status,
                                            "output": [], **members})  # fmt: skip


def failed(response: str = "resp_1", **why: str) -> Event:
    """A response is over without success; `type`, `code`, `message`."""
    return done(response, "failed", status_details={"type": "failed", "error": {"type": "", "code": None, **why}})


def _part(kind: str, response: str, item: str, **members: Any) -> Event:
    return event(kind, response_id=response, item_id=item, output_index=0, content_index=0, **members)
