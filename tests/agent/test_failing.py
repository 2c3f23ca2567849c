"""When a stage has failed."""

from speko.agent.failing import complaint, spoken
from speko.providers.errors import CallerError, ConnectFailed, RateLimited
from speko.routing.attempts import Deadlines, Failure
from speko.routing.dispatch import CallerFault, NoAnswer
from tests.routing.chains import candidate


def test_people_hear_who_failed_and_why_but_no_vendors_words() -> None:
    failures = [
        Failure(candidate("one/a"), RateLimited("you said swordfish")),
        Failure(candidate("two/b"), ConnectFailed("refused")),
    ]
    assert complaint("speech to text", NoAnswer(failures)) == "speech to text failed (one: rate_limited, two: connect)"
    assert complaint("speech to text", NoAnswer([])) == "speech to text failed (no candidate)"
    fault = CallerFault(candidate("one/a"), CallerError("you said swordfish"))
    assert complaint("the model", fault) == "the model failed (one: bad_request)"
    assert complaint("the model", ConnectFailed("refused")) == "the model failed (connect)"


def test_nobody_who_listens_waits_as_long_as_a_caller_of_the_api() -> None:
    found = spoken(Deadlines())
    assert found.budget == found.gap == found.first_byte == 8.0
    assert spoken(Deadlines(budget=2.0, gap=1.0)).budget == 2.0
    assert spoken(Deadlines(budget=2.0, gap=1.0)).gap == 1.0
