"""Speech to speech: the protocol every engine implements, and what it tells and is told.

It is made of plain calls in place of iterators and queues, because a gateway holds hundreds of these sessions, with
fifty frames of audio a second each way. All calls happen on the event loop and return at once.

Audio is PCM16 little-endian mono in both directions, at the rates of the request; never half a sample.
"""

from dataclasses import dataclass
from typing import Literal, Protocol

from msgspec import Struct

from speko.providers.call import Call
from speko.providers.errors import ProviderError
from speko.providers.llm import Tool


@dataclass(frozen=True, slots=True)
class S2sCapabilities:
    """What an engine can do, declared by itself."""

    input_rates: tuple[int, ...]
    """Hz that it takes, its own first."""
    output_rates: tuple[int, ...]
    """Hz that it sends, its own first."""
    owns_turns: bool = False
    """Decides by itself that a response is interrupted, and says so with `Interrupted`; otherwise `SpeechStarted`
    interrupts the response."""
    continues: bool = False
    """Can go on with an answer after the last word that the history holds of it."""
    tools: bool = True


class UserSaid(Struct, frozen=True, tag="user"):
    """What the user said or typed."""

    text: str


class AssistantSaid(Struct, frozen=True, tag="assistant"):
    """What the user heard of an answer."""

    text: str


class ToolCalled(Struct, frozen=True, tag="call"):
    """The assistant asked for a tool; `arguments` is JSON text."""

    call_id: str
    name: str
    arguments: str


class ToolAnswered(Struct, frozen=True, tag="result"):
    """What the tool gave."""

    call_id: str
    output: str
    failed: bool = False


HistoryItem = UserSaid | AssistantSaid | ToolCalled | ToolAnswered


class CascadeOptions(Struct, frozen=True, rename="camel", omit_defaults=True):
    """Fields of a session that only the gateway's own agent reads. Source: contract, sessions 1.4 and 1.8."""

    first_message: str | None = None
    """Said before anybody speaks; None = listen first."""
    temperature: float | None = None
    max_tokens: int | None = None
    speed: float | None = None
    tts_sample_rate: int | None = None
    keywords: tuple[str, ...] = ()
    stt_language: str | None = None
    stt_prompt: str | None = None


class S2sRequest(Struct, frozen=True, kw_only=True):
    """What a session asks of an engine. `model` is the name the vendor knows. Absent options are not sent."""

    model: str
    input_rate: int
    """Hz of the audio given to `EngineConnection.audio`; one of the engine's own `input_rates`."""
    output_rate: int
    """Hz wanted in `EngineSink.audio`; one of the engine's own `output_rates`."""
    language: str | None = None
    """BCP-47; None = whatever is spoken."""
    voice: str | None = None
    system_prompt: str | None = None
    temperature: float | None = None
    tools: tuple[Tool, ...] = ()
    manual_turns: bool = False
    """The client alone says where a turn ends: the engine may leave its own detection of turns off."""
    cascade: CascadeOptions = CascadeOptions()
    history: tuple[HistoryItem, ...] = ()
    """The conversation so far, when the session had another engine before."""
    continue_answer: bool = False
    """Go on, at once and without being asked, with the answer of which the last `AssistantSaid` is the beginning; if
    the history ends with anything else: answer it."""
    plan: object | None = None
    """For the gateway's own agent: whom it may call. Others ignore it."""


# ---- what an engine tells


class SpeechStarted(Struct, frozen=True, gc=False):
    """The user speaks. Only where the engine detects turns."""

    ago_ms: int = 0
    """How long ago the speech began."""


class SpeechStopped(Struct, frozen=True, gc=False):
    """The user has stopped."""

    ago_ms: int = 0
    """How long ago the speech ended: what endpointing took."""


class UserTranscript(Struct, frozen=True, gc=False):
    """Words of the user. `text` is all of the utterance so far; utterances may finish out of order. A final one without
    text: there were no words in it, and no answer follows."""

    utterance: str
    """Id that all transcripts of the utterance share."""
    text: str
    final: bool


class ResponseStarted(Struct, frozen=True, gc=False):
    """A response begins. At most one is in flight."""

    response: str


class AssistantText(Struct, frozen=True, gc=False):
    """The next words of a response, before or beside their sound."""

    response: str
    delta: str


class ToolRequested(Struct, frozen=True, gc=False):
    """The response asks for a tool, which the client runs; `arguments` is complete JSON text."""

    response: str
    call_id: str
    name: str
    arguments: str


class ServerTool(Struct, frozen=True, gc=False):
    """A tool that the engine runs itself."""

    call_id: str
    name: str
    status: Literal["started", "completed", "failed"]


class ResponseDone(Struct, frozen=True, gc=False):
    """The engine will send nothing more of this response."""

    response: str
    status: Literal["completed", "cancelled", "incomplete", "failed"] = "completed"


class Interrupted(Struct, frozen=True, gc=False):
    """An engine that owns its turns has interrupted a response."""

    response: str
    heard_text: str | None = None
    """What the user heard of it, where the engine knows; None = to be worked out."""
    by_user: bool = True


class ResponseUsage(Struct, frozen=True, gc=False):
    """Tokens of one response, whatever became of it. Audio, text and cached ones are parts of the totals."""

    response: str
    input_tokens: int = 0
    output_tokens: int = 0
    input_audio_tokens: int = 0
    output_audio_tokens: int = 0
    cached_tokens: int = 0
    cached_audio_tokens: int = 0


class TurnStage(Struct, frozen=True, gc=False):
    """A stage inside the engine, with whoever served it. `ago_ms`: how long ago it was."""

    stage: Literal["stt_final", "llm_first_token", "tts_first_byte"]
    provider: str | None = None
    model: str | None = None
    ago_ms: int = 0


class EngineProblem(Struct, frozen=True, gc=False):
    """The engine complains and goes on. The message is for people, without secrets and without anybody's words."""

    message: str


class AgentEnded(Struct, frozen=True, gc=False):
    """The agent has ended the conversation."""


EngineEvent = (
    SpeechStarted
    | SpeechStopped
    | UserTranscript
    | ResponseStarted
    | AssistantText
    | ToolRequested
    | ServerTool
    | ResponseDone
    | Interrupted
    | ResponseUsage
    | TurnStage
    | EngineProblem
    | AgentEnded
)


# ---- what an engine is told


class Commit(Struct, frozen=True, gc=False):
    """The user's turn is over: answer. Never sent when no audio came since the last one."""


class Clear(Struct, frozen=True, gc=False):
    """Forget the audio that was not committed."""


class Say(Struct, frozen=True, gc=False):
    """The user typed this: answer it. Empty: answer what there is, and if there is nothing, begin."""

    text: str
    instructions: str | None = None
    """For this answer alone; None or empty = those of the session."""


class StopResponse(Struct, frozen=True, gc=False):
    """The response is over for the user: stop it if it still runs, and cut it in the conversation to what was heard."""

    response: str
    heard_ms: int
    """Of the response's audio."""
    heard_text: str


class CorrectHeard(Struct, frozen=True, gc=False):
    """A stopped response was heard less or further than thought: cut it anew."""

    response: str
    heard_ms: int
    heard_text: str


class AnswerTool(Struct, frozen=True, gc=False):
    """The client's result of a tool, or that it failed."""

    call_id: str
    output: str
    failed: bool = False


class PlayedSoFar(Struct, frozen=True, gc=False):
    """The client has played so much of the current response; for engines that own their turns."""

    ms: int


class Configure(Struct, frozen=True):
    """From the next response on, these count in place of those of the request. The conversation stays as it is."""

    system_prompt: str | None = None
    tools: tuple[Tool, ...] = ()
    """All of them: a tool that is not among them is not called any more."""


EngineCommand = Commit | Clear | Say | StopResponse | CorrectHeard | AnswerTool | PlayedSoFar | Configure


class EngineSink(Protocol):
    """Where an engine's output goes. Nothing may be called after `lost`, or after `EngineConnection.close`."""

    def audio(self, response: str, pcm: bytes) -> None:
        """The next sound of a response that was started."""

    def event(self, event: EngineEvent) -> None:
        """Something happened."""

    def lost(self, error: ProviderError) -> None:
        """The engine is gone, whoever's fault that is. Called once."""

    def pause(self) -> None:
        """The engine takes no more audio just now: what is sent from here on fills a buffer."""

    def resume(self) -> None:
        """It does again."""


class EngineConnection(Protocol):
    """One open session with an engine."""

    def audio(self, pcm: bytes) -> None:
        """The user's next sound."""

    def do(self, command: EngineCommand) -> None:
        """Carries a command out."""

    def pause_reading(self) -> None:
        """The client does not keep up: read nothing more from the engine until `resume_reading`."""

    def resume_reading(self) -> None:
        """Read on."""

    def close(self) -> None:
        """Ends the session with the engine, at once; the sink hears nothing more."""


class SpeechToSpeech(Protocol):
    """An engine."""

    capabilities: S2sCapabilities

    async def connect(self, request: S2sRequest, call: Call, sink: EngineSink) -> EngineConnection:
        """Opens a session; returns when the engine has accepted voice, prompt and tools. The sink may be called before
        that. Cancelling it frees everything. `call.usage` is kept true throughout the session.

        Raises:
            ProviderError: the engine cannot be used; the message names the cause, such as a model that does not exist.
        """
        ...


@dataclass(slots=True)
class Rates:
    """Rates in Hz of one session's ways to and from an engine."""

    input: int = 24000
    output: int = 24000

    @classmethod
    def of(cls, capabilities: S2sCapabilities, asked_input: int, asked_output: int) -> "Rates":
        """What is asked where the engine has it, else the engine's own; the gateway resamples the difference."""
        return cls(
            asked_input if asked_input in capabilities.input_rates else capabilities.input_rates[0],
            asked_output if asked_output in capabilities.output_rates else capabilities.output_rates[0],
        )
