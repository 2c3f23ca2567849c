from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.providers.call import Call
from speko.providers.embedded.rules.responder import Rules
from speko.providers.errors import Unsupported
from speko.providers.llm import ChatMessage, LlmEvent, LlmRequest, TextDelta, Tool, ToolCall
from tests.providers.embedded.spoken import a_call, collected

RULES = Rules(lambda: datetime(2025, 11, 21, 15, 5, tzinfo=UTC))
WEATHER = Tool(
    "get_weather",
    "Current weather",
    {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
)


async def events(text: str, call: Call | None = None, **options: Any) -> list[LlmEvent]:
    request = LlmRequest(model="rules", messages=(ChatMessage("user", text),), **options)
    return await collected(RULES.complete(request, call or a_call()))


async def answer(text: str, call: Call | None = None, **options: Any) -> str:
    return "".join(event.text for event in await events(text, call, **options) if isinstance(event, TextDelta))


async def test_words_come_one_by_one_in_batches() -> None:
    request = LlmRequest(model="rules", messages=(ChatMessage("user", "help"),))
    batches = [batch async for batch in RULES.complete(request, a_call())]
    assert len(batches) > 1
    assert all(1 <= len(batch) <= 8 for batch in batches)
    assert "".join(d.text for b in batches for d in b if isinstance(d, TextDelta)) == await answer("help")


async def test_usage_is_estimated() -> None:
    call = a_call()
    text = await answer("what is twelve times twelve", call)
    assert text == "12 times 12 is 144."
    assert call.usage.estimated
    assert call.usage.input_tokens == -(-len("what is twelve times twelve") // 4)
    assert call.usage.output_tokens == -(-len(text) // 4)


async def test_tool_calls_are_the_whole_answer() -> None:
    call = a_call()
    assert await events("weather in Rome", call, tools=(WEATHER,)) == [
        ToolCall("call_1_0", "get_weather", '{"city":"Rome"}')
    ]
    assert call.usage.output_tokens > 0
    assert call.usage.input_tokens > 20, "tools are part of the prompt"


async def test_a_tools_result_is_said() -> None:
    messages = (
        ChatMessage("user", "weather in Rome"),
        ChatMessage("assistant", tool_calls=(ToolCall("a", "get_weather", '{"city":"Rome"}'),)),
        ChatMessage("tool", '{"temperature":21}', tool_call_id="a"),
    )
    request = LlmRequest(model="rules", messages=messages, tools=(WEATHER,))
    said = await collected(RULES.complete(request, a_call()))
    assert "".join(event.text for event in said if isinstance(event, TextDelta)) == "Temperature is 21."


async def test_the_system_prompt_may_name_it() -> None:
    assert "I am Nova" in await answer("who are you", system_prompt="You are Nova.")


async def test_other_languages_are_refused() -> None:
    with pytest.raises(Unsupported):
        await answer("Hallo", language="de-DE")


@given(st.text(min_size=1, max_size=100), st.integers(1, 30))
async def test_max_tokens_is_obeyed(text: str, max_tokens: int) -> None:
    call = a_call()
    said = await answer(text, call, max_tokens=max_tokens)
    assert said
    assert len(said) <= 4 * max_tokens
    assert call.usage.output_tokens <= max_tokens
    assert (await answer(text)).startswith(said)
