"""What a server sends: the events that matter here, as types, and their decoding.

Source: the Realtime API's reference of server events. Everything that is not needed is absent, and everything that a
server might leave out has a default, because servers that speak the protocol vary in that.
"""

import msgspec
from msgspec import Struct

from speko.providers.errors import MalformedResponse


class _Event(Struct, tag_field="type", gc=False):
    """An event of plain values."""


class _Record(Struct, tag_field="type"):
    """An event that holds other objects."""


# ---- the session


class TurnDetection(Struct, frozen=True, gc=False):
    """How the server detects turns, in ms."""

    prefix_padding_ms: int | None = None
    silence_duration_ms: int | None = None


class _Input(Struct, frozen=True):
    turn_detection: TurnDetection | None = None


class _Audio(Struct, frozen=True):
    input: _Input | None = None


class Session(Struct, frozen=True):
    """The session as the server set it up."""

    audio: _Audio | None = None
    turn_detection: TurnDetection | None = None

    @property
    def detection(self) -> TurnDetection | None:
        """Wherever it stands."""
        return (self.audio and self.audio.input and self.audio.input.turn_detection) or self.turn_detection


class SessionCreated(_Record, tag="session.created"):
    """The server is there."""


class ConversationCreated(_Record, tag="conversation.created"):
    """The first event of some servers."""


class SessionUpdated(_Record, tag="session.updated"):
    """The server has accepted the settings."""

    session: Session = Session()


# ---- the user's side


class SpeechStarted(_Event, tag="input_audio_buffer.speech_started"):
    """`audio_start_ms`: position in all audio that was sent, padding before the speech included."""

    audio_start_ms: int | None = None


class SpeechStopped(_Event, tag="input_audio_buffer.speech_stopped"):
    """`audio_end_ms`: position in all audio that was sent, the silence after the speech included."""

    audio_end_ms: int | None = None


class Committed(_Event, tag="input_audio_buffer.committed"):
    """The audio so far has become an item of the conversation."""


class TranscriptDelta(_Event, tag="conversation.item.input_audio_transcription.delta"):
    """The next words of the user."""

    item_id: str = ""
    delta: str | None = None


class TranscriptCompleted(_Event, tag="conversation.item.input_audio_transcription.completed"):
    """All words of an utterance of the user."""

    item_id: str = ""
    transcript: str = ""


class TranscriptFailed(_Event, tag="conversation.item.input_audio_transcription.failed"):
    """An utterance could not be written down."""

    item_id: str = ""


# ---- items


class ItemId(Struct, frozen=True, gc=False):
    """An item, of which nothing but the id matters."""

    id: str | None = None


class ItemAdded(_Record, tag="conversation.item.added"):
    """The server has an item."""

    item: ItemId = ItemId()


class ItemCreated(_Record, tag="conversation.item.created"):
    """The same, in the words of other servers."""

    item: ItemId = ItemId()


# ---- responses


class Item(Struct, frozen=True, gc=False):
    """An item of a conversation, as far as function calls need it."""

    type: str = ""
    call_id: str | None = None
    name: str | None = None
    arguments: str | None = None


class ErrorBody(Struct, frozen=True, gc=False):
    """What went wrong."""

    message: str | None = None
    type: str | None = None
    code: str | int | None = None
    param: str | None = None
    event_id: str | None = None
    """Id of the client event that it is about."""


class _Status(Struct, frozen=True):
    error: ErrorBody | None = None


class _Cached(Struct, frozen=True, gc=False):
    audio_tokens: int | None = None


class _InputTokens(Struct, frozen=True):
    audio_tokens: int | None = None
    cached_tokens: int | None = None
    cached_tokens_details: _Cached | None = None


class _OutputTokens(Struct, frozen=True, gc=False):
    audio_tokens: int | None = None


class Tokens(Struct, frozen=True):
    """Tokens of one response."""

    input_tokens: int | None = None
    output_tokens: int | None = None
    input_token_details: _InputTokens | None = None
    output_token_details: _OutputTokens | None = None

    @property
    def counted(self) -> bool:
        """Whether there were any."""
        return bool(self.input_tokens or self.output_tokens)


class Response(Struct, frozen=True):
    """A response."""

    id: str | None = None
    status: str | None = None
    status_details: _Status | None = None
    output: tuple[Item, ...] | None = None
    usage: Tokens | None = None


class ResponseCreated(_Record, tag="response.created"):
    """A response begins."""

    response: Response = Response()


class ResponseDone(_Record, tag="response.done"):
    """A response is over."""

    response: Response = Response()


class AudioDelta(_Event, tag="response.output_audio.delta"):
    """The next sound of a response; base64 on the wire."""

    delta: bytes
    response_id: str = ""
    item_id: str = ""


class TextDelta(_Event, tag="response.output_text.delta"):
    """The next words of a written response."""

    response_id: str = ""
    item_id: str = ""
    delta: str | None = None


class SpokenDelta(_Event, tag="response.output_audio_transcript.delta"):
    """The next words of a spoken response."""

    response_id: str = ""
    item_id: str = ""
    delta: str | None = None


class SpokenDone(_Event, tag="response.output_audio_transcript.done"):
    """All words of a spoken item."""

    response_id: str = ""
    item_id: str = ""
    transcript: str | None = None


class ArgumentsDone(_Event, tag="response.function_call_arguments.done"):
    """A function call is complete; some servers leave its name to the item."""

    response_id: str = ""
    call_id: str = ""
    name: str | None = None
    arguments: str = ""


class ItemDone(_Record, tag="response.output_item.done"):
    """An item of a response is complete."""

    response_id: str = ""
    item: Item = Item()


# ---- the rest


class Error(_Record, tag="error"):
    """Something went wrong; the session mostly stays open."""

    error: ErrorBody = ErrorBody()


class _Limit(Struct, frozen=True, gc=False):
    name: str | None = None
    limit: float | None = None
    remaining: float | None = None
    reset_seconds: float | None = None


class RateLimits(_Record, tag="rate_limits.updated"):
    """What is left of the limits."""

    rate_limits: tuple[_Limit, ...] = ()


ServerEvent = (
    SessionCreated
    | ConversationCreated
    | SessionUpdated
    | SpeechStarted
    | SpeechStopped
    | Committed
    | TranscriptDelta
    | TranscriptCompleted
    | TranscriptFailed
    | ItemAdded
    | ItemCreated
    | ResponseCreated
    | ResponseDone
    | AudioDelta
    | TextDelta
    | SpokenDelta
    | SpokenDone
    | ArgumentsDone
    | ItemDone
    | Error
    | RateLimits
)
KNOWN = frozenset(str(kind.__struct_config__.tag) for kind in ServerEvent.__args__)


class _Head(Struct, frozen=True, gc=False):
    type: str


_events: msgspec.json.Decoder[ServerEvent] = msgspec.json.Decoder(ServerEvent)
_heads = msgspec.json.Decoder(_Head)


def decode(message: bytes | bytearray | memoryview) -> ServerEvent | None:
    """One message of the server; None if it is of no interest, as events of kinds that we do not know.

    Raises:
        MalformedResponse: it is not JSON, not an event, or a known event in another form.
    """
    try:
        return _events.decode(message)
    except msgspec.ValidationError:
        _check_unknown(message)
        return None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedResponse("an event is not valid JSON") from None


def _check_unknown(message: bytes | bytearray | memoryview) -> None:
    try:
        kind = _heads.decode(message).type
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise MalformedResponse("a message is not an event") from None
    if kind in KNOWN:
        raise MalformedResponse(f"the event {kind} has an unknown form")
