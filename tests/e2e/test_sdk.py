"""Both SDK clients against a whole gateway, on the embedded engines and on scripted vendors."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from speko import AsyncSpeko, Speko, SpekoApiError, SpekoAuthError
from speko.providers.errors import ConnectFailed, ConnectionLost
from speko.providers.llm import TextDelta, ToolCall
from tests.api.running import running
from tests.api.vendors import Scripted, registry_of

INTENT = {"language": "en", "optimize_for": "latency"}
QUESTION: list[dict[str, Any]] = [{"role": "user", "content": "What is twelve times twelve?"}]


async def test_a_spoken_question_and_its_answer_on_embedded_engines(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko:
        question = await speko.synthesize(str(QUESTION[0]["content"]), language="en")
        assert (question.provider, question.content_type) == ("flite", "audio/pcm;rate=24000")
        heard = await speko.transcribe(question.audio, language="en", content_type=question.content_type)
        assert "twelve times twelve" in heard.text
        assert heard.provider == "pocketsphinx"
        answer = await speko.complete(messages=[{"role": "user", "content": heard.text}], intent=INTENT)
        assert "144" in answer.text
        assert answer.usage.completion_tokens > 0
        usage = await speko.usage.get()
        assert {(row.provider, row.charge_kind, row.cost) for row in usage.breakdown} == {
            ("flite", "free", 0.0),
            ("pocketsphinx", "free", 0.0),
            ("speko", "free", 0.0),
        }


async def test_the_synchronous_client_does_the_same(tmp_path: Path) -> None:
    def talk(url: str, key: str) -> str:
        with Speko(api_key=key, base_url=url) as speko:
            question = speko.synthesize(str(QUESTION[0]["content"]), language="en")
            heard = speko.transcribe(question.audio, language="en", content_type=question.content_type)
            events = list(speko.complete_stream(messages=[{"role": "user", "content": heard.text}], intent=INTENT))
            assert [events[0].type, events[-1].type] == ["meta", "done"]
            with speko.synthesize_stream("Good morning.", language="en") as speech:
                assert sum(len(chunk) for chunk in speech) > 10_000
            return "".join(event.text for event in events if event.type == "delta")

    async with running(tmp_path) as gateway:
        assert "144" in await asyncio.to_thread(talk, gateway.url, gateway.key)


async def test_failover_and_its_attempts(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    alpha.llm = [ConnectFailed("refused")]
    async with (
        running(tmp_path, registry_of(alpha, beta), keys=("alpha", "beta")) as gateway,
        AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko,
    ):
        result = await speko.complete(messages=QUESTION, intent=INTENT)
        assert (result.provider, result.failover_count) == ("beta", 1)
        assert result.request_id is not None
        found = await speko.requests.get(result.request_id)
        assert [(a.provider, a.outcome, a.cause) for a in found.attempts] == [
            ("alpha", "failed", "connect"),
            ("beta", "served", None),
        ]


async def test_errors_arrive_as_exceptions(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    async with (
        running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway,
        AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko,
    ):
        alpha.llm = [[TextDelta("half")], ConnectionLost("cut")]
        with pytest.raises(SpekoApiError) as broken:
            await speko.complete(messages=QUESTION, intent=INTENT)
        assert (broken.value.status, broken.value.code) == (200, "COMPLETE_FAILED")
        with pytest.raises(SpekoApiError) as refused:
            await speko.complete(messages=[], intent=INTENT)
        assert (refused.value.status, refused.value.code) == (400, "VALIDATION_ERROR")
        async with AsyncSpeko(api_key="sk_live_" + "0" * 48, base_url=gateway.url) as stranger:
            with pytest.raises(SpekoAuthError):
                await stranger.organization.get()


async def test_tools_go_round(tmp_path: Path) -> None:
    alpha = Scripted("alpha")
    tool = {"name": "look", "description": "looks", "parameters": {"type": "object"}}
    async with (
        running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway,
        AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko,
    ):
        alpha.llm = [[ToolCall("c1", "look", "{}")]]
        asked = await speko.complete(messages=QUESTION, intent=INTENT, tools=[tool])
        assert asked.tool_calls is not None
        alpha.llm = [[TextDelta("It is there.")]]
        messages: list[dict[str, Any]] = [
            *QUESTION,
            {"role": "assistant", "content": asked.text, "toolCalls": [c.model_dump() for c in asked.tool_calls]},
            {"role": "tool", "content": "there", "toolCallId": asked.tool_calls[0].id},
        ]
        told = await speko.complete(messages=messages, intent=INTENT, tools=[tool])
        assert told.text == "It is there."
        assert alpha.requests[-1].messages[-1].tool_call_id == "c1"


async def test_resources(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway, AsyncSpeko(api_key=gateway.key, base_url=gateway.url) as speko:
        organization = await speko.organization.get()
        assert organization.slug == "default"
        made = await speko.api_keys.create("another")
        assert made.key.startswith("sk_live_")
        assert {key.id for key in await speko.api_keys.list()} >= {made.id}
        assert (await speko.api_keys.revoke(made.id)).revoked
        await speko.providers.set("openai", "own-key")
        rows = [row for row in await speko.providers.list() if row.key == "openai" and row.type == "llm"]
        assert [(row.configured, row.source) for row in rows] == [(True, "BYOK")]
        stack = await speko.benchmarks.stack("en", explain=True)
        assert stack.llm is not None
        assert stack.llm.axes
        await speko.providers.delete("openai")
        engine = await speko.providers.test("pocketsphinx")
        assert (engine.ok, engine.source, engine.latency_ms) == (True, None, None)
        scores = await speko.benchmarks.scores(modality="stt", language="en-GB")
        assert {row.snapshot_id for row in scores.rows} == {snapshot.id for snapshot in scores.snapshots}
        known = await speko.providers.known()
        assert any(entry.id == "pocketsphinx:en-us" for entry in known.stt)
        voices = await speko.voices.list(provider="flite")
        assert {voice.vendor for voice in voices.voices} == {"flite"}
