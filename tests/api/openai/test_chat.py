"""`POST /v1/chat/completions`, called by the `openai` package."""

from pathlib import Path
from typing import Any

import httpx
import openai
import pytest

from speko.providers.errors import CallerError, ConnectFailed, ConnectionLost
from speko.providers.llm import LlmOptions, TextDelta, ToolCall
from tests.api.openai.doors import doors
from tests.api.vendors import Scripted

HI: Any = [{"role": "user", "content": "hi"}]
WEATHER: Any = {
    "type": "function",
    "function": {
        "name": "get-weather",
        "strict": True,
        "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
    },
}


async def test_an_answer_in_one_piece(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, gateway):
        raw = await client.chat.completions.with_raw_response.create(model="auto", messages=HI)
        answer = raw.parse()
        (choice,) = answer.choices
        assert (answer.object, answer.model) == ("chat.completion", "brain")
        assert (choice.message.role, choice.message.content) == ("assistant", "hello from alpha")
        assert (choice.finish_reason, choice.message.tool_calls) == ("stop", None)
        assert answer.usage is not None
        assert (answer.usage.prompt_tokens, answer.usage.completion_tokens, answer.usage.total_tokens) == (10, 5, 15)
        assert answer.id == f"chatcmpl-{raw.headers['x-request-id']}"
        assert raw.headers["x-speko-provider"] == "alpha"
        assert raw.headers["x-speko-failover-count"] == "0"
        (row,) = await gateway.usage()
        assert (row["metric"], row["quantity"]) == ("llm_tokens", 15.0)
        (attempt,) = await gateway.attempts(raw.headers["x-request-id"])
        assert attempt["provider"] == "alpha"


@pytest.mark.parametrize("with_usage", [True, False])
async def test_a_stream(tmp_path: Path, with_usage: bool) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, _):
        options: Any = {"include_usage": True} if with_usage else openai.omit
        stream = await client.chat.completions.create(model="auto", messages=HI, stream=True, stream_options=options)
        chunks = [chunk async for chunk in stream]
        assert {chunk.object for chunk in chunks} == {"chat.completion.chunk"}
        assert len({chunk.id for chunk in chunks}) == 1
        deltas = [choice.delta for chunk in chunks for choice in chunk.choices]
        assert deltas[0].role == "assistant"
        assert [delta.content for delta in deltas] == ["", "hello ", "from ", "alpha", None]
        reasons = [choice.finish_reason for chunk in chunks for choice in chunk.choices]
        assert reasons == [None, None, None, None, "stop"]
        usages = [chunk.usage for chunk in chunks if chunk.usage]
        assert [usage.total_tokens for usage in usages] == ([15] if with_usage else [])
        assert [chunk.choices for chunk in chunks if chunk.usage] == ([[]] if with_usage else [])


async def test_the_stream_ends_with_its_mark_and_a_read_leaves_in_one_write(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (_, gateway):
        body = {"model": "auto", "messages": HI, "stream": True}
        answer = await gateway.client.post("/v1/chat/completions", json=body)
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.text.endswith("data: [DONE]\n\n")
        assert answer.text.count("data: ") == 6


async def test_tool_calls_and_their_results(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [[ToolCall("call_1", "get-weather", '{"city":"Rome"}'), ToolCall("call_2", "get-weather", "{}")]]
    async with doors(tmp_path, alpha) as (client, _):
        asked: Any = {"model": "auto", "messages": HI, "tools": [WEATHER], "parallel_tool_calls": True}
        answer = await client.chat.completions.create(**asked, tool_choice="required")
        message = answer.choices[0].message
        assert answer.choices[0].finish_reason == "tool_calls"
        assert message.content is None
        assert message.tool_calls is not None
        calls = [call for call in message.tool_calls if call.type == "function"]
        assert [(c.id, c.function.name, c.function.arguments) for c in calls] == [
            ("call_1", "get-weather", '{"city":"Rome"}'),
            ("call_2", "get-weather", "{}"),
        ]
        stream = await client.chat.completions.create(**asked, stream=True)
        deltas = [choice async for chunk in stream for choice in chunk.choices]
        found = [call for choice in deltas for call in choice.delta.tool_calls or ()]
        assert [(call.index, call.id) for call in found] == [(0, "call_1"), (1, "call_2")]
        assert [call.function.arguments for call in found if call.function] == ['{"city":"Rome"}', "{}"]
        assert deltas[-1].finish_reason == "tool_calls"
        alpha.llm = [[TextDelta("sunny")]]
        results: Any = [{"role": "tool", "tool_call_id": call.id, "content": "sun"} for call in calls]
        spoken: Any = [*HI, message.model_dump(exclude_none=True), *results]
        assert (await client.chat.completions.create(**{**asked, "messages": spoken})).choices[0].message.content
        request = alpha.requests[-1]
        assert [(m.role, m.content, m.tool_call_id) for m in request.messages[1:]] == [
            ("assistant", "", None),
            ("tool", "sun", "call_1"),
            ("tool", "sun", "call_2"),
        ]
        assert request.messages[1].tool_calls[0] == ToolCall("call_1", "get-weather", '{"city":"Rome"}')


async def test_what_the_model_is_asked(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, _):
        messages: Any = [
            {"role": "developer", "content": "be brief"},
            {
                "role": "user",
                "name": "ann",
                "content": [{"type": "text", "text": "one"}, {"type": "text", "text": "2"}],
            },
        ]
        choice: Any = {"type": "function", "function": {"name": "get-weather"}}
        await client.chat.completions.create(
            model="auto",
            messages=messages,
            temperature=0.5,
            max_completion_tokens=7,
            tools=[WEATHER],
            tool_choice=choice,
            parallel_tool_calls=False,
            n=1,
            logprobs=False,
            user="u",
            metadata={"a": "b"},
            store=False,
            response_format={"type": "text"},
            extra_body={"language": "de-AT"},
        )
        (request,) = alpha.requests
        assert [(m.role, m.content) for m in request.messages] == [("system", "be brief"), ("user", "one\n2")]
        assert (request.temperature, request.max_tokens, request.language) == (0.5, 7, "de-AT")
        assert (request.tool_choice.function.name, request.parallel_tool_calls) == ("get-weather", False)
        assert request.tools[0].parameters == WEATHER["function"]["parameters"]
        assert request.options is None


async def test_wishes_that_only_some_models_know(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    alpha = Scripted("alpha")
    schema: Any = {"type": "json_schema", "json_schema": {"name": "x", "schema": {"type": "object"}}}
    async with doors(tmp_path, alpha) as (client, gateway):
        await client.chat.completions.create(model="auto", messages=HI, top_p=0.5, seed=7)
        assert alpha.requests[0].options is None, "a wish that changes no form is left out where it is not known"
        for binding in ({"stop": "END"}, {"response_format": schema}):
            with pytest.raises(openai.BadRequestError, match="alpha: knows neither") as caught:
                await client.chat.completions.create(model="auto", messages=HI, **binding)
            assert [caught.value.param] == list(binding)
        connector: Any = gateway.gateway.connectors.llm("alpha")
        monkeypatch.setattr(connector, "capabilities", type(connector.capabilities)(tools=True, options=True))
        await client.chat.completions.create(
            model="auto", messages=HI, stop=["a", "b"], top_p=0.5, seed=7, presence_penalty=1, response_format=schema
        )
        assert alpha.requests[-1].options == LlmOptions(
            stop=("a", "b"), top_p=0.5, seed=7, presence_penalty=1, response_format=schema
        )


async def test_a_token_limit_shows_as_length(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, gateway):
        connector: Any = gateway.gateway.connectors.llm("alpha")
        complete = connector.complete

        def limited(request: Any, call: Any) -> Any:
            call.finish_reason = "length"
            return complete(request, call)

        connector.complete = limited
        answer = await client.chat.completions.create(model="auto", messages=HI, max_tokens=1)
        assert answer.choices[0].finish_reason == "length"


async def test_another_vendor_takes_over(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    async with doors(tmp_path, alpha, beta) as (client, _):
        alpha.llm = [ConnectFailed("refused")]
        raw = await client.chat.completions.with_raw_response.create(model="auto", messages=HI)
        assert raw.parse().choices[0].message.content == "hello from beta"
        assert (raw.headers["x-speko-provider"], raw.headers["x-speko-failover-count"]) == ("beta", "1")


async def test_an_answer_in_one_piece_survives_a_break(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = [[TextDelta("half")], ConnectionLost("cut")]
    async with doors(tmp_path, alpha, beta) as (client, gateway):
        answer = await client.chat.completions.create(model="auto", messages=HI)
        assert answer.choices[0].message.content == "hello from beta"
        assert [row["provider"] for row in await gateway.usage()] == ["beta"]


async def test_a_stream_that_breaks_off_says_so(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [[TextDelta("half")], ConnectionLost("the line was cut")]
    async with doors(tmp_path, alpha, Scripted("beta")) as (client, gateway):
        said = []
        stream = await client.chat.completions.create(model="alpha:brain", messages=HI, stream=True)
        with pytest.raises(openai.APIError, match="alpha: the line was cut") as caught:
            async for chunk in stream:
                said.append(chunk.choices[0].delta.content)
        assert said == ["", "half"]
        assert (caught.value.type, caught.value.code) == ("server_error", "complete_failed")
        body = {"model": "alpha:brain", "messages": HI, "stream": True}
        answer = await gateway.client.post("/v1/chat/completions", json=body)
        assert "[DONE]" not in answer.text


async def test_nobody_answers(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [ConnectFailed("refused")]
    async with doors(tmp_path, alpha) as (client, _):
        with pytest.raises(openai.InternalServerError) as caught:
            await client.chat.completions.create(model="auto", messages=HI)
        assert (caught.value.type, caught.value.code) == ("server_error", "complete_failed")
        assert isinstance(caught.value.body, dict)
        assert caught.value.body["errors"][0]["message"] == "refused"
        assert caught.value.body["reason"] == "ALL_PROVIDERS_FAILED"


async def test_a_vendor_that_refuses_the_content(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    alpha.llm = [CallerError("too long", status=400)]
    async with doors(tmp_path, alpha) as (client, _):
        with pytest.raises(openai.BadRequestError, match="alpha refused the request: too long"):
            await client.chat.completions.create(model="auto", messages=HI)


@pytest.mark.parametrize(
    ("change", "param"),
    [
        ({"n": 2}, "n"),
        ({"logprobs": True}, "logprobs"),
        ({"logit_bias": {"1": 2}}, "logit_bias"),
        ({"modalities": ["text", "audio"]}, "modalities"),
        ({"functions": [{"name": "x"}]}, "functions"),
        ({"response_format": {"type": "grammar"}}, "response_format.type"),
        ({"temperature": 3}, "temperature"),
        ({"tool_choice": "required"}, "tool_choice"),
        ({"tools": [WEATHER, WEATHER]}, "tools"),
        ({"tools": [WEATHER], "tool_choice": {"type": "function", "function": {"name": "x"}}},
         "tool_choice.function.name"),
        ({"messages": []}, "messages"),
        ({"messages": [{"role": "user"}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]},
         "messages.0.content.0.type"),
        ({"messages": [{"role": "tool", "content": "x", "tool_call_id": "y"}]}, "messages.0.tool_call_id"),
        ({"messages": [{"role": "assistant", "tool_calls": [
            {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{"}}]}]},
         "messages.0.tool_calls.0.function.arguments"),
        ({"language": "english please"}, "language"),
        ({"model": ""}, "model"),
    ],
)  # fmt: skip
async def test_what_is_refused(tmp_path: Path, change: dict[str, Any], param: str) -> None:
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha) as (client, _):
        body = {"model": "auto", "messages": HI, **change}
        with pytest.raises(openai.BadRequestError) as caught:
            await client.post("/chat/completions", body=body, cast_to=httpx.Response)
        assert (caught.value.type, caught.value.param) == ("invalid_request_error", param)
        assert alpha.requests == []
