"""What must hold of a session whatever comes in whatever order: a model of its own, which looks at all that goes in and
comes out."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

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
from tests.realtime.sessions import CONTINUES, MANUAL, OWNER, Talking, samples

_RATE = 100
"""Hz: low, so that a sample's number fits into it."""
_NEW = st.sampled_from([f"r{number}" for number in range(20)])
_NAMES = st.sampled_from(["", "", "", "", "", "r1", "r2", "r3"])
"""Empty: the response that is open."""
_UTTERANCES = st.sampled_from(["u1", "u2", "u3"])
_CALLS = st.sampled_from(["c1", "c2", "c3", "c4"])
_AGO = st.integers(0, 3000)
_GARBAGE = st.one_of(
    st.sampled_from([b"", b"{", b"\xff\xfe", b'{"t":"control"}', b'{"t":"end"}', b'{"t":"played","ms":"x"}']),
    st.binary(max_size=20),
)


class Model(RuleBasedStateMachine):
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

    # ---- what comes out

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

    # ---- the client

    @initialize(capabilities=st.sampled_from([None, MANUAL, CONTINUES, OWNER]))
    def attach_first(self, capabilities: engine.S2sCapabilities | None) -> None:
        self.attach()
        if capabilities is not None:
            self.connecting = True
            self.ready(capabilities)

    @precondition(lambda self: self.talk.closed is None and not self.attached)
    @rule()
    def come_back(self) -> None:
        self.attach()

    @precondition(lambda self: self.talk.closed is None)
    @rule()
    def attach(self) -> None:
        self.first_frame, self.last_sample, self.attached = True, -1, True
        self.talk.attach()
        self.look()

    @precondition(lambda self: self.attached)
    @rule()
    def detach(self) -> None:
        self.attached = False
        self.talk.detach()
        self.look()

    @rule(size=st.integers(0, 300))
    def speak(self, size: int) -> None:
        pcm = self.talk.user_sound(size)
        out = self.talk.session.client_audio(pcm, self.talk.now)
        if out is not None:
            assert self.up
            assert self.attached
            assert out == pcm
            self.reaches(samples(out))
        self.talk._pending()
        self.look()

    @rule(size=st.integers(0, 5))
    def speak_half(self, size: int) -> None:
        self.talk.speak_raw(b"\0" * (2 * size + 1))
        self.look()

    @rule(text=_GARBAGE)
    def garbage(self, text: bytes) -> None:
        self.talk.send_raw(text)
        self.look()

    @rule(action=st.sampled_from(["commit", "commit", "commit", "clear", "end_turn"]))
    def control(self, action: str) -> None:
        self.talk.send("control", action=action)
        self.look()

    @rule()
    def interrupt(self) -> None:
        self.talk.send("interrupt")
        self.look()

    @rule(text=st.sampled_from(["hello", " ", "and now?"]))
    def user_message(self, text: str) -> None:
        self.talk.send("user_message", text=text)
        self.look()

    @rule(ms=st.one_of(st.integers(-10, 20_000), st.floats(allow_nan=False, allow_infinity=False)))
    def played(self, ms: float) -> None:
        self.talk.send("played", ms=ms)
        self.look()

    @rule(call=_CALLS, output=st.sampled_from(["x", None, {"a": 1}]))
    def tool_result(self, call: str, output: Any) -> None:
        self.talk.send("tool_result", callId=call, output=output)
        self.look()

    @precondition(lambda self: self.talk.closed is None)
    @rule(prompt=st.sampled_from(["a", "b"]))
    def configure(self, prompt: str) -> None:
        self.configured = engine.Configure(prompt)
        self.talk.carry_out(self.talk.session.configure(self.configured, self.talk.now))
        self.look()

    # ---- the engine

    @precondition(lambda self: self.connecting)
    @rule(capabilities=st.sampled_from([MANUAL, CONTINUES, OWNER]))
    def ready(self, capabilities: engine.S2sCapabilities) -> None:
        self.up, self.connecting = True, False
        self.names = set()
        self.since_commit, self.last_heard = 0, -1
        self.talk.ready(capabilities)
        self.look()
        self.continues = self.over < self.started and not self.open_done
        self.open_name = None

    @precondition(lambda self: self.up)
    @rule()
    def lose(self) -> None:
        self.open_done |= self.open_called
        self.talk.lose()
        self.look()

    @precondition(lambda self: self.up)
    @rule(name=_NEW)
    def response_started(self, name: str) -> None:
        new = self.talk.closed is None and name not in self.names  # a name that comes again is noise
        goes_on = self.continues and self.over < self.started
        if new:
            self.names.add(name)
            self.continues = False
            if not goes_on:
                self.started += 1
                self.words, self.open_done, self.open_called = 0, False, False
        self.talk.event(engine.ResponseStarted(name))
        self.look()
        if new:
            self.open_name = name if self.over < self.started else None  # else nobody wanted it

    @rule(name=_NAMES)
    def text(self, name: str) -> None:
        name = name or self.open_name or "none"
        self.words += 1
        response = self.started - 1 if name == self.open_name else 99_999
        self.talk.event(engine.AssistantText(name, f"{response}.{self.words} "))
        self.look()

    @rule(name=_NAMES, size=st.integers(0, 300))
    def sound(self, name: str, size: int) -> None:
        name = name or self.open_name or "none"
        first = self.talk.engine_sound.count
        live = name == self.open_name and not self.open_done and self.up and self.over < self.started
        if live and self.talk.closed is None:
            self.accepted |= set(range(first, first + size))
        self.talk.sound(name, size)
        self.look()

    @rule(name=_NAMES, status=st.sampled_from(["completed", "completed", "cancelled", "incomplete", "failed"]))
    def response_done(self, name: str, status: Any) -> None:
        name = name or self.open_name or "none"
        if name == self.open_name and status != "cancelled" and self.up:
            self.open_done = True
        self.talk.event(engine.ResponseDone(name, status))
        self.look()

    @rule(name=_NAMES, heard=st.sampled_from([None, ""]), by_user=st.booleans())
    def interrupted(self, name: str, heard: str | None, by_user: bool) -> None:
        name = name or self.open_name or "none"
        self.talk.event(engine.Interrupted(name, heard, by_user))
        self.look()

    @rule(name=_NAMES, call=_CALLS, tool=st.sampled_from(["tool", "tool", "nobody's"]))
    def tool_requested(self, name: str, call: str, tool: str) -> None:
        name = name or self.open_name or "none"
        if name == self.open_name and not self.open_done and self.up and call not in self.asked | set(self.answered):
            self.open_called = True
        self.talk.event(engine.ToolRequested(name, call, tool, "{}"))
        self.look()

    @rule(
        event=st.one_of(
            st.builds(engine.SpeechStarted, _AGO),
            st.builds(engine.SpeechStopped, _AGO),
            st.builds(engine.UserTranscript, _UTTERANCES, st.sampled_from(["", "hi", "hi there"]), st.booleans()),
            st.builds(engine.TurnStage, st.sampled_from(["stt_final", "llm_first_token", "tts_first_byte"])),
            st.just(engine.EngineProblem("odd")),
            st.just(engine.ResponseUsage("r1", 1, 2, 3, 4)),
            st.just(engine.ServerTool("s", "search", "started")),
        )
    )
    def anything(self, event: engine.EngineEvent) -> None:
        self.talk.event(event)
        self.look()

    # ---- time and the end

    @rule(seconds=st.sampled_from([0.01, 0.3, 1.0, 4.0, 11.0]))
    def wait(self, seconds: float) -> None:
        until = self.talk.now + seconds
        for _ in range(1000):
            due = self.talk.session.deadline
            if due is None or due > until:
                break
            self.talk.now = max(self.talk.now, due)
            was_up = self.up
            self.talk.carry_out(self.talk.session.tick(self.talk.now))
            self.open_done |= was_up and not self.up and self.open_called
            self.look()
        else:
            raise AssertionError("time does not pass")
        self.talk.now = until

    @precondition(lambda self: self.attached)
    @rule(how=st.integers(0, 40))
    def the_end(self, how: int) -> None:
        if how > 4 and self.talk.closed is None:  # most sessions shall live for a while
            return
        if how == 0:
            self.talk.event(engine.AgentEnded())
        elif how == 1:
            self.talk.carry_out(self.talk.session.no_engine("none", self.talk.now))
        elif how == 2:
            self.attached = False
            self.talk.detach(1000)
        else:
            self.talk.carry_out(self.talk.session.end("server_shutdown", self.talk.now))
        self.look()

    # ---- always

    @invariant()
    def a_closed_session_is_silent(self) -> None:
        if self.talk.closed is not None:
            self.up = self.connecting = False
            assert self.talk.session.deadline is None
            assert self.talk.session.tick(self.talk.now) == []

    def teardown(self) -> None:
        """In the end the client gets everything that was not interrupted, and every tool call its answer."""
        if self.talk.closed is not None:
            return
        if self.connecting:
            self.ready(MANUAL)
        self.attach()
        self.wait(0.3)
        self.wait(0.3)
        if self.talk.closed is None:
            assert self.accepted - self.cleared == self.accepted & (self.delivered - self.cleared)
            for _ in range(4):
                self.wait(8.0)
                if self.connecting:
                    self.ready(MANUAL)
            assert self.talk.closed is not None or self.asked <= self.all_answered()

    def all_answered(self) -> set[str]:
        carried = self.talk.connects[-1].history
        return {*self.answered, *(item.call_id for item in carried if isinstance(item, engine.ToolAnswered))}
