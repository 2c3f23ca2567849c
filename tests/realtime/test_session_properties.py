"""The rules that hold whatever comes in whatever order."""

from collections.abc import Callable
from random import Random

import pytest
from hypothesis import settings

from speko.providers import s2s as engine
from tests.realtime.session_model import Model
from tests.realtime.sessions import CONTINUES, MANUAL, OWNER

Model.TestCase.settings = settings(max_examples=100, stateful_step_count=40, deadline=None)
TestSession = Model.TestCase

# What a session consists of for the most part. Hypothesis likes all rules equally, and so hardly ever has a
# conversation.
_USUAL: list[tuple[int, Callable[[Model, Random], object]]] = [
    (12, lambda model, any_: model.speak(any_.randrange(300))),
    (8, lambda model, any_: model.control(any_.choice(["commit", "commit", "clear"]))),
    (4, lambda model, _: model.interrupt()),
    (4, lambda model, any_: model.user_message(any_.choice(["hello", " "]))),
    (8, lambda model, any_: model.played(any_.choice([0, 300, 1000, 2500, -1, 1e300]))),
    (5, lambda model, any_: model.tool_result(any_.choice(["c1", "c2", "c3", "c4"]), "x")),
    (14, lambda model, any_: model.up and model.response_started(f"r{any_.randrange(200)}")),
    (30, lambda model, any_: model.text(any_.choice(["", "", "", "", "r1"]))),
    (45, lambda model, any_: model.sound(any_.choice(["", "", "", "", "", "", "r1"]), any_.randrange(300))),
    (
        12,
        lambda model, any_: model.response_done("", any_.choice(["completed", "completed", "completed", "cancelled"])),
    ),
    (3, lambda model, any_: model.interrupted("", any_.choice([None, ""]), any_.random() < 0.5)),
    (
        5,
        lambda model, any_: model.tool_requested("", any_.choice(["c1", "c2", "c3", "c4"]), any_.choice(["tool", "x"])),
    ),
    (6, lambda model, any_: model.anything(engine.SpeechStarted(any_.randrange(2000)))),
    (6, lambda model, any_: model.anything(engine.SpeechStopped(any_.randrange(2000)))),
    (6, lambda model, any_: model.anything(engine.UserTranscript(any_.choice("uvw"), any_.choice(["", "hi"]), True))),
    (3, lambda model, any_: model.anything(engine.UserTranscript(any_.choice("uvw"), any_.choice(["", "hi"]), False))),
    (25, lambda model, any_: model.wait(any_.choice([0.01, 0.1, 0.5, 2.0, 6.0]))),
    (6, lambda model, _: model.attached and model.detach()),
    (12, lambda model, _: not model.attached and model.attach()),
    (1, lambda model, _: model.attach()),
    (5, lambda model, _: model.up and model.lose()),
    (15, lambda model, any_: model.connecting and model.ready(any_.choice([MANUAL, CONTINUES, OWNER]))),
    (1, lambda model, _: model.garbage(b"{")),
]


@pytest.mark.parametrize("seed", range(200))
def test_a_long_conversation(seed: int) -> None:
    any_ = Random(seed)
    model = Model()
    model.attach_first(any_.choice([None, MANUAL, CONTINUES, OWNER]))
    steps = any_.choices([step for _, step in _USUAL], [weight for weight, _ in _USUAL], k=150)
    for step in steps:
        if model.talk.closed is None:
            step(model, any_)
            model.a_closed_session_is_silent()
    model.teardown()
