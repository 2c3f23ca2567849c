"""What must hold of all that comes out of a session, and what has come out of it so far."""

from hypothesis.stateful import RuleBasedStateMachine

from speko.events.s2s import (
    EndFrame,
    ErrorFrame,
    InterruptionFrame,
    Ready,
    ServerFrame,
    ToolCallFrame,
    TranscriptFrame,
    TurnFrame,
)
from speko.providers import s2s as engine
from speko.realtime import actions as do
from tests.realtime.sessions import Talking, samples

_RATE = 100
"""Hz: low, so that a sample's number fits into it."""


class Judged(RuleBasedStateMachine):
    """One session; responses are counted in the order in which they begin."""

    def __init__(self) -> None:
        super().__init__()
        self.talk = Talking(
            attach=False, input_rate=_RATE, output_rate=_RATE, tools=frozenset({"tool"}), idle_timeout=10_000.0
        )
        self.talk.watch = self.sees
        self.attached = False
        self.up = False
        self.connecting = False
        self.kept: list[ServerFrame] = []
        """Frames that wait for the client, as of the step before."""
        self.sent: list[ServerFrame] = []
        """Frames of this step."""
        self.first_frame = True
        self.ended = False
        # responses
        self.names: set[str] = set()
        self.open_name: str | None = None
        self.open_done = False
        self.open_called = False
        self.continues = False
        self.started = 0
        self.over = 0
        self.words = 0
        # sound of the engine
        self.accepted: set[int] = set()
        self.delivered: set[int] = set()
        self.cleared: set[int] = set()
        self.cut_at = 0
        """No sample before this may leave any more."""
        self.last_sample = -1
        """Of this socket."""
        # the user's sound and tools
        self.since_commit = 0
        self.last_heard = -1
        self.asked: set[str] = set()
        self.answered: list[str] = []

        # what the client has changed
        self.configured: engine.Configure | None = None
        self.engine_knows: engine.Configure | None = None

    def sees(self, action: do.Action) -> None:
        """Called for each action, in order, before it is carried out."""
        assert self.talk.closed is None, "nothing comes after the end"
        match action:
            case do.Send(frame):
                assert self.attached
                assert not self.ended, "`end` is the last frame"
                assert not self.first_frame or isinstance(frame, Ready | ErrorFrame)
                assert self.first_frame or not isinstance(frame, Ready), "once per socket"
                assert not isinstance(frame, TranscriptFrame) or frame.text.strip()
                self.first_frame = False
                self.ended = isinstance(frame, EndFrame)
                self.sent.append(frame)
            case do.Play(pcm):
                assert self.attached
                self.leaves(samples(pcm))
            case do.Hear(pcm):
                self.reaches(samples(pcm))
            case do.Tell(command):
                assert self.up or self.connecting
                self.told(command)
            case do.Connect(configured=configured):
                self.up = False
                self.connecting = True
                self.engine_knows = configured
            case _:
                pass

    def leaves(self, numbers: list[int]) -> None:
        for number in numbers:
            assert number > self.last_sample, "in order, nothing twice on one socket"
            assert number in self.accepted, "only what belongs to a response"
            assert number >= self.cut_at, "nothing of an interrupted response"
            self.last_sample = number
            self.delivered.add(number)

    def reaches(self, numbers: list[int]) -> None:
        for number in numbers:
            assert number > self.last_heard, "an engine hears everything once, in order"
            self.last_heard = number
        self.since_commit += len(numbers)

    def told(self, command: engine.EngineCommand) -> None:
        match command:
            case engine.Commit():
                assert self.since_commit, "a commit of nothing is nothing"
                self.since_commit = 0
            case engine.Clear():
                self.since_commit = 0
            case engine.AnswerTool(call_id):
                assert call_id not in self.answered, "each call is answered once"
                self.answered.append(call_id)
            case engine.Configure():
                assert command != self.engine_knows, "what has not changed is not said again"
                self.engine_knows = command
            case _:
                pass

    def look(self) -> None:
        """After each step: frames of this step, whether they left or wait."""
        out = self.talk.session._out
        if self.talk.closed is not None:
            emitted: list[ServerFrame] = []
        elif out.open:
            sent: list[ServerFrame] = [frame for frame in self.sent if not isinstance(frame, Ready)]
            assert sent[: len(self.kept)] == self.kept, "nothing that waited is dropped"
            emitted, self.kept = sent[len(self.kept) :], []
        else:
            now = [frame for _, frame in out.kept]
            same = 0
            while same < min(len(now), len(self.kept)) and now[same] == self.kept[same]:
                same += 1
            assert same >= len(self.kept) - 1, "only the last may be replaced"
            emitted, self.kept = now[same:], now
        for frame in emitted:
            self.emitted(frame)
        self.sent = []
        assert self.talk.closed is not None or 0 <= self.started - self.over <= 1, "at most one in flight"
        assert self.talk.session.has_pending == out.waiting is False
        if self.up and self.talk.closed is None:
            assert self.engine_knows == self.configured, "an engine knows the newest"

    def emitted(self, frame: ServerFrame) -> None:
        match frame:
            case InterruptionFrame():
                if self.over < self.started:
                    self.over += 1
                    self.open_name = None
                # else: what was still played of one that had its end
                self.cleared |= self.accepted - self.delivered
                self.cut_at = self.talk.engine_sound.count
            case TurnFrame(stage="response_done"):
                self.over += 1
                self.open_name = None
            case TranscriptFrame(role="assistant", text=text, final=final):
                numbers = [tuple(map(int, word.split("."))) for word in text.split()]
                assert numbers == sorted(set(numbers)), "every word once, in order"
                [response] = {response for response, _ in numbers}
                still_played = final and response < self.over == self.started
                assert response == self.over or still_played, "no words of a response after its end"
            case ToolCallFrame(call_id=call_id):
                assert call_id not in self.asked or call_id in self.answered
                self.asked.add(call_id)
            case _:
                pass

    def all_answered(self) -> set[str]:
        carried = self.talk.connects[-1].history
        return {*self.answered, *(item.call_id for item in carried if isinstance(item, engine.ToolAnswered))}
