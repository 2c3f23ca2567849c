"""Sessions: what callers ask for, and what is known of one. Times are ISO-8601 text in UTC, as they come."""

from typing import Any, Literal

from pydantic import Field

from speko.client.models.base import Params, Result
from speko.client.models.params import PipelineConstraints, RoutingIntent

SampleRate = Literal[16000, 24000]
"""Hz of the audio on a socket."""


class RealtimeToolSpec(Params):
    """A tool that the caller runs when the agent asks for it."""

    name: str
    description: str
    parameters: dict[str, Any]
    """JSON Schema of the arguments; sent as it is."""


class S2sParams(Params):
    """The engine of a speech-to-speech session."""

    provider: str | None = None
    """Together with `model`, or neither: then the gateway chooses."""
    model: str | None = None
    voice: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    """0 to 2."""
    input_sample_rate: SampleRate | None = None
    """Of what the caller sends; the gateway's default is 24000."""
    output_sample_rate: SampleRate | None = None
    """Of what the caller hears; the gateway's default is 24000."""
    tools: list[RealtimeToolSpec] | None = None


class SessionParams(Params):
    """A session to be made. A member given as None is sent as null; one that was never given is left out."""

    mode: Literal["cascade", "s2s"] | None = None
    """Absent: the agent's, else `cascade`."""
    agent_id: str | None = None
    intent: RoutingIntent | None = None
    constraints: PipelineConstraints | None = None
    s2s: S2sParams | None = None
    """With `mode` `s2s` alone."""
    metadata: dict[str, Any] | None = None
    ttl_seconds: int | None = None
    """Seconds; at most 1800 for speech to speech."""
    webhook_tags: dict[str, str] | None = None
    variables: dict[str, str] | None = None
    """Values of the prompt's template."""
    tool_secrets: dict[str, str] | None = Field(None, repr=False)
    max_duration_seconds: int | None = None
    voice: str | None = None
    system_prompt: str | None = None
    first_message: str | None = None
    """What the agent says first; None or empty: it listens first."""
    llm: dict[str, Any] | None = None
    """`temperature`, `maxTokens`."""
    tts_options: dict[str, Any] | None = None
    """`sampleRate`, `speed`."""
    stt_options: dict[str, Any] | None = None
    """`keywords`, `language`, `prompt`."""
    background_audio: Any = None
    identity: str | None = None


class RealtimeConnectParams(Params):
    """A conversation over a socket. `provider` and `model` come together, or neither and an `intent` (or an agent).

    Further members of a session may be added, spelt as the wire has them.
    """

    provider: str | None = None
    model: str | None = None
    intent: RoutingIntent | None = None
    """What the conversation is for; the gateway picks the engine from it."""
    constraints: PipelineConstraints | None = None
    voice: str | None = None
    system_prompt: str | None = None
    first_message: str | None = None
    """What the agent says first, where the engine is the gateway's own agent."""
    temperature: float | None = None
    """0 to 2."""
    input_sample_rate: SampleRate | None = None
    """Of what is sent; the gateway's default is 24000."""
    output_sample_rate: SampleRate | None = None
    """Of what is heard; the gateway's default is 24000."""
    tools: list[RealtimeToolSpec] | None = None
    metadata: dict[str, Any] | None = None
    ttl_seconds: int | None = None
    """Seconds, at most 1800."""
    agent_id: str | None = None
    webhook_tags: dict[str, str] | None = None
    idempotency_key: str | None = None
    """Made anew for each call when absent."""


class CascadeSession(Result):
    """A session in a media room."""

    mode: Literal["cascade"] = "cascade"
    session_id: str
    transport_token: str = Field(repr=False)
    transport_url: str
    conversation_token: str = Field("", repr=False)
    """The same as `transport_token`."""
    livekit_url: str = ""
    """The same as `transport_url`."""
    room_name: str = ""
    identity: str = ""
    expires_at: str = ""


class S2sSession(Result):
    """A session over a socket."""

    mode: Literal["s2s"] = "s2s"
    session_id: str
    ws_url: str
    ws_token: str = Field(repr=False)
    """First subprotocol of the socket; opens this session alone."""
    input_sample_rate: int = 24000
    """Hz, of what is sent."""
    output_sample_rate: int = 24000
    """Hz, of what is heard."""
    expires_at: str = ""
    provider: str | None = None
    model: str | None = None
    request_id: str | None = None
    """Id of the call that made it, for `requests.get`: whom the session has tried, and what it is likely to cost."""


class SessionEntry(Result):
    """A session as the gateway keeps it."""

    session_id: str
    created_at: str | None = None
    status: str
    """`created`, `connecting`, `active`, `ended` or `failed`; for a phone also `dialing` and `completed`."""
    kind: str | None = None
    """`cascade`, `s2s` or `phone`."""
    pipeline_config: dict[str, Any] = Field(default_factory=dict)
    recording_object_path: str | None = None
    recording_duration_ms: int | None = None
    recording_status: str | None = None
    expires_at: str | None = None
    ended_at: str | None = None
    end_reason: str | None = None
    """Such as `expired` or `client_closed`."""
    provider: str | None = None
    """The engine in service, or the last that was; like the next."""
    model: str | None = None
    metadata: dict[str, Any] | None = None
    request_id: str | None = None
    """Id of the call that made it, for `requests.get`."""


class SessionPage(Result):
    """Some sessions, newest first."""

    entries: list[SessionEntry] = Field(default_factory=list)
    next_cursor: str | None = None
    """For the next page; None on the last."""


class Turn(Result):
    """What one side said. Times in ms; None on a user's turn."""

    id: str
    index: int
    source: str
    """`user`, `agent` or `system`."""
    text: str
    started_at: str | None = None
    ended_at: str | None = None
    provider: str | None = None
    model: str | None = None
    eou_ms: float | None = None
    llm_ttft_ms: float | None = None
    tts_ttfb_ms: float | None = None
    conversational_latency_ms: float | None = None
    latency_status: str | None = None
    """`partial`, `complete`, `interrupted` or `error`."""
    tool_calls: list[dict[str, Any]] = Field(default_factory=list)
    """`name` and `args` of each."""


class SessionTranscript(Result):
    """The words of a session, by `index`."""

    entries: list[Turn] = Field(default_factory=list)


class TurnStage(Result):
    """When something happened in a turn."""

    stage: str
    """`speech_started`, `speech_ended`, `stt_final`, `llm_first_token`, `tts_first_byte`, `first_audio` or
    `response_done`."""
    ms: float
    """Since the user's end of speech; negative before it."""
    provider: str | None = None
    model: str | None = None


class TurnTiming(Result):
    """The timings of one turn, without words."""

    index: int
    started_at: str | None = None
    interrupted: bool = False
    stages: list[TurnStage] = Field(default_factory=list)


class SessionTurns(Result):
    """The timings of a session's turns, in order."""

    entries: list[TurnTiming] = Field(default_factory=list)


class DeletedSession(Result):
    """A session that is no more."""

    id: str
    deleted: bool


class CallEvent(Result):
    """Something that happened in a session."""

    id: str
    event_type: str | None = None
    session_id: str | None = None
    organization_id: str | None = None
    provider: str | None = None
    status: str | None = None
    failure_cause: str | None = None
    sip_status_code: int | None = None
    sip_status: str | None = None
    occurred_at: str | None = None
    payload: dict[str, Any] = Field(default_factory=dict)
    created_at: str


class SessionStatusEvent(Result):
    """The session's status; the first event, and whenever it changes."""

    type: Literal["status"] = "status"
    status: str
    ended_at: str | None = None


class SessionTranscriptEvent(Result):
    """Somebody has said something."""

    type: Literal["transcript"] = "transcript"
    turn: Turn


class SessionCallEvent(Result):
    """Something has happened."""

    type: Literal["event"] = "event"
    event: CallEvent


class SessionEndEvent(Result):
    """The session is over; the last event."""

    type: Literal["end"] = "end"
    reason: str = "session_ended"


SessionEvent = SessionStatusEvent | SessionTranscriptEvent | SessionCallEvent | SessionEndEvent
