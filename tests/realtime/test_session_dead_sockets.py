"""A network that dies without a word: what was sent into a dead socket comes again, each way, once and in order."""

from collections.abc import Callable
from random import Random
from typing import TypeVar

import pytest

from speko.events.s2s import (
    InterruptionFrame,
    Ready,
    ServerFrame,
    ToolCallFrame,
    TranscriptFrame,
    TurnFrame,
    UsageFrame,
)
from speko.providers.s2s import (
    AgentEnded,
    AssistantText,
    CorrectHeard,
    EngineProblem,
    ResponseDone,
    ResponseStarted,
    ResponseUsage,
    Say,
    SpeechStarted,
    StopResponse,
    ToolRequested,
)
from speko.realtime import actions as do
from tests.realtime.sessions import RATE, Talking, samples

_Frame = TypeVar("_Frame")


class Network:
    """A client that counts, at the other end of wires that lose the rest of what they were given when they die."""

    def __init__(self, any_: Random) -> None:
        self.any = any_
        self.talk = Talking(attach=False, tools=frozenset({"t"}))
        self.talk.watch = self._sent
        self.down: list[ServerFrame | bytes] = []
        """On its way to the client, over the socket of now."""
        self.up: list[str | bytes] = []
        self.ready = False
        self.frames: list[tuple[ServerFrame, int]] = []
        """That came, but `ready`, with the sound that had come before."""
        self.sound: list[int] = []
        self.counted = [0, 0]
        self.said: list[str | bytes] = []
        """All that the client has said, from the last socket's beginning on."""
        self.before = (0, 0)
        """Bytes and frames that the gateway had got by then."""
        self.typed = 0
        self.connect()
        self.talk.ready()

    def _sent(self, action: do.Action) -> None:
        match action:
            case do.Send(frame):
                self.down.append(frame)
            case do.Play(pcm):
                self.down.append(pcm)
            case _:
                pass

    def connect(self, *, detached: bool = False) -> None:
        """What is on the wires is lost, and there are new ones."""
        self.down.clear()
        self.up.clear()
        self.ready = False
        if detached:
            self.talk.detach()
            self.talk.wait(self.any.random() * 4)
        self.talk.attach()

    def arrive(self, down: int = 10_000, up: int = 10_000) -> None:
        """So many messages come out of the wires."""
        for _ in range(min(down, len(self.down))):
            self._came(self.down.pop(0))
        for _ in range(min(up, len(self.up))):
            said = self.up.pop(0)
            if isinstance(said, bytes):
                self.talk.speak_raw(said)
            else:
                self.talk.send_raw(said.encode())

    def _came(self, message: ServerFrame | bytes) -> None:
        if isinstance(message, bytes):
            assert self.ready
            self.counted[0] += len(message)
            self.sound += samples(message)
        elif isinstance(message, Ready):
            self._greeted(message)
        else:
            assert self.ready
            self.counted[1] += 1
            self.frames.append((message, len(self.sound)))

    def _greeted(self, ready: Ready) -> None:
        self.ready = True
        said, self.said = self.said, []
        if ready.received_audio_bytes is None or ready.received_text_frames is None:
            assert not said
            return
        audio, texts = (
            ready.received_audio_bytes - self.before[0],
            ready.received_text_frames - self.before[1],
        )
        self.before = (ready.received_audio_bytes, ready.received_text_frames)
        self.say(f'{{"t":"received","audioBytes":{self.counted[0]},"textFrames":{self.counted[1]}}}')
        for message in said:
            if isinstance(message, bytes):
                audio -= len(message)
                if audio < 0:
                    self.say(message)
            else:
                texts -= 1
                if texts < 0 and "user_message" in message:
                    self.say(message)

    def say(self, message: str | bytes) -> None:
        """The client speaks; what is said while there is no socket waits."""
        self.said.append(message)
        if self.ready:
            self.up.append(message)

    def hear(self, starts: list[int]) -> None:
        """The client says that it has played what had come, where answers begin at these places."""
        start = max((start for start in starts if start < len(self.sound)), default=None)
        if start is not None:
            ms = len(self.sound) - start
            self.say(f'{{"t":"played","ms":{ms},"receivedAudioBytes":{self.counted[0]}}}')

    def type_words(self) -> None:
        self.typed += 1
        self.say(f'{{"t":"user_message","text":"{self.typed}"}}')

    def of(self, kind: type[_Frame]) -> list[_Frame]:
        return [frame for frame, _ in self.frames if isinstance(frame, kind)]

    def settle(self) -> None:
        """Everything arrives, and what is answered to it."""
        while self.down or self.up:
            self.arrive()


class Answers:
    """An engine that says numbered words and sounds, and asks for tools."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.talk = network.talk
        self.responses = 0
        self.words = 0
        self.final_words = 0
        """Of answers that are over."""
        self.open = False
        self.starts: list[int] = []
        self.asked: list[tuple[str, int]] = []
        """Tools, with the sound before them."""

    def word(self) -> None:
        if not self.open:
            self.responses += 1
            self.open = True
            self.starts.append(self.talk.engine_sound.count)
            self.talk.event(ResponseStarted(f"r{self.responses}"))
        self.words += 1
        self.talk.event(AssistantText(f"r{self.responses}", f"w{self.words} "))
        self.talk.sound(f"r{self.responses}", self.network.any.randrange(1, 800))

    def tool(self) -> None:
        if self.open:
            call = f"c{len(self.asked)}"
            self.asked.append((call, self.talk.engine_sound.count))
            self.talk.event(ToolRequested(f"r{self.responses}", call, "t", "{}"), ResponseUsage("", 1, 1, 1, 1))
            self.done()

    def done(self) -> None:
        if self.open:
            self.open = False
            self.final_words = self.words
            self.talk.event(ResponseDone(f"r{self.responses}"))


STEPS: list[tuple[int, Callable[[Network, Answers], object]]] = [
    (30, lambda network, answers: answers.word()),
    (5, lambda network, answers: answers.done()),
    (3, lambda network, answers: answers.tool()),
    (25, lambda network, _: network.arrive(network.any.randrange(12), network.any.randrange(12))),
    (25, lambda network, _: network.say(network.talk.user_sound(20))),
    (15, lambda network, answers: network.hear(answers.starts)),
    (3, lambda network, _: network.type_words()),
    (10, lambda network, _: network.talk.wait(network.any.random() * 0.5)),
    (4, lambda network, _: network.connect()),
    (3, lambda network, _: network.connect(detached=True)),
]


@pytest.mark.parametrize("seed", range(150))
def test_nothing_is_lost_and_nothing_comes_twice(seed: int) -> None:
    network = Network(Random(seed))
    answers = Answers(network)
    network.settle()
    # That it counts has to be known before the first loss, or it has half a second to say so.
    network.say('{"t":"played","ms":0,"receivedAudioBytes":0}')
    network.settle()
    for step in network.any.choices([step for _, step in STEPS], [weight for weight, _ in STEPS], k=300):
        step(network, answers)
    network.settle()
    network.connect()
    network.settle()
    assert network.sound == [n & 0xFFFF for n in range(network.talk.engine_sound.count)]
    assert network.talk.heard == list(range(network.talk.user_sound.count))
    assert [say.text for say in network.talk.told if isinstance(say, Say)] == [str(n + 1) for n in range(network.typed)]
    calls = [(frame.call_id, place) for frame, place in network.frames if isinstance(frame, ToolCallFrame)]
    assert calls == answers.asked
    assert len(network.of(UsageFrame)) == len(answers.asked)
    firsts = [frame for frame in network.of(TurnFrame) if frame.stage == "first_audio"]
    assert len(firsts) <= answers.responses
    finals = [frame.text for frame in network.of(TranscriptFrame) if frame.final]
    assert [word for text in finals for word in text.split()] == [f"w{n + 1}" for n in range(answers.final_words)]


def speaking() -> Network:
    """Two seconds were sent, of which a client that counts has got one."""
    network = Network(Random(1))
    network.settle()
    network.talk.event(ResponseStarted("r"), AssistantText("r", "alpha bravo carol delta"))
    network.talk.sound("r", 1000)
    network.settle()
    network.talk.wait(0.5)
    network.say('{"t":"played","ms":400,"receivedAudioBytes":2000}')
    network.settle()
    network.talk.sound("r", 1000)
    return network


def test_what_an_interrupted_answer_was_heard_of_is_no_more_than_had_come() -> None:
    network = speaking()
    network.talk.wait(1.2)
    network.talk.event(SpeechStarted(0))
    [stopped] = [told for told in network.talk.told if isinstance(told, StopResponse)]
    assert stopped.heard_ms == 1600
    network.connect()
    network.settle()
    [corrected] = [told for told in network.talk.told if isinstance(told, CorrectHeard)]
    assert corrected.heard_ms == 1000
    assert network.sound == list(range(1000))
    assert [type(frame) for frame, _ in network.frames][-3:] == [TranscriptFrame, InterruptionFrame, TurnFrame]


def test_a_farewell_that_went_into_a_dead_socket_is_heard() -> None:
    network = speaking()
    network.talk.event(ResponseDone("r"), AgentEnded())
    network.talk.wait(10)
    assert network.talk.closed is None
    network.connect()
    network.settle()
    assert network.sound == list(range(2000))
    network.say('{"t":"played","ms":1950,"receivedAudioBytes":4000}')
    network.settle()
    network.talk.wait(0.1)
    assert network.talk.closed == do.Close(1000, "agent_ended")


def test_a_farewell_that_is_never_reported_ends_all_the_same() -> None:
    network = speaking()
    network.talk.event(ResponseDone("r"), AgentEnded())
    network.talk.wait(16.59)
    assert network.talk.closed is None
    network.talk.wait(0.02)
    assert network.talk.closed == do.Close(1000, "agent_ended")


def test_a_client_that_counts_is_waited_for() -> None:
    network = speaking()
    network.connect()
    network.talk.wait(4)
    network.talk.sound("r", 100)
    assert [type(message) for message in network.down] == [Ready]
    network.settle()
    assert network.sound == list(range(2100))


def test_a_client_that_does_not_count_any_more_is_told_no_counts() -> None:
    network = speaking()
    network.talk.attach()
    network.talk.wait(10)
    network.talk.attach()
    assert network.talk.sockets[-1] == [Ready(RATE, RATE)]
    network.talk.send("received", audioBytes=2000, textFrames=2)  # nobody knows of what
    network.talk.send("played", ms=500)
    assert network.talk.sockets[-1][1:] == [list(range(500, 2000))]


def test_all_that_came_is_counted_also_what_was_refused() -> None:
    talk = Talking()
    talk.speak(100)
    talk.speak_raw(b"\0" * 3)
    talk.send_raw(b"{")
    talk.send("control", action="clear")
    talk.send("played", ms=0)
    talk.lose()
    talk.speak(50)
    talk.detach()
    talk.speak(50)
    talk.send("played", ms=0)
    talk.attach()
    assert talk.frames[-1] == Ready(RATE, RATE, 303, 3)


def test_early_sound_is_counted_too() -> None:
    talk = Talking(ready=None)
    talk.speak(100)
    talk.send("user_message", text="hello")
    talk.ready()
    assert talk.frames == [Ready(RATE, RATE)]
    talk.attach()
    assert talk.frames[1] == Ready(RATE, RATE, 200, 1)


def test_a_session_that_ends_meanwhile_still_says_what_waited() -> None:
    network = speaking()
    network.talk.event(EngineProblem("odd"))
    network.talk.attach()
    network.talk.event(EngineProblem("very odd"))
    network.talk.carry_out(network.talk.session.end("expired", network.talk.now))
    assert [type(frame).__name__ for frame in network.talk.sockets[-1] if not isinstance(frame, list)] == [
        "Ready",
        "ErrorFrame",
        "TranscriptFrame",
        "TurnFrame",
        "EndFrame",
    ]


@pytest.mark.parametrize("count", ["-1", "1.5", '"x"', "1e300", "99999999999999999999"])
def test_counts_that_are_none_are_refused(count: str) -> None:
    talk = Talking()
    talk.send_raw(f'{{"t":"received","audioBytes":{count},"textFrames":0}}'.encode())
    assert talk.errors() == ["INVALID_FRAME"]


def test_a_client_that_claims_to_have_more_than_there_is_gets_what_comes() -> None:
    network = speaking()
    network.connect()
    network.talk.send("received", audioBytes=10**9, textFrames=10**9)
    assert network.talk.sockets[-1][1:] == []
    network.talk.sound("r", 10)
    assert network.talk.sockets[-1][1:] == [list(range(2000, 2010))]
