"""What callers of `/v1/chat/completions` send is translated without loss, or refused in that API's own form."""

import json
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

from speko.api.complete import MessageBody
from speko.api.errors import ApiError, from_msgspec
from speko.api.openai.chat_body import ChatBody, check, messages_of, options_of, tools_of
from speko.providers.llm import ChatMessage, LlmCapabilities, LlmOptions, NamedTool, Tool, ToolChoice
from tests.api.openai.doors import doors
from tests.api.openai.near_valid import TEXTS, near
from tests.api.running import Running
from tests.api.vendors import Scripted

PATH = "/v1/chat/completions"
Shape = st.SearchStrategy[Any]


def mostly(*usual: Any, seldom: tuple[Any, ...]) -> Shape:
    """Values that are in order, and some that are not, so that most bodies have no more than one mistake."""
    return st.integers(0, 7).flatmap(lambda number: st.sampled_from(seldom if number == 7 else usual))


NAMES = st.sampled_from(["f", "get-weather", "g_2"])
IDS = st.sampled_from(["call_1", "call_2", ""])
PARTS: Shape = st.lists(
    st.fixed_dictionaries({"type": st.just("text"), "text": TEXTS})
    | st.fixed_dictionaries({"type": st.just("refusal"), "refusal": TEXTS})
    | mostly({"type": "text", "text": "x"}, seldom=({"type": "text"}, {"type": "refusal"}, {"type": "input_audio"})),
    max_size=3,
)
CONTENTS: Shape = TEXTS | PARTS
ARGUMENTS: Shape = mostly("", "{}", '{"a": [1, "\\ud83d\\ude00"]}', " []", "9" * 30, seldom=("{", "1e999", '"\\ud800"'))
FUNCTION_CALL: Shape = st.fixed_dictionaries({"name": NAMES | TEXTS, "arguments": ARGUMENTS})
CALLS: Shape = st.lists(
    st.fixed_dictionaries({"id": IDS, "type": st.just("function"), "function": FUNCTION_CALL}), min_size=1, max_size=3
)
SPOKEN: Shape = st.fixed_dictionaries({"role": st.sampled_from(["system", "developer", "user"]), "content": CONTENTS})
ANSWERS: Shape = st.fixed_dictionaries(
    {"role": st.just("assistant"), "content": CONTENTS | st.none(), "tool_calls": CALLS},
    optional={"refusal": TEXTS | st.none()},
) | st.fixed_dictionaries(
    {"role": st.just("assistant"), "refusal": TEXTS}, optional={"content": CONTENTS, "tool_calls": st.just([])}
)
ROUNDS: Shape = st.tuples(ANSWERS, CONTENTS).map(
    lambda pair: [
        pair[0],
        *({"role": "tool", "content": pair[1], "tool_call_id": of["id"]} for of in pair[0].get("tool_calls", ())),
    ]
)
"""An answer, and the results of its calls."""
TALKS: Shape = st.lists(SPOKEN.map(lambda message: [message]) | ROUNDS, min_size=1, max_size=3)
STRAYS: Shape = mostly([], seldom=([{"role": "tool", "content": "x", "tool_call_id": "call_1"}],))
MESSAGES: Shape = st.tuples(TALKS, STRAYS).map(
    lambda pair: [message for turn in (*pair[0], pair[1]) for message in turn]
)
FUNCTION: Shape = st.fixed_dictionaries(
    {"name": NAMES},
    optional={
        "description": TEXTS | st.none(),
        "parameters": st.sampled_from([None, {}, {"type": "object", "properties": {"a": {"type": "string"}}}]),
        "strict": st.booleans(),
    },
)
NAMED: Shape = st.fixed_dictionaries({"type": st.just("function"), "function": st.fixed_dictionaries({"name": NAMES})})
BODIES: Shape = st.fixed_dictionaries(
    {"model": st.just("auto"), "messages": MESSAGES},
    optional={
        "tools": st.lists(
            st.fixed_dictionaries({"type": st.just("function"), "function": FUNCTION}), min_size=1, max_size=2
        ),
        "tool_choice": mostly(None, "auto", "none", seldom=("required",)) | NAMED,
        "stop": TEXTS | st.lists(TEXTS, max_size=4) | st.none(),
        "response_format": mostly(
            None,
            {},
            {"type": "text"},
            {"type": "json_schema", "json_schema": {}},
            seldom=({"type": "grammar"}, {"json_schema": {}}),
        ),
        "temperature": st.floats(0, 2),
        "top_p": st.floats(0, 1),
        "presence_penalty": st.floats(-2, 2),
        "seed": st.integers(-(2**63), 2**63 - 1),
        "max_tokens": st.integers(1, 2**31),
        "n": mostly(1, None, seldom=(2,)),
        "stream": st.just(False),
        "stream_options": st.fixed_dictionaries({}, optional={"include_usage": st.booleans()}),
        "modalities": mostly([], ["text"], seldom=(["text", "audio"],)),
        "language": st.sampled_from(["en", "de-AT", ""]),
        "logit_bias": mostly({}, None, seldom=({"1": 2},)),
        "logprobs": mostly(False, None, seldom=(True,)),
        "functions": mostly([], None, seldom=([{"name": "f"}],)),
        "metadata": st.just({"a": "b"}),
    },
)


@dataclass(frozen=True)
class Translated:
    """A body in our own words."""

    messages: tuple[MessageBody, ...]
    tools: tuple[Tool, ...]
    choice: ToolChoice | None
    options: LlmOptions | None


def translated(raw: bytes) -> Translated:
    """As the door does it; `read_body` decodes like this."""
    try:
        body = msgspec.json.decode(raw, type=ChatBody)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise from_msgspec(error) from None
    check(body)
    tools, choice = tools_of(body)
    return Translated(messages_of(body), tools, choice, options_of(body))


def check_refusal(status: int, told: dict[str, Any], sent: bytes) -> None:
    """That API's own error, with the place of the mistake where there is one."""
    error = told.pop("error")
    assert told == {}
    assert status == 400
    assert error.keys() == {"message", "type", "param", "code"}, error
    assert error["type"] == "invalid_request_error"
    assert error["code"] is None
    assert error["message"].isprintable()
    if error["param"] is not None:
        place: Any = json.loads(sent)
        for key in error["param"].split(".")[:-1]:  # what is missing has only a place where it should be
            if key == "*":
                break
            place = place[int(key)] if isinstance(place, list) else place[key]


@settings(max_examples=300)
@given(near(BODIES))
def test_a_body_that_is_nearly_right_is_translated_without_loss_or_refused(raw: bytes) -> None:
    try:
        found = translated(raw)
    except ApiError as error:
        event("refused")
        check_refusal(error.status, json.loads(msgspec.json.encode(error.body(PATH))), raw)
    else:
        event("translated")
        check_all(found, json.loads(raw))


@settings(max_examples=500)
@given(BODIES)
def test_a_body_of_the_right_shape_is_refused_for_its_mistakes_alone(sent: dict[str, Any]) -> None:
    mistakes = set(mistakes_of(sent))
    try:
        found = translated(json.dumps(sent).encode())
    except ApiError as error:
        assert error.body(PATH)["error"]["param"] in mistakes
    else:
        assert mistakes == set()
        check_all(found, sent)


def mistakes_of(sent: dict[str, Any]) -> Iterator[str]:
    """The places of what no model could be asked."""
    yield from (name for name in ("functions", "logit_bias", "logprobs") if sent.get(name))
    if (sent.get("n") or 1) > 1:
        yield "n"
    if "audio" in (sent.get("modalities") or ()):
        yield "modalities"
    if (sent.get("response_format") or {"type": "text"}).get("type") not in ("text", "json_schema"):
        yield "response_format.type"
    names = [tool["function"]["name"] for tool in sent.get("tools") or ()]
    if len(set(names)) < len(names):
        yield "tools"
    choice = sent.get("tool_choice")
    if choice == "required" and not names:
        yield "tool_choice"
    if isinstance(choice, dict) and choice["function"]["name"] not in names:
        yield "tool_choice.function.name"
    yield from _mistakes_in_messages(sent["messages"])


def _mistakes_in_messages(messages: list[dict[str, Any]]) -> Iterator[str]:
    if not messages:
        yield "messages"
    asked: set[str] = set()
    for number, message in enumerate(messages):
        path = f"messages.{number}"
        content = message.get("content")
        for at, part in enumerate(content if isinstance(content, list) else ()):
            if part["type"] not in ("text", "refusal"):
                yield f"{path}.content.{at}.type"
            elif part["type"] not in part:
                yield f"{path}.content.{at}.{part['type']}"
        for at, call in enumerate(message.get("tool_calls") or ()):
            asked.add(call["id"])
            if call["function"]["arguments"] in ("{", "1e999", '"\\ud800"'):
                yield f"{path}.tool_calls.{at}.function.arguments"
        if message["role"] == "tool" and message["tool_call_id"] not in asked:
            yield f"{path}.tool_call_id"


def check_all(found: Translated, sent: dict[str, Any]) -> None:
    """Nothing is lost, added or out of order."""
    check_messages(found.messages, sent["messages"])
    check_tools(found, sent)
    check_options(found.options, sent)


def check_messages(found: tuple[ChatMessage, ...], sent: list[dict[str, Any]]) -> None:
    """All of them, in order, with every word, and each result behind its call; `/v1/complete` would take them too."""
    assert [m.role for m in found] == ["system" if m["role"] == "developer" else m["role"] for m in sent]
    asked: set[str] = set()
    for message, original in zip(found, sent, strict=True):
        content = original.get("content")
        texts = [part[part["type"]] for part in content] if isinstance(content, list) else [content or ""]
        assert message.content == "\n".join(filter(None, ["\n".join(texts), original.get("refusal")]))
        calls = [(call["id"], call["function"]) for call in original.get("tool_calls") or ()]
        assert [(call.id, call.name) for call in message.tool_calls] == [(of, f["name"]) for of, f in calls]
        for call, (_, function) in zip(message.tool_calls, calls, strict=True):
            assert call.args == (function["arguments"] or "{}")
            json.loads(call.args)
        assert message.role == "assistant" or not calls
        asked.update(call.id for call in message.tool_calls)
        assert message.tool_call_id == original.get("tool_call_id")
        assert message.role != "tool" or message.tool_call_id in asked
    assert msgspec.json.decode(msgspec.json.encode(found), type=tuple[MessageBody, ...]) == found


def check_tools(found: Translated, sent: dict[str, Any]) -> None:
    """All of them, in order, as connectors may rely on them; and the choice is one of them."""
    functions = [tool["function"] for tool in sent.get("tools") or ()]
    names = [tool.name for tool in found.tools]
    assert names == [function["name"] for function in functions]
    assert len(set(names)) == len(names)
    for tool, function in zip(found.tools, functions, strict=True):
        assert tool.description == (function.get("description") or tool.name)
        assert tool.parameters == (function.get("parameters") or tool.parameters)
        assert isinstance(tool.parameters, dict)
    assert msgspec.json.decode(msgspec.json.encode(found.tools), type=tuple[Tool, ...]) == found.tools
    wanted: Any = sent.get("tool_choice")
    if isinstance(found.choice, NamedTool):
        assert found.choice.function.name == wanted["function"]["name"] in names
    else:
        assert found.choice == wanted
        assert found.choice != "required" or names


def check_options(found: LlmOptions | None, sent: dict[str, Any]) -> None:
    """Every wish, and none that was not there."""
    wishes = {} if found is None else {n: v for n, v in msgspec.to_builtins(found).items() if v is not None}
    stop, form = sent.get("stop"), sent.get("response_format")
    wanted = {name: sent.get(name) for name in ("top_p", "frequency_penalty", "presence_penalty", "seed")}
    wanted["stop"] = [stop] if isinstance(stop, str) else stop or None
    wanted["response_format"] = None if not form or form["type"] == "text" else form
    assert {n: list(v) if n == "stop" else v for n, v in wishes.items()} == {
        n: v for n, v in wanted.items() if v is not None
    }


def test_a_refusal_counts_beside_other_content() -> None:
    answers: list[tuple[dict[str, Any], str]] = [
        ({"content": "", "refusal": "No."}, "No."),
        ({"content": [], "refusal": "No."}, "No."),
        ({"content": None, "refusal": "No."}, "No."),
        ({"content": "Well.", "refusal": "No."}, "Well.\nNo."),
        ({"content": "Well.", "refusal": None}, "Well."),
    ]
    messages: Any = [{"role": "assistant", **answer} for answer, _ in answers]
    found = translated(json.dumps({"model": "auto", "messages": messages}).encode())
    assert [message.content for message in found.messages] == [content for _, content in answers]


@pytest.mark.parametrize("kind", ["text", "refusal"])
def test_a_part_that_is_empty_is_named_after_its_kind(kind: str) -> None:
    body = {"model": "auto", "messages": [{"role": "user", "content": [{"type": kind}]}]}
    with pytest.raises(ApiError) as refused:
        translated(json.dumps(body).encode())
    assert refused.value.body(PATH)["error"]["param"] == f"messages.0.content.0.{kind}"


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(raw=near(BODIES))
async def test_the_door_asks_a_model_or_says_what_is_wrong(door: tuple[Scripted, Running], raw: bytes) -> None:
    alpha, gateway = door
    alpha.requests.clear()
    answer = await gateway.client.post(PATH, content=raw)
    if answer.status_code == 200:
        (request,) = alpha.requests
        assert request.messages == translated(raw).messages
        assert request.options == translated(raw).options
    elif answer.status_code == 404:
        assert answer.json()["error"]["param"] == "model"
    else:
        check_refusal(answer.status_code, answer.json(), raw)
    assert len(alpha.requests) == (answer.status_code == 200)


@pytest.fixture
async def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[Scripted, Running]]:
    """A gateway with one vendor, whose model takes every wish."""
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (_, gateway):
        connector: Any = gateway.gateway.connectors.llm("alpha")
        monkeypatch.setattr(connector, "capabilities", LlmCapabilities(tools=True, options=True))
        yield alpha, gateway
