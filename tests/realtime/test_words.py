"""Words in and words out, with the engine or the client's socket lost at every possible point of two spoken turns: the
user's words are answered once, and the words of the answers heard once."""

from collections import Counter
from dataclasses import dataclass, field

import pytest

from speko.events.s2s import InterruptionFrame
from speko.providers import s2s as engine
from speko.realtime import actions as do
from tests.realtime.sessions import CONTINUES, MANUAL, Talking, samples

QUESTIONS, WORDS = 2, 3
"""Turns, and words in each question and each answer."""
USER_WORD, CHUNK, CHUNKS = 300, 80, 5
"""Samples (ms) of a word of the user; of a piece of an answer; pieces of each of its words."""


def answer_word(question: int, number: int) -> str:
    return f"q{question}w{number}x "  # as fast as voices usually are: six characters in 400 ms


class Ears:
    """The client: a player that drops its queue when it is told to, or when its socket breaks."""

    def __init__(self) -> None:
        self.queue: list[int] = []
        self.heard: list[int] = []
        self.of_response = 0
        """Samples played of the current response."""

    def play(self, ms: int) -> None:
        self.heard += self.queue[:ms]
        self.of_response += len(self.queue[:ms])
        del self.queue[:ms]


@dataclass
class Vendor:
    """An engine that understands whole words and knows its answers; it speaks as its script says."""

    late_words: bool
    """The user's words are ready only in the middle of the answer."""
    committed: int = 0
    script: list[engine.EngineEvent | tuple[int, int]] = field(default_factory=list)

    def asked(self, question: int, said: list[int]) -> None:
        text = engine.UserTranscript(f"u{said[0]}", " ".join(f"s{word}" for word in said), True)
        if not self.late_words:
            self.script.append(text)
        self.answer(question, 0)
        if self.late_words:
            self.script.insert(len(self.script) // 2, text)

    def answer(self, question: int, start: int) -> None:
        self.script.append(engine.ResponseStarted(f"r{question}"))
        for number in range(start, WORDS):
            self.script.append(engine.AssistantText(f"r{question}", answer_word(question, number)))
            self.script += [(question, number)] * CHUNKS
        self.script.append(engine.ResponseDone(f"r{question}"))


class Scene:
    """One conversation; `points` counts what happened, so that each point can be hit."""

    def __init__(
        self, capabilities: engine.S2sCapabilities, *, pace: int, delay: float = 0.0, late: bool = False
    ) -> None:
        self.capabilities = capabilities
        self.pace = pace
        """Milliseconds between two pieces of an answer."""
        self.delay = delay
        self.late = late
        self.points = 0
        self.lose_engine_at: set[int] = set()
        self.at_once_again = False
        """The next engine is lost before it says anything."""
        self.lose_client_at: int | None = None
        self.ears = Ears()
        self.vendor = Vendor(late)
        self.spoken: dict[int, tuple[int, int, int]] = {}
        """Sample to (question, word, how often that word was begun before)."""
        self.begun: Counter[tuple[int, int]] = Counter()
        self.understood: list[list[int]] = []
        self.talk = Talking(attach=False)
        self.talk.watch = self.sees
        self.talk.attach()
        self.talk.ready(capabilities)

    def sees(self, action: do.Action) -> None:
        match action:
            case do.Play(pcm):
                self.ears.queue += samples(pcm)
            case do.Send(InterruptionFrame()):
                self.ears.queue.clear()
                self.ears.of_response = 0
            case do.Tell(engine.Commit()):
                heard = self.talk.heard[self.vendor.committed :]
                self.vendor.committed = len(self.talk.heard)
                words = Counter(number // USER_WORD for number in heard)
                said = sorted(word for word, size in words.items() if size > USER_WORD / 2)
                self.understood.append(said)
                self.vendor.asked(said[0] // WORDS, said)

    def point(self) -> None:
        self.points += 1
        if self.points in self.lose_engine_at:
            self.lose_engine()
            if self.at_once_again:
                self.lose_engine()
        if self.points == self.lose_client_at:
            self.talk.detach()
            self.ears.queue.clear()
            self.pass_time(200)
            self.talk.attach()
            self.talk.send("played", ms=self.ears.of_response)

    def lose_engine(self) -> None:
        connects = len(self.talk.connects)
        self.talk.lose()
        assert len(self.talk.connects) == connects + 1
        self.pass_time(round(self.delay * 1000))
        connect = self.talk.connects[-1]
        self.vendor = Vendor(self.late)
        history = connect.history if self.capabilities.continues else connect.history_heard
        last = history[-1] if history else None
        if connect.continue_answer:
            assert isinstance(last, engine.UserSaid | engine.AssistantSaid)
            if isinstance(last, engine.UserSaid):
                self.vendor.answer(int(last.text.split()[0][1:]) // WORDS, 0)
            else:
                word = last.text.split()[-1]
                self.vendor.answer(int(word[1]), int(word[3]) + 1)
        self.talk.ready(self.capabilities)

    def pass_time(self, ms: int) -> None:
        self.ears.play(ms)
        self.talk.wait(ms / 1000)

    def vendor_speaks(self) -> None:
        """The next line of the script."""
        line = self.vendor.script.pop(0)
        if isinstance(line, tuple):
            question, _ = line
            first = self.talk.engine_sound.count
            instance = self.begun[line] // CHUNKS if self.vendor.script.count(line) < CHUNKS - 1 else self.new(line)
            self.begun[line] += 1
            self.spoken |= dict.fromkeys(range(first, first + CHUNK), (*line, instance))
            self.talk.sound(f"r{question}", CHUNK)
            self.pass_time(self.pace)
        else:
            if isinstance(line, engine.ResponseStarted) and not self.ears.queue:
                self.ears.of_response = 0
            self.talk.event(line)

    def new(self, line: tuple[int, int]) -> int:
        self.begun[line] += -self.begun[line] % CHUNKS
        return self.begun[line] // CHUNKS

    def run(self) -> None:
        for _ in range(QUESTIONS):
            for _ in range(WORDS):
                self.talk.speak(USER_WORD)
                self.pass_time(80)
                self.point()
            self.talk.commit()
            self.point()
            while self.vendor.script or self.ears.queue:
                if self.vendor.script:
                    self.vendor_speaks()
                else:
                    self.pass_time(80)
                self.point()
            self.pass_time(400)
            self.ears.of_response = 0

    def words_heard(self) -> list[tuple[int, int]]:
        """Of which half was heard, in order."""
        sizes = Counter(self.spoken[number] for number in self.ears.heard)
        return [(question, word) for (question, word, _), size in sizes.items() if size >= CHUNK * CHUNKS / 2]


ALL = [(question, word) for question in range(QUESTIONS) for word in range(WORDS)]
ASKED = [list(range(question * WORDS, (question + 1) * WORDS)) for question in range(QUESTIONS)]


def points(capabilities: engine.S2sCapabilities, pace: int) -> int:
    scene = Scene(capabilities, pace=pace)
    scene.run()
    assert scene.words_heard() == ALL
    assert scene.understood == ASKED
    assert scene.talk.played == list(range(scene.talk.engine_sound.count))
    return scene.points


def finals(scene: Scene) -> list[str]:
    return " ".join(said.text for said in scene.talk.spoken() if said.role == "assistant").split()


@pytest.mark.parametrize("pace", [80, 40, 0], ids=["real time", "fast", "at once"])
@pytest.mark.parametrize("capabilities", [CONTINUES, MANUAL], ids=["continues", "new answer"])
def test_no_word_is_lost_or_doubled_wherever_the_engine_is_lost(
    capabilities: engine.S2sCapabilities, pace: int
) -> None:
    for at in range(1, points(capabilities, pace) + 1):
        scene = Scene(capabilities, pace=pace)
        scene.lose_engine_at = {at}
        scene.run()
        assert scene.words_heard() == ALL, at
        assert finals(scene) == [answer_word(*word).strip() for word in ALL], at
        assert all(said in ASKED for said in scene.understood), at
        assert [said for said in ASKED if said in scene.understood] == ASKED, at


@pytest.mark.parametrize("late", [False, True])
@pytest.mark.parametrize("capabilities", [CONTINUES, MANUAL], ids=["continues", "new answer"])
def test_engines_may_be_lost_one_after_the_other(capabilities: engine.S2sCapabilities, late: bool) -> None:
    for at in range(1, points(capabilities, 40) + 1):
        for later in (0, 1, 4):
            scene = Scene(capabilities, pace=40, late=late)
            scene.lose_engine_at = {at, at + later}
            scene.at_once_again = later == 0
            scene.run()
            if late:  # then an answer may have to begin anew
                assert set(scene.words_heard()) == set(ALL), (at, later)
            else:
                assert scene.words_heard() == ALL, (at, later)
            assert [said for said in ASKED if said in scene.understood] == ASKED, (at, later)


@pytest.mark.parametrize("capabilities", [CONTINUES, MANUAL], ids=["continues", "new answer"])
def test_no_word_is_lost_while_the_next_engine_is_awaited(capabilities: engine.S2sCapabilities) -> None:
    for at in range(1, points(capabilities, 40) + 1):
        scene = Scene(capabilities, pace=40, delay=0.48)
        scene.lose_engine_at = {at}
        scene.run()
        assert list(dict.fromkeys(scene.words_heard())) == ALL, at
        assert finals(scene) == [answer_word(*word).strip() for word in ALL], at
        if capabilities.continues:
            assert scene.words_heard() == ALL, at


@pytest.mark.parametrize("capabilities", [CONTINUES, MANUAL], ids=["continues", "new answer"])
def test_words_that_are_not_known_in_time_are_heard_and_answered_anew(capabilities: engine.S2sCapabilities) -> None:
    for at in range(1, points(capabilities, 80) + 1):
        scene = Scene(capabilities, pace=80, late=True)
        scene.lose_engine_at = {at}
        scene.run()
        assert set(scene.words_heard()) == set(ALL), at
        assert all(said in ASKED for said in scene.understood), at
        assert [said for said in ASKED if said in scene.understood] == ASKED, at


@pytest.mark.parametrize("pace", [80, 40, 0], ids=["real time", "fast", "at once"])
def test_no_word_is_lost_or_doubled_wherever_the_client_is_lost(pace: int) -> None:
    for at in range(1, points(MANUAL, pace) + 1):
        scene = Scene(MANUAL, pace=pace)
        scene.lose_client_at = at
        scene.run()
        assert scene.words_heard() == ALL, at
        assert scene.understood == ASKED, at


@pytest.mark.parametrize("capabilities", [CONTINUES, MANUAL], ids=["continues", "new answer"])
def test_engine_and_client_may_be_lost_together(capabilities: engine.S2sCapabilities) -> None:
    for at in range(1, points(capabilities, 40) + 1):
        for later in (0, 5):
            scene = Scene(capabilities, pace=40)
            scene.lose_engine_at, scene.lose_client_at = {at}, at + later
            scene.run()
            assert scene.words_heard() == ALL, (at, later)
