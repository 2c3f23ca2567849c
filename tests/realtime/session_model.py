"""What comes into a session, whatever it is, in whatever order: its judge looks at all that comes out of it."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule

from speko.providers import s2s as engine
from tests.realtime.session_judge import Judged
from tests.realtime.sessions import CONTINUES, MANUAL, OWNER, samples

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


class Model(Judged):
    """All that may come in. What is known of it beforehand is noted where it comes in."""

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
