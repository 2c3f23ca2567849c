"""What a server is sent: the messages, encoded.

Source: the Realtime API's reference of client events. Messages that a server may refuse without harm carry an id that
says what they were for, because an error names the message it is about.
"""

import itertools
from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import pybase64

from speko.providers.openai_realtime.facts import RealtimeFacts
from speko.providers.s2s import AssistantSaid, HistoryItem, S2sRequest, ToolAnswered, ToolCalled, UserSaid

_encode = msgspec.json.encode
_APPEND = b'{"type":"input_audio_buffer.append","audio":"'
_END = b'"}'
_CONTINUE = (
    "Your last message in this conversation was cut off in the middle. Go on exactly after its last word, as if there "
    "had been no pause. Do not repeat anything of it, do not greet, and do not mention the interruption."
)
_count = itertools.count(1)

Purpose = Literal["setup", "configure", "history", "commit", "clear", "cancel", "truncate", "say", "result", "respond"]


def append_audio(pcm: bytes) -> bytes:
    """The user's next sound."""
    return b"".join((_APPEND, pybase64.b64encode(pcm), _END))


def session_update(request: S2sRequest, facts: RealtimeFacts) -> bytes:
    """The settings of the session. A temperature is not among them: GA has no such member, and refuses unknown ones."""
    return _message("session.update", "setup", session=_session(request, facts))


def _session(request: S2sRequest, facts: RealtimeFacts) -> dict[str, Any]:
    flat = facts.session_form == "flat"
    hears: dict[str, Any] = {"format": {"type": "audio/pcm", "rate": request.input_rate}}
    speaks: dict[str, Any] = {"format": {"type": "audio/pcm", "rate": request.output_rate}}
    session: dict[str, Any] = {"audio": {"input": hears, "output": speaks}}
    transcription = _transcription(request, facts)
    if transcription:
        hears["transcription"] = transcription
    if flat:
        session["turn_detection"] = None if request.manual_turns else {"type": "server_vad"}
    else:
        session |= {"type": "realtime", "model": request.model, "output_modalities": ["audio"]}
        vad = {"type": "server_vad", "create_response": True, "interrupt_response": True}
        hears["turn_detection"] = None if request.manual_turns else vad
    if request.voice is not None:
        (session if flat else speaks)["voice"] = request.voice
    if request.system_prompt is not None:
        session["instructions"] = request.system_prompt
    if request.tools:
        session["tools"] = _tools(request)
        if not flat:
            session["tool_choice"] = "auto"
    return session


def configure(request: S2sRequest, facts: RealtimeFacts, *, instructed: bool) -> bytes:
    """Other instructions and tools for a session that is set up: both, since the server may have refused what it was
    told before. What an update lacks stays as it is: the server's own instructions, where the session had none yet (not
    `instructed`), and the voice, which servers refuse to change in a session that has spoken."""
    session: dict[str, Any] = {"tools": _tools(request)}
    if instructed or request.system_prompt is not None:
        session["instructions"] = request.system_prompt or ""
    if facts.session_form == "nested":
        session["type"] = "realtime"
    return _message("session.update", "configure", session=session)


def _tools(request: S2sRequest) -> list[dict[str, Any]]:
    return [
        {"type": "function", "name": tool.name, "description": tool.description, "parameters": tool.parameters}
        for tool in request.tools
    ]


def _transcription(request: S2sRequest, facts: RealtimeFacts) -> dict[str, str]:
    settings = {"model": facts.transcriber} if facts.transcriber else {}
    code = (request.language or "").split("-", 1)[0].lower()
    if len(code) in (2, 3):  # ISO 639; words such as `multi` mean that it is to be found out
        settings[facts.language_field] = code
    return settings


def item_of(part: HistoryItem) -> dict[str, Any]:
    """A part of the conversation so far."""
    match part:
        case UserSaid(text):
            return user_message(text)
        case AssistantSaid(text):
            return {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": text}]}
        case ToolCalled(call_id, name, arguments):
            return {"type": "function_call", "call_id": call_id, "name": name, "arguments": arguments}
        case ToolAnswered(call_id, output, failed):
            return tool_result(call_id, output, failed=failed)


def user_message(text: str) -> dict[str, Any]:
    """Something that the user said or typed."""
    return {"type": "message", "role": "user", "content": [{"type": "input_text", "text": text}]}


def tool_result(call_id: str, output: str, *, failed: bool) -> dict[str, Any]:
    """What a tool gave."""
    if failed:
        output = f"The tool failed: {output}" if output else "The tool failed."
    return {"type": "function_call_output", "call_id": call_id, "output": output}


def create_item(event_id: str, item: dict[str, Any]) -> bytes:
    """Adds an item to the conversation."""
    return _encode({"type": "conversation.item.create", "event_id": event_id, "item": item})


def respond(instructions: str | None = None) -> bytes:
    """Asks for a response. Instructions of a response replace those of the session."""
    if instructions:
        return _message("response.create", "respond", response={"instructions": instructions})
    return _message("response.create", "respond")


def continue_answer(system_prompt: str | None) -> bytes:
    """Asks for the rest of the last message. Whether a vendor obeys is not verified against a real one."""
    instructions = f"{system_prompt}\n\n{_CONTINUE}" if system_prompt else _CONTINUE
    return respond(instructions)


def commit(event_id: str) -> bytes:
    """Makes an item of the audio so far."""
    return _encode({"type": "input_audio_buffer.commit", "event_id": event_id})


def clear() -> bytes:
    """Forgets the audio that is in no item yet."""
    return _message("input_audio_buffer.clear", "clear")


def cancel(response_id: str) -> bytes:
    """Stops a response."""
    return _message("response.cancel", "cancel", response_id=response_id)


def truncate(item_id: str, audio_end_ms: int) -> bytes:
    """Cuts a spoken item to what was heard."""
    return _message("conversation.item.truncate", "truncate", item_id=item_id, content_index=0,
                    audio_end_ms=audio_end_ms)  # fmt: skip


def texts(request: S2sRequest) -> Sequence[str]:
    """The caller's own words in a request, which no error may repeat."""
    found = [request.system_prompt or ""]
    for tool in request.tools:
        found.append(tool.description)
    for item in request.history:
        match item:
            case UserSaid(text) | AssistantSaid(text):
                found.append(text)
            case ToolCalled():
                found.append(item.arguments)
            case ToolAnswered():
                found.append(item.output)
    return found


def _message(kind: str, purpose: Purpose, **members: Any) -> bytes:
    return _encode({"type": kind, "event_id": new_id(purpose), **members})


def new_id(purpose: Purpose) -> str:
    """An id for a message, and for the item that it makes."""
    return f"{purpose}_{next(_count)}"


def purpose_of(event_id: str | None) -> str:
    """What the message of that id was for; empty where the id is none of ours."""
    return event_id.partition("_")[0] if event_id else ""
