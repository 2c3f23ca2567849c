"""The text frames of the S2S socket, both ways. Audio travels beside them as binary frames: PCM16 little-endian mono.

Source: contract, S2S WebSocket 3 to 5.
"""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct

Role = Literal["user", "assistant"]
Stage = Literal[
    "speech_started",
    "speech_ended",
    "stt_final",
    "llm_first_token",
    "tts_first_byte",
    "first_audio",
    "response_done",
]
EndReason = Literal[
    "expired", "idle_timeout", "agent_ended", "insufficient_credits", "limit_reached", "server_shutdown"
]


class Ready(Struct, frozen=True, rename="camel", tag_field="t", tag="ready", omit_defaults=True):
    """The engine is there. First frame of each socket. Rates in Hz, final.

    A client that is back is told what came from it over all sockets of the session, so that it can send the rest. One
    that counts, too, answers with `received` before anything else.
    """

    input_sample_rate: int
    output_sample_rate: int
    received_audio_bytes: int | None = None
    received_text_frames: int | None = None


class TranscriptFrame(Struct, frozen=True, tag_field="t", tag="transcript"):
    """Words of one utterance so far; never empty."""

    role: Role
    text: str
    final: bool


class ToolCallFrame(Struct, frozen=True, rename="camel", tag_field="t", tag="tool_call"):
    """The client runs a tool and answers with `tool_result`. `arguments` is JSON text."""

    call_id: str
    name: str
    arguments: str


class ServerToolCallFrame(Struct, frozen=True, tag_field="t", tag="server_tool_call"):
    """A tool that the gateway runs; nothing to answer."""

    id: str
    name: str
    status: Literal["started", "completed", "failed"]


class UsageFrame(Struct, frozen=True, rename="camel", tag_field="t", tag="usage"):
    """Audio tokens of one response; clients add them up."""

    input_audio_tokens: int
    output_audio_tokens: int


class InterruptionFrame(Struct, frozen=True, tag_field="t", tag="interruption"):
    """The response is over: the client drops what it has not played."""

    at: Role


class ErrorFrame(Struct, frozen=True, tag_field="t", tag="error"):
    """Something went wrong; fatal when the socket closes after it."""

    code: str
    message: str


class TurnFrame(Struct, frozen=True, tag_field="t", tag="turn", omit_defaults=True):
    """A stage of a turn as it happens. `ms` counts from the user's end of speech, and is negative before it."""

    stage: Stage
    ms: int
    provider: str | None = None
    model: str | None = None


class EndFrame(Struct, frozen=True, tag_field="t", tag="end"):
    """The gateway ends the session; last frame."""

    reason: EndReason


ServerFrame = (
    Ready
    | TranscriptFrame
    | ToolCallFrame
    | ServerToolCallFrame
    | UsageFrame
    | InterruptionFrame
    | ErrorFrame
    | TurnFrame
    | EndFrame
)


class Control(Struct, frozen=True, tag_field="t", tag="control"):
    """`commit` and `end_turn`: the user's turn is over; `clear`: forget what was not committed."""

    action: Literal["commit", "end_turn", "clear"]


class Interrupt(Struct, frozen=True, tag_field="t", tag="interrupt"):
    """Stop the response."""


class ToolResult(Struct, frozen=True, rename="camel", tag_field="t", tag="tool_result"):
    """Answer to a `tool_call`; an output that is no string is sent on as JSON."""

    call_id: str
    output: Any

    @property
    def output_text(self) -> str:
        """`output` as the engine gets it."""
        return self.output if isinstance(self.output, str) else msgspec.json.encode(self.output).decode()


class UserMessage(Struct, frozen=True, tag_field="t", tag="user_message", omit_defaults=True):
    """Typed text, answered like speech."""

    text: str
    instructions: str | None = None
    """For this one answer, in place of the session's. With them `text` may be empty: the assistant speaks by itself."""


Count = Annotated[int, Meta(ge=0, le=2**53)]


class Played(Struct, frozen=True, rename="camel", tag_field="t", tag="played"):
    """Milliseconds of the current response that were played so far."""

    ms: float
    received_audio_bytes: Count | None = None
    """What had come by then, over all sockets: the current response is the newest of which that holds something."""


class Received(Struct, frozen=True, rename="camel", tag_field="t", tag="received"):
    """What has come to a client that is back, over all sockets of the session; of text frames, all but `ready`. It
    plays on what it has, and gets the rest."""

    audio_bytes: Count
    text_frames: Count


ClientFrame = Control | Interrupt | ToolResult | UserMessage | Played | Received
_decoder = msgspec.json.Decoder(ClientFrame)
_encoder = msgspec.json.Encoder()


def decode_client_frame(data: bytes | memoryview | str) -> ClientFrame:
    """A client's text frame.

    Raises:
        ValueError: it is not JSON, or not a frame that this gateway knows. The text is for people, and holds nothing of
            the frame's words.
    """
    try:
        frame: ClientFrame = _decoder.decode(data)
        if isinstance(frame, ToolResult) and not isinstance(frame.output, str):
            # Now, while it can still be refused: what can just be read may be nested too deeply to be written again.
            frame = ToolResult(frame.call_id, frame.output_text)
    except (msgspec.DecodeError, RecursionError) as error:
        raise ValueError(_explained(error)) from None
    return frame


def _explained(error: Exception) -> str:
    if not isinstance(error, msgspec.ValidationError):
        return "not JSON"
    text = str(error)
    if text.startswith("Invalid"):  # it quotes what the client sent
        return "unknown action" if text.endswith("`$.action`") else "unknown t"
    return text


_server_decoder = msgspec.json.Decoder(ServerFrame)


def decode_server_frame(data: bytes) -> ServerFrame:
    """A frame of ours, for a link that does not send it as it is."""
    frame: ServerFrame = _server_decoder.decode(data)
    return frame


def encode_server_frame(frame: ServerFrame) -> bytes:
    """A frame as the text that goes over the wire."""
    return _encoder.encode(frame)
