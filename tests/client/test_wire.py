import json
from datetime import UTC, datetime, timedelta, timezone
from urllib.parse import unquote

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from speko import AllowedProviders, ChatMessage, ChatTool, ChatToolCall, PipelineConstraints, RoutingIntent
from speko.client.models.base import Params
from speko.client.wire import header_int, header_json, json_request, members, members_without_null, path_of, query_of

TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1)


@given(TEXT)
def test_a_part_of_a_path_stays_one_part_whatever_it_holds(part: str) -> None:
    path = path_of("providers", part)
    assert httpx.URL("http://gateway" + path).raw_path == path.encode("ascii")
    assert path.count("/") == 3
    assert unquote(path.removeprefix("/v1/providers/")) == part


@pytest.mark.parametrize("part", [".", "..", "..."])
def test_dots_alone_are_no_steps_between_folders(part: str) -> None:
    assert path_of("api-keys", part) == "/v1/api-keys/" + "%2E" * len(part)


def test_an_empty_part_of_a_path_is_refused() -> None:
    with pytest.raises(ValueError, match="must not be empty"):
        path_of("api-keys", "")


def test_query_values() -> None:
    assert query_of({"a": None, "b": True, "c": False, "d": 3, "e": ""}) == {"b": "1", "c": "0", "d": "3", "e": ""}
    assert query_of({"a": None}) is None


@pytest.mark.parametrize(
    "time",
    [
        datetime(2026, 1, 31, 12, 30),
        datetime(2026, 1, 31, 12, 30, tzinfo=UTC),
        datetime(2026, 1, 31, 14, 30, tzinfo=timezone(timedelta(hours=2))),
    ],
)
def test_times_are_sent_in_utc(time: datetime) -> None:
    assert query_of({"from": time}) == {"from": "2026-01-31T12:30:00.000Z"}


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_header_json_is_ascii_and_compact(words: list[str]) -> None:
    text = header_json({"keywords": words})
    assert text.isascii()
    assert text.isprintable()
    assert json.loads(text) == {"keywords": words}
    assert header_json({"a": [1, 2]}) == '{"a":[1,2]}'


@pytest.mark.parametrize("body", [{"speed": float("nan")}, {"text": "\ud800"}])
def test_what_json_cannot_carry_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValueError):
        json_request("POST", "/v1/synthesize", body)


@pytest.mark.parametrize(
    ("text", "number"), [("3", 3), (" 3 ", 3), ("-3", None), ("3.5", None), ("", None), ("²", None), ("9" * 5000, None)]
)
def test_header_numbers_are_digits_only(text: str, number: int | None) -> None:
    assert header_int({"retry-after": text}, "retry-after") == number
    assert header_int({}, "retry-after") is None


class Widget(Params):
    a_name: str | None = None
    phone_number_id: str | None = None


@pytest.mark.parametrize(
    "given_as", [Widget(phone_number_id=None, a_name="x"), {"phone_number_id": None, "aName": "x"}]
)
def test_a_given_none_is_null_in_either_spelling(given_as: Widget | dict[str, object]) -> None:
    assert members(given_as, Widget) == {"phoneNumberId": None, "aName": "x"}


def test_what_was_not_given_is_left_out() -> None:
    assert members(Widget(), Widget) == {}
    message = ChatMessage(role="assistant", content="", tool_calls=[ChatToolCall(id="1", name="f", args="{}")])
    assert members(message, ChatMessage) == {
        "role": "assistant",
        "content": "",
        "toolCalls": [{"id": "1", "name": "f", "args": "{}"}],
    }


def test_members_that_this_version_does_not_know_are_sent() -> None:
    tool = {"name": "f", "description": "d", "parameters": {"snake_case": 1}, "executionMode": "webhook"}
    assert members(tool, ChatTool) == tool


@pytest.mark.parametrize(
    "constraints",
    [
        PipelineConstraints(allowed_providers=AllowedProviders(stt=["flite:kal"], llm=None)),
        {"allowedProviders": {"stt": ["flite:kal"], "llm": None}},
        {"allowed_providers": {"stt": ["flite:kal"], "s2s": None}},
    ],
)
def test_constraints_have_no_null(constraints: PipelineConstraints | dict[str, object]) -> None:
    assert members_without_null(constraints, PipelineConstraints) == {"allowedProviders": {"stt": ["flite:kal"]}}


def test_what_is_sent_wrongly_is_refused_without_repeating_it() -> None:
    with pytest.raises(ValidationError) as caught:
        members({"role": "user", "content": ["secret words"]}, ChatMessage)
    assert "secret" not in str(caught.value)
    with pytest.raises(ValidationError):
        members_without_null({"language": ""}, RoutingIntent)
    with pytest.raises(ValidationError):
        members_without_null({"region": "global"}, RoutingIntent)
