"""Transcript, timings, and turns from outside, over a real socket."""

from pathlib import Path
from typing import Any

import pytest

from tests.api.running import running
from tests.api.sessions.speakers import registry_of
from tests.api.sessions.stored import sessions_of, stored, turn_body
from tests.storage.session_rows import spoken, timing


async def test_turns_go_in_and_come_out(tmp_path: Path) -> None:
    full = turn_body(
        1,
        source="agent",
        startedAt="2026-03-14T13:00:00.1239+01:00",
        endedAt="2026-03-14T12:00:01",
        provider="alpha",
        model="voice",
        eouMs=1,
        llmTtftMs=2.5,
        ttsTtfbMs=0,
        conversationalLatencyMs=4,
        latencyStatus="complete",
        toolCalls=[{"name": "look", "args": {"where": ["here"]}}, {"name": "wait"}],
        unknown=1,
    )
    nulls = dict.fromkeys("endedAt provider model eouMs llmTtftMs ttsTtfbMs conversationalLatencyMs".split())
    plain = turn_body(0, **nulls, latencyStatus=None, toolCalls=None)
    async with running(tmp_path, registry_of()) as gateway:
        url = f"/v1/sessions/{(await stored(gateway)).id}"
        answer = await gateway.client.post(f"{url}/turns", json={"turns": [full, plain]})
        assert (answer.status_code, answer.content) == (202, b"")
        first, second = (await gateway.client.get(f"{url}/transcript")).json()["entries"]
        assert first.pop("id").startswith("turn_")
        assert first == {
            **nulls,
            "index": 0,
            "source": "user",
            "text": "text 0",
            "startedAt": "2026-03-14T12:00:00.000Z",
            "latencyStatus": None,
            "toolCalls": [],
        }
        assert second.pop("id").startswith("turn_")
        assert second == {
            "index": 1,
            "source": "agent",
            "text": "text 1",
            "startedAt": "2026-03-14T12:00:00.123Z",
            "endedAt": "2026-03-14T12:00:01.000Z",
            "provider": "alpha",
            "model": "voice",
            "eouMs": 1.0,
            "llmTtftMs": 2.5,
            "ttsTtfbMs": 0.0,
            "conversationalLatencyMs": 4.0,
            "latencyStatus": "complete",
            "toolCalls": [{"name": "look", "args": {"where": ["here"]}}, {"name": "wait", "args": None}],
        }


async def test_a_turn_again_replaces_the_first_and_keeps_its_id(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        url = f"/v1/sessions/{row.id}"
        await gateway.client.post(f"{url}/turns", json={"turns": [turn_body(text="old")]})
        ((before),) = (await gateway.client.get(f"{url}/transcript")).json()["entries"]
        sessions_of(gateway).journal.ended(row.id, "ended", "client_closed")
        twice = {"turns": [turn_body(text="new"), turn_body(text="newest")]}
        answer = await gateway.client.post(f"{url}/turns", json=twice)
        assert answer.status_code == 202, "late turns of a session that has ended are taken"
        assert (await gateway.client.get(f"{url}/transcript")).json()["entries"] == [{**before, "text": "newest"}]


@pytest.mark.parametrize(
    ("turns", "path"),
    [
        ([], "turns"),
        ([turn_body()] * 201, "turns"),
        (None, "turns"),
        ([turn_body(), turn_body(-1)], "turns.1.index"),
        ([turn_body(2**31)], "turns.0.index"),
        ([turn_body(0.5)], "turns.0.index"),  # type: ignore[arg-type]
        ([turn_body(source="assistant")], "turns.0.source"),
        ([turn_body(text="")], "turns.0.text"),
        ([turn_body(text="x" * 16_385)], "turns.0.text"),
        ([turn_body(startedAt="yesterday")], "turns.0.startedAt"),
        ([turn_body(startedAt="0001-01-01T00:00:00+14:00")], "turns.0"),
        ([turn_body(startedAt=None)], "turns.0.startedAt"),
        ([turn_body(eouMs=-1)], "turns.0.eouMs"),
        ([turn_body(eouMs=1e300)], "turns.0.eouMs"),
        ([turn_body(latencyStatus="done")], "turns.0.latencyStatus"),
        ([turn_body(toolCalls=[{}])], "turns.0.toolCalls.0.name"),
        ([{"index": 0, "source": "user", "startedAt": "2026-03-14T12:00:00Z"}], "turns.0.text"),
    ],
    ids=lambda value: str(value)[:60],
)
async def test_a_batch_with_a_mistake_is_refused_as_a_whole(tmp_path: Path, turns: Any, path: str) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        url = f"/v1/sessions/{(await stored(gateway)).id}"
        answer = await gateway.client.post(f"{url}/turns", json={"turns": turns})
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert [issue["path"] for issue in answer.json()["issues"]] == [path]
        assert (await gateway.client.get(f"{url}/transcript")).json() == {"entries": []}


async def test_the_longest_turn_and_the_largest_batch(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        url = f"/v1/sessions/{(await stored(gateway)).id}"
        turns = [turn_body(index, text="\x00" + "ä" * 16_383) for index in range(199)] + [turn_body(2**31 - 1)]
        answer = await gateway.client.post(f"{url}/turns", json={"turns": turns})
        assert answer.status_code == 202
        entries = (await gateway.client.get(f"{url}/transcript")).json()["entries"]
        assert [entry["index"] for entry in entries] == [*range(199), 2**31 - 1]
        assert entries[0]["text"] == "\ufffd" + "ä" * 16_383, "a NUL is what PostgreSQL does not take"


async def test_what_the_journal_was_told_is_seen_at_once(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        journal = sessions_of(gateway).journal
        journal.words(row.id, spoken("hello"), "alpha", "voice")
        journal.words(row.id, spoken("hi!", role="assistant"), "alpha", "voice")
        journal.turn(row.id, timing(0, interrupted=True))
        url = f"/v1/sessions/{row.id}"
        entries = (await gateway.client.get(f"{url}/transcript")).json()["entries"]
        assert [(e["index"], e["source"], e["text"]) for e in entries] == [(0, "user", "hello"), (1, "agent", "hi!")]
        timings = (await gateway.client.get(f"{url}/turns")).json()
        assert timings == {
            "entries": [
                {
                    "index": 0,
                    "startedAt": "2026-03-14T12:00:00.000Z",
                    "interrupted": True,
                    "stages": [
                        {"stage": "speech_ended", "ms": 0, "provider": None, "model": None},
                        {"stage": "first_audio", "ms": 300, "provider": "openai", "model": "gpt-realtime"},
                    ],
                }
            ]
        }


async def test_a_new_session_has_neither_words_nor_timings(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        url = f"/v1/sessions/{(await stored(gateway)).id}"
        for path in ("/transcript", "/turns"):
            assert (await gateway.client.get(url + path)).json() == {"entries": []}
