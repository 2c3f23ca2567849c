"""What is said in a session, from the moment an engine is there: the parts that keep it, and who hears of what."""

from collections.abc import Callable

from speko.events.s2s import (
    ClientFrame,
    Control,
    ErrorFrame,
    Interrupt,
    Played,
    ServerToolCallFrame,
    ToolResult,
    UsageFrame,
    UserMessage,
)
from speko.providers import s2s as said
from speko.providers.s2s import EngineEvent, S2sCapabilities
from speko.realtime.actions import Hear, Record
from speko.realtime.config import SessionConfig
from speko.realtime.conversation import Conversation
from speko.realtime.early import EarlyFrames
from speko.realtime.engine_side import EngineSide
from speko.realtime.handover import Handover
from speko.realtime.outbox import Outbox
from speko.realtime.playout import Playout
from speko.realtime.responses import Responses
from speko.realtime.tool_calls import ToolCalls
from speko.realtime.turns import Turns
from speko.realtime.unanswered import Unanswered
from speko.realtime.user_turns import UserTurns


class Talk:
    """The conversation of one session. It speaks through `out`, and knows nothing of sockets."""

    def __init__(self, out: Outbox, playout: Playout, config: SessionConfig) -> None:
        self._out = out
        self.engine = engine = EngineSide(out)
        self.ring = ring = Unanswered(config.input_rate, config.replay)
        self.early = EarlyFrames()
        """What the client said while there was no engine."""
        self._turns = turns = Turns(config.wall_clock)
        self.conversation = conversation = Conversation()
        self.responses = responses = Responses(out, engine, playout, conversation, turns)
        self.calls = calls = ToolCalls(
            config.tools, config.tool_timeout, out=out, engine=engine, conversation=conversation, responses=responses
        )
        self.user = user = UserTurns(
            out, engine=engine, responses=responses, ring=ring, conversation=conversation, turns=turns
        )
        self.handover = Handover(
            out,
            engine=engine,
            responses=responses,
            user=user,
            ring=ring,
            conversation=conversation,
            calls=calls,
            turns=turns,
        )
        self._on: dict[type, Callable[..., None]] = {
            said.SpeechStarted: user.started,
            said.SpeechStopped: user.stopped,
            said.UserTranscript: user.transcript,
            said.ResponseStarted: self._response_started,
            said.AssistantText: responses.text,
            said.ToolRequested: calls.requested,
            said.ServerTool: self._server_tool,
            said.ResponseDone: responses.done,
            said.Interrupted: responses.interrupted,
            said.ResponseUsage: self._usage,
            said.TurnStage: user.stage,
            said.EngineProblem: self._problem,
            said.AgentEnded: self._agent_ended,
        }
        self.agent_ended = False

    # ---- the client

    def client_frame(self, frame: ClientFrame | str, now: float, position: int) -> None:
        """What the client said, or what was wrong with it. `position`: of its audio, at which that was."""
        match frame:
            case str():
                self._out.send(ErrorFrame("INVALID_FRAME", frame))
            case Control(action="clear"):
                self.user.clear(position)
            case Control():
                self.user.commit(position, now)
            case Interrupt():
                self._interrupt(now)
            case ToolResult():
                self.calls.result(frame, now)
            case UserMessage():
                self.user.say(frame.text, now, frame.instructions)
            case Played():
                self.responses.played(frame.ms, now, frame.received_audio_bytes)

    def configure(self, configured: said.Configure) -> None:
        """The client wants other instructions or tools."""
        self.calls.declare(tool.name for tool in configured.tools)
        self.engine.configure(configured)
        if configured.tools and self.engine.up and not self.engine.capabilities.tools:
            self._out.send(ErrorFrame("PROVIDER_ERROR", "The engine in service calls no tools"))

    def _interrupt(self, now: float) -> None:
        coming = self.engine.owes or self.responses.continuing is not None
        if self.responses.barge_in(now) and not self.engine.up:
            coming = True  # whatever the next engine was told to go on with
        if coming:
            self.handover.silence()

    def tidy(self) -> None:
        """Enough audio of the user has come to look at what is still needed."""
        self.ring.tidy(quiet=self.engine.up and self.engine.finds_speech and not self.user.speaking)

    # ---- the engine

    def engine_ready(self, provider: str, model: str, capabilities: S2sCapabilities, now: float) -> None:
        """The first engine, or the next. It hears the audio that none has answered, with what the client said in
        between."""
        ring = self.ring
        self.engine.ready(provider, model, capabilities, now)
        ring.live()
        self.handover.ready(capabilities, now)
        self.user.ask_again()
        self.user.hears_from(ring.given)
        committed, ring.commit_at = ring.commit_at, None
        if committed is not None and self._hear(committed):
            self.user.commit_again(committed, now)
        for position, frame in self.early.take():
            if frame == Control("clear"):
                ring.clear(position)
            self._hear(position)
            self.client_frame(frame, now, position)
        self._hear(ring.end)

    def _hear(self, up_to: int) -> bool:
        pieces = self.ring.give(up_to)
        for pcm in pieces:
            self._out.do(Hear(pcm))
        return bool(pieces)

    def engine_event(self, event: EngineEvent, now: float) -> None:
        """Something happened at the engine."""
        self.engine.sign = now
        self.ring.alive_at = self.ring.end
        self._on[type(event)](event, now)

    @property
    def response_due_since(self) -> float | None:
        """When the engine last did anything, while something is to be expected of it."""
        engine, current = self.engine, self.responses.current
        if not engine.up or engine.held or engine.unread or self.calls:
            return None
        due = engine.owes or (current is not None and not current.finished)
        return engine.sign if due else None

    def _response_started(self, event: said.ResponseStarted, now: float) -> None:
        self.handover.answered()
        self.user.prompt = None
        self.responses.started(event, now)

    def _server_tool(self, event: said.ServerTool, now: float) -> None:
        self._out.send(ServerToolCallFrame(event.call_id, event.name, event.status))

    def _usage(self, event: said.ResponseUsage, now: float) -> None:
        self._out.send(UsageFrame(event.input_audio_tokens, event.output_audio_tokens))

    def _problem(self, event: said.EngineProblem, now: float) -> None:
        self._out.send(ErrorFrame("PROVIDER_ERROR", event.message))

    def _agent_ended(self, event: said.AgentEnded, now: float) -> None:
        self.agent_ended = True

    # ---- the end

    def last_words(self, now: float) -> None:
        """The engine is gone, and there will be no other: what it said is heard."""
        self.engine.lost()
        if self.responses.current is not None:
            self.responses.finish(self.responses.current, now)

    def over(self, now: float) -> None:
        """The session ends here: what is still open is written down."""
        self.responses.abandon(now)
        if (record := self._turns.unchain()) is not None:
            self._out.do(Record(record))
        self.engine.up = False
