"""The session's state machine: what the vendor complains of, what of that loses it, and what nobody repeats."""

import pytest

from speko.providers.errors import ConnectionLost, CredentialRejected, ProviderUnavailable, QuotaExceeded, RateLimited
from speko.providers.llm import Tool
from speko.providers.s2s import (
    Configure,
    EngineProblem,
    ResponseDone,
    ResponseStarted,
    ResponseUsage,
    Say,
)
from tests.providers.openai_realtime import events as e
from tests.providers.openai_realtime.talk import Talk
from tests.providers.openai_realtime.vendor import KEY, request


def test_a_complaint_is_passed_on_without_words() -> None:
    talk = Talk(request(system_prompt="Our secret is the green frog of Kent"))
    told = talk.vendor(e.error(f"Bad value 'the green frog of Kent' with {KEY} in audio.output", param="session"))
    (problem,) = told
    assert isinstance(problem, EngineProblem)
    assert "frog" not in problem.message
    assert KEY not in problem.message


def test_instructions_that_are_refused_are_told_and_not_repeated() -> None:
    talk = Talk(request(system_prompt="you are Ada Lovelace of London"))
    (update,) = talk.do(Configure("you are Grace Hopper of New York"))
    (problem,) = talk.vendor(e.error("cannot be: you are Grace Hopper of New York", event_id=update["event_id"]))
    assert problem.message.startswith("other instructions and tools were not taken")
    assert "Grace" not in problem.message
    (late,) = talk.vendor(e.error("you are Ada Lovelace of London is odd"))
    assert "Ada" not in late.message


def test_what_was_refused_comes_with_the_next_instructions_or_tools() -> None:
    """Nothing of it is in force, also when the refusal comes after the next one was sent."""
    talk = Talk(request(system_prompt="Be brief."))
    wrong, right = (Tool("look", "looks", schema) for schema in ({"type": "nonsense"}, {"type": "object"}))
    (update,) = talk.do(Configure("Be long.", (wrong,)))
    (other,) = talk.do(Configure("Be long.", (right,)))
    talk.vendor(e.error("Invalid schema", event_id=update["event_id"]))
    (again,) = talk.do(Configure("Be long.", (right,)))
    for sent in (other, again):
        assert sent["session"]["instructions"] == "Be long."
        assert [tool["parameters"] for tool in sent["session"]["tools"]] == [{"type": "object"}]
    assert talk.do(Configure("Be long.", (right,))) == []


def test_what_was_said_later_is_not_repeated_either() -> None:
    talk = Talk()
    talk.do(Say("my name is Ada Lovelace of London"))
    (problem,) = talk.vendor(e.error("cannot read my name is Ada Lovelace of London now"))
    assert "Ada" not in problem.message


@pytest.mark.parametrize(
    "error",
    [
        e.error("Cancellation failed: no active response found", code="response_cancel_not_active"),
        e.error("Error committing input audio buffer: the buffer is empty."),
        e.error("Audio content of 500ms is already shorter than 800ms"),
        e.error("Item not found", code="item_not_found", event_id="truncate_12"),
    ],
    ids=["cancel", "commit without a code", "truncate", "by id"],
)
def test_what_came_late_is_no_complaint(error: e.Event) -> None:
    talk = Talk()
    assert talk.vendor(error) == []
    assert talk.errors == []


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (e.error("Your session hit the maximum duration of 60 minutes.", code="session_expired"), ConnectionLost),
        (e.error("You exceeded your current quota", type="insufficient_quota", code="insufficient_quota"),
         QuotaExceeded),
        (e.error("Incorrect API key", code="invalid_api_key"), CredentialRejected),
    ],
    ids=["expired", "quota", "key"],
)  # fmt: skip
def test_errors_that_end_the_session(error: e.Event, kind: type[Exception]) -> None:
    talk = Talk()
    assert talk.vendor(error, e.created()) == []
    (lost,) = talk.errors
    assert isinstance(lost, kind)


def test_a_server_error_ends_the_session_only_while_somebody_waits() -> None:
    error = e.error("The server had an error while processing your request", type="server_error")
    talk = Talk()
    assert [type(entry) for entry in talk.vendor(error)] == [EngineProblem]
    talk.vendor(e.created())
    talk.vendor(error)
    assert [type(lost) for lost in talk.errors] == [ProviderUnavailable]


def test_a_refused_response_does_not_hold_up_the_next() -> None:
    talk = Talk()
    _, create = talk.do(Say("one"))
    assert [type(entry) for entry in talk.vendor(e.error("Bad tools", event_id=create["event_id"]))] == [EngineProblem]
    talk.do(Say("two"))
    assert talk.kinds() == ["conversation.item.create", "response.create"]


@pytest.mark.parametrize(
    ("why", "kind"),
    [
        ({"type": "insufficient_quota", "code": "insufficient_quota", "message": "no money"}, QuotaExceeded),
        ({"type": "tokens", "code": "rate_limit_exceeded", "message": "Rate limit reached"}, RateLimited),
        ({"type": "server_error", "message": "The server had an error"}, ProviderUnavailable),
    ],
    ids=["quota", "rate", "server"],
)
def test_a_failed_response_loses_an_engine_that_cannot_answer(why: dict[str, str], kind: type[Exception]) -> None:
    talk = Talk()
    told = talk.vendor(e.created(), e.failed(**why))
    assert told == [ResponseStarted("resp_1")]
    assert [type(lost) for lost in talk.errors] == [kind]


def test_a_failed_response_without_a_reason_loses_the_engine() -> None:
    talk = Talk()
    talk.vendor(e.created(), e.done(status="failed"))
    assert [type(lost) for lost in talk.errors] == [ProviderUnavailable]


@pytest.mark.parametrize(("tokens", "told"), [(0, False), (7, True)], ids=["nothing", "its input"])
def test_a_failed_response_is_booked_if_it_used_anything(tokens: int, told: bool) -> None:
    talk = Talk()
    events = talk.vendor(e.created(), e.done(status="failed", usage=e.usage(input=tokens)))
    assert any(isinstance(event, ResponseUsage) for event in events) is told


def test_a_failed_response_that_another_engine_would_fail_too_only_fails() -> None:
    talk = Talk()
    told = talk.vendor(e.created(), e.failed(type="invalid_request_error", message="context length exceeded"))
    assert [type(entry) for entry in told] == [ResponseStarted, EngineProblem, ResponseDone]
    assert told[-1].status == "failed"
    assert talk.errors == []
