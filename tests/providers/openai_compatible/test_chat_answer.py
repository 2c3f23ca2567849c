"""Answers of `/chat/completions`, without a network."""

import itertools
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openai.types import CompletionUsage

from speko.providers.call import Usage
from speko.providers.errors import (
    CallerError,
    EmptyResult,
    MalformedResponse,
    ProviderError,
    ProviderUnavailable,
    TruncatedResponse,
)
from speko.providers.llm import LlmEvent, TextDelta, ToolCall
from speko.providers.openai_compatible.chat_answer import ChatAnswer
from speko.providers.sse import SseDecoder
from tests.providers.openai_compatible.vendor import DONE, chunk, completion, event, usage_chunk


def fresh(usage: Usage | None = None, *, capped: bool = False) -> ChatAnswer:
    return ChatAnswer(usage or Usage(), lambda error: ProviderUnavailable(str(error)), capped=capped)


def take(answer: ChatAnswer, *events: bytes) -> list[LlmEvent]:
    return answer.take(SseDecoder().feed(b"".join(events)))


def pieces(*arguments: str | None, index: int = 0, **first: Any) -> list[bytes]:
    """A tool call, its arguments in pieces."""
    head = {"index": index, "type": "function", **first}
    head["function"] = {"name": first.pop("name", "f"), "arguments": arguments[0] if arguments else ""}
    head.pop("name", None)
    return [
        chunk(tool_calls=[head]),
        *(chunk(tool_calls=[{"index": index, "function": {"arguments": more}}]) for more in arguments[1:]),
    ]


def test_text() -> None:
    answer = fresh()
    opening = chunk("", role="assistant")
    assert take(answer, opening, chunk("Hel"), chunk("lo")) == [TextDelta("Hel"), TextDelta("lo")]
    assert take(answer, chunk(finish="stop"), DONE) == []
    assert answer.done
    answer.end()


def test_thoughts_are_not_text() -> None:
    thought = b'{"choices": [{"delta": {"reasoning_content": "hmm", "reasoning": "hmm", "content": null}}]}'
    part = (
        b'{"choices": [{"delta": {"content": [{"type": "thinking", "thinking": []}, {"type": "text", "text": "Hi"}]}}]}'
    )
    assert take(fresh(), event(thought), event(part)) == [TextDelta("Hi")]


def test_a_refusal_is_what_the_model_says() -> None:
    assert take(fresh(), chunk(refusal="I will not.")) == [TextDelta("I will not.")]


def test_tool_calls_come_once_and_complete() -> None:
    answer = fresh()
    assert take(answer, *pieces('{"ci', 'ty": "Ro', id="call_1", name="weather")) == []
    assert take(answer, chunk(tool_calls=[{"index": 0, "function": {"arguments": 'me"}'}}])) == []
    assert take(answer, *pieces("", index=1, id="call_2", name="now")) == []
    assert take(answer, chunk(finish="tool_calls")) == [
        ToolCall("call_1", "weather", '{"city": "Rome"}'),
        ToolCall("call_2", "now", "{}"),
    ]
    assert take(answer, DONE) == []


def test_tool_calls_come_at_the_end_mark_too() -> None:
    assert take(fresh(), *pieces("{}", id="call_1"), DONE) == [ToolCall("call_1", "f", "{}")]


def test_text_and_tool_calls_keep_their_order() -> None:
    events = take(fresh(), chunk("One moment."), *pieces("{}", id="call_1"), chunk(finish="tool_calls"), DONE)
    assert events == [TextDelta("One moment."), ToolCall("call_1", "f", "{}")]


def test_servers_that_use_index_0_for_every_call() -> None:
    events = take(fresh(), *pieces('{"a": 1}', id="one"), *pieces('{"b": 2}', id="two"), chunk(finish="tool_calls"))
    assert events == [ToolCall("one", "f", '{"a": 1}'), ToolCall("two", "f", '{"b": 2}')]


def test_a_call_without_id_gets_one() -> None:
    (made,) = take(fresh(), *pieces("{}"), DONE)
    assert isinstance(made, ToolCall)
    assert made.id.startswith("call_")


@pytest.mark.parametrize("arguments", ["", "  ", "null"])
def test_no_arguments_are_an_empty_object(arguments: str) -> None:
    assert take(fresh(), *pieces(arguments, id="c"), DONE) == [ToolCall("c", "f", "{}")]


@pytest.mark.parametrize("arguments", ['{"a":', "{a: 1}", '{"a": 1}}'])
def test_arguments_that_are_not_json(arguments: str) -> None:
    with pytest.raises(MalformedResponse):
        take(fresh(), *pieces(arguments, id="c"), chunk(finish="tool_calls"))


def test_a_call_without_a_name() -> None:
    with pytest.raises(MalformedResponse):
        take(fresh(), chunk(tool_calls=[{"index": 0, "id": "c"}]), DONE)


@pytest.mark.parametrize(("capped", "kind"), [(True, CallerError), (False, TruncatedResponse)])
def test_a_tool_call_that_the_token_limit_cuts(capped: bool, kind: type[ProviderError]) -> None:
    with pytest.raises(kind, match="token limit"):
        take(fresh(capped=capped), *pieces('{"a":', id="c"), chunk(finish="length"))


def test_arguments_without_end() -> None:
    answer = fresh()
    big = "x" * 500_000
    take(answer, *pieces(big, big, id="c"))
    with pytest.raises(MalformedResponse):
        take(answer, *pieces(big, id="c"))


@pytest.mark.parametrize("finish", ["stop", "length", "content_filter"])
def test_an_answer_is_whole_once_it_has_a_reason_to_end(finish: str) -> None:
    answer = fresh()
    take(answer, chunk("Hi"), chunk(finish=finish))
    answer.end()


def test_an_answer_without_an_end_is_truncated() -> None:
    answer = fresh()
    take(answer, chunk("Hi"))
    with pytest.raises(TruncatedResponse):
        answer.end()


def test_an_empty_answer_ends_in_good_order() -> None:
    answer = fresh()
    assert take(answer, chunk(""), chunk(finish="stop"), DONE) == []
    answer.end()


def test_an_answer_that_was_withheld() -> None:
    answer = fresh()
    take(answer, chunk(finish="content_filter"), DONE)
    with pytest.raises(EmptyResult):
        answer.end()


@pytest.mark.parametrize("data", ["{", "[]", '"x"', '{"choices": [{"delta": {"content": 7}}]}', "\xff", '{"a":1},{}'])
def test_events_that_cannot_be_read(data: str) -> None:
    with pytest.raises(MalformedResponse):
        fresh().take([data.encode("latin-1")])


@pytest.mark.parametrize("error", [{"message": "boom", "code": 502}, "boom"])
def test_an_error_in_the_middle(error: Any) -> None:
    data = b'{"error": ' + (b'"boom"' if error == "boom" else b'{"message": "boom", "code": 502}') + b"}"
    with pytest.raises(ProviderUnavailable, match="boom"):
        take(fresh(), chunk("Hi"), event(data))


def test_what_follows_the_end_mark_is_ignored() -> None:
    assert take(fresh(), chunk("Hi"), DONE, event("{not json")) == [TextDelta("Hi")]


# ---- usage ----


def test_tokens_are_estimated_until_the_vendor_tells() -> None:
    usage = Usage(input_tokens=9, estimated=True)
    answer = fresh(usage)
    take(answer, chunk("12345"))
    assert (usage.output_tokens, usage.estimated) == (2, True)
    take(answer, *pieces('{"a": 1}', id="c"), chunk(finish="tool_calls"))
    assert usage.output_tokens == 4
    reported = CompletionUsage.model_validate(
        {
            "prompt_tokens": 100,
            "completion_tokens": 20,
            "total_tokens": 120,
            "prompt_tokens_details": {"cached_tokens": 64},
            "completion_tokens_details": {"reasoning_tokens": 12},
        }
    )
    take(answer, usage_chunk(reported), DONE)
    assert usage == Usage(input_tokens=100, output_tokens=20, cached_tokens=64, estimated=False)


def test_reasoning_tokens_that_only_the_total_counts() -> None:
    usage = Usage()
    reported = CompletionUsage(prompt_tokens=10, completion_tokens=5, total_tokens=40)
    take(fresh(usage), chunk("Hi"), usage_chunk(reported), DONE)
    assert (usage.input_tokens, usage.output_tokens, usage.estimated) == (10, 30, False)


@pytest.mark.parametrize(
    "reported",
    [
        {"prompt_tokens": -5_000_000, "completion_tokens": 1},
        {"prompt_tokens": 10, "completion_tokens": -1_000_000, "total_tokens": -999_990},
        {"prompt_tokens": 10, "completion_tokens": 2**63 - 1},
        {"prompt_tokens": 10, "completion_tokens": 1, "total_tokens": 10**30},
        {"prompt_tokens": 10, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": -64}},
    ],
)
def test_usage_that_cannot_be_true_leaves_our_own_count(reported: dict[str, Any]) -> None:
    usage = Usage(input_tokens=9, estimated=True)
    take(fresh(usage), chunk("Hi, you"), event(json.dumps({"choices": [], "usage": reported})), DONE)
    assert usage == Usage(input_tokens=9, output_tokens=2, estimated=True)


def test_usage_in_every_chunk_counts_as_it_stands() -> None:
    usage = Usage()
    answer = fresh(usage)
    for tokens in (1, 2, 3):
        reported = CompletionUsage(prompt_tokens=10, completion_tokens=tokens, total_tokens=10 + tokens)
        take(answer, chunk("Hi"), usage_chunk(reported))
    assert usage.output_tokens == 3


@pytest.mark.parametrize("usage", [b"null", b"{}", b'{"prompt_tokens": null}'])
def test_a_usage_that_says_nothing(usage: bytes) -> None:
    kept = Usage(input_tokens=9, estimated=True)
    take(fresh(kept), event(b'{"choices": [], "usage": ' + usage + b"}"), DONE)
    assert (kept.input_tokens, kept.estimated) == (9, True)


# ---- answers in one piece ----


def test_an_answer_in_one_piece() -> None:
    usage = Usage()
    answer = fresh(usage)
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": '{"a": 1}'}}
    reported = CompletionUsage(prompt_tokens=10, completion_tokens=5, total_tokens=15)
    body = completion({"content": "Hi", "tool_calls": [call]}, finish="tool_calls", usage=reported)
    assert answer.take_whole(body) == [TextDelta("Hi"), ToolCall("c", "f", '{"a": 1}')]
    answer.end()
    assert usage == Usage(input_tokens=10, output_tokens=5)


@pytest.mark.parametrize("body", [b"{}", b'{"choices": []}', b"[]", b"", b"<html>"])
def test_one_piece_that_is_no_answer(body: bytes) -> None:
    with pytest.raises(MalformedResponse):
        fresh().take_whole(body)


def test_one_piece_that_is_an_error() -> None:
    with pytest.raises(ProviderUnavailable):
        fresh().take_whole(b'{"error": {"message": "boom"}}')


# ---- any split ----


@given(st.lists(st.text(min_size=1, max_size=9), max_size=12), st.lists(st.integers(0, 5000), max_size=20))
def test_reads_of_any_size_give_the_same_answer(texts: list[str], cuts: list[int]) -> None:
    calls = [*pieces('{"te', 'xt": 1}', id="c")]
    stream = b"".join([*(chunk(text) for text in texts), *calls, chunk(finish="tool_calls"), DONE])
    edges = [0, *sorted(cut % len(stream) for cut in cuts), len(stream)]
    decoder, answer, events = SseDecoder(), fresh(), []
    for start, end in itertools.pairwise(edges):
        events += answer.take(decoder.feed(stream[start:end]))
    answer.end()
    assert events == [*map(TextDelta, texts), ToolCall("c", "f", '{"text": 1}')]
