"""`GET /v1/sessions` and `GET /v1/sessions/{id}` over a real socket."""

from base64 import urlsafe_b64encode
from pathlib import Path
from typing import Any

import pytest

from speko.realtime.spec import SessionSpec
from speko.routing.intent import RoutingIntent
from tests.api.running import Running, running
from tests.api.sessions.speakers import PINNED, registry_of
from tests.api.sessions.stored import MINUTE, NEVER_AN_ID, NOON, UNKNOWN, foreign, organization_of, sessions_of, stored


async def _ids(gateway: Running, **query: Any) -> list[str]:
    answer = await gateway.client.get("/v1/sessions", params=query)
    assert answer.status_code == 200, answer.text
    return [entry["sessionId"] for entry in answer.json()["entries"]]


async def test_a_created_session_is_listed_and_shown(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of("alpha"), keys=("alpha",)) as gateway:
        made = (await gateway.client.post("/v1/sessions", json={**PINNED, "metadata": {"a": [1]}})).json()
        listed = (await gateway.client.get("/v1/sessions")).json()
        entry = (await gateway.client.get(f"/v1/sessions/{made['sessionId']}")).json()
        assert listed == {"entries": [entry], "nextCursor": None}
        created_at = entry.pop("createdAt")
        assert created_at < made["expiresAt"]
        assert entry == {
            "sessionId": made["sessionId"],
            "status": "created",
            "kind": "s2s",
            "pipelineConfig": {
                "agentId": None,
                "provider": "alpha",
                "model": "voice",
                "inputSampleRate": 24000,
                "outputSampleRate": 24000,
            },
            "recordingObjectPath": None,
            "recordingDurationMs": None,
            "recordingStatus": None,
            "expiresAt": made["expiresAt"],
            "endedAt": None,
            "endReason": None,
            "provider": None,
            "model": None,
            "metadata": {"a": [1]},
            "requestId": made["requestId"],
        }


async def test_what_became_of_it(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway, spec=SessionSpec(intent=RoutingIntent("en"), system_prompt="Be brief."))
        sessions = sessions_of(gateway)
        await sessions.claim(row.id, row.organization_id, "proc_1")
        sessions.journal.active(row.id, "beta", "voice")
        entry = (await gateway.client.get(f"/v1/sessions/{row.id}")).json()
        assert (entry["status"], entry["provider"], entry["model"], entry["endedAt"]) == (
            "active",
            "beta",
            "voice",
            None,
        )
        intent = {"language": "en", "region": "global", "optimizeFor": "balanced"}
        rates = {"inputSampleRate": 24000, "outputSampleRate": 24000}
        assert entry["pipelineConfig"] == {"agentId": None, "intent": intent, "systemPrompt": "Be brief.", **rates}
        sessions.journal.ended(row.id, "ended", "client_closed")
        (entry,) = (await gateway.client.get("/v1/sessions?status=ended")).json()["entries"]
        assert (entry["status"], entry["endReason"], entry["provider"]) == ("ended", "client_closed", "beta")
        assert entry["endedAt"].endswith("Z")


async def test_a_session_that_nobody_joined_is_over(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        now = sessions_of(gateway).now()
        row = await stored(gateway, created_at=now - 2 * MINUTE, expires_at=now - MINUTE)
        entry = (await gateway.client.get(f"/v1/sessions/{row.id}")).json()
        assert (entry["status"], entry["endReason"], entry["endedAt"]) == ("ended", "expired", entry["expiresAt"])


async def test_pages(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        made = [(await stored(gateway, created_at=NOON + n * MINUTE)).id for n in range(23)]
        assert await _ids(gateway) == made[:2:-1]
        seen: list[str] = []
        cursor: str | None = None
        while True:
            query = {"limit": 7} | ({"cursor": cursor} if cursor else {})
            page = (await gateway.client.get("/v1/sessions", params=query)).json()
            seen += [entry["sessionId"] for entry in page["entries"]]
            cursor = page["nextCursor"]
            if cursor is None:
                break
            await stored(gateway, created_at=NOON + 99 * MINUTE)  # newer ones move no page
        assert seen == made[::-1]


async def test_filters(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        a = (await stored(gateway, created_at=NOON)).id
        b = (await stored(gateway, created_at=NOON + MINUTE, kind="cascade")).id
        c = (await stored(gateway, created_at=NOON + 2 * MINUTE, agent_id="agent_1")).id
        await foreign(gateway)
        assert await _ids(gateway) == [c, b, a]
        assert await _ids(gateway, kind="cascade") == [b]
        assert await _ids(gateway, kind="phone") == []
        assert await _ids(gateway, agent="agent_1") == [c]
        assert await _ids(gateway, status="ended") == [c, b, a], "they have expired long ago"
        assert await _ids(gateway, status="no such") == []
        assert await _ids(gateway, status="\x00", agent="\x00") == []
        assert await _ids(gateway, status="") == [c, b, a]
        assert await _ids(gateway, **{"from": "2026-03-14T12:01:00Z"}) == [c, b]
        assert await _ids(gateway, **{"from": "2026-03-14T13:01:00+01:00", "to": "2026-03-14T12:01:00"}) == [b]
        assert await _ids(gateway, kind="s2s", to="2026-03-14T12:01:00Z") == [a]
        assert await _ids(gateway, to="0001-01-01T00:00:00Z") == []


def _cursor(text: str) -> str:
    return urlsafe_b64encode(text.encode()).decode()


@pytest.mark.parametrize(
    ("query", "path"),
    [
        ({"limit": 0}, "limit"),
        ({"limit": 101}, "limit"),
        ({"limit": "x"}, "limit"),
        ({"kind": "other"}, "kind"),
        ({"from": "yesterday"}, "from"),
        ({"to": "0001-01-01T00:00:00+14:00"}, "to"),
        *(
            ({"cursor": cursor}, "cursor")
            for cursor in (
                "x",
                "é",
                "\x00",
                "!!!!",
                "a" * 5000,
                _cursor("x:y"),
                _cursor("9" * 99 + ":y"),
                _cursor("-" + "9" * 15 + ":y"),
                _cursor("1:\x00"),
                _cursor("é"),
            )
        ),
    ],
    ids=str,
)
async def test_a_query_that_cannot_be_read(tmp_path: Path, query: dict[str, Any], path: str) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        answer = await gateway.client.get("/v1/sessions", params=query)
        assert (answer.status_code, answer.json()["code"]) == (400, "VALIDATION_ERROR")
        assert [issue["path"] for issue in answer.json()["issues"]] == [path]


# Of other organisations, and of none.

ROUTES = [
    ("GET", ""),
    ("GET", "/transcript"),
    ("GET", "/turns"),
    ("POST", "/turns"),
    ("GET", "/stream"),
    ("GET", "/recording"),
]
TURNS = {"turns": [{"index": 0, "source": "user", "text": "x", "startedAt": "2026-03-14T12:00:00Z"}]}


@pytest.mark.parametrize(("method", "path"), ROUTES)
async def test_a_foreign_session_is_an_unknown_one(tmp_path: Path, method: str, path: str) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        body = TURNS if method == "POST" else None
        answers = set()
        for id in [UNKNOWN, (await foreign(gateway)).id, *NEVER_AN_ID]:
            answer = await gateway.client.request(method, f"/v1/sessions/{id}{path}", json=body)
            if id == "..":
                continue  # the client itself makes another path of it
            answers.add((answer.status_code, answer.text))
        ((status, text),) = answers
        assert status == 404
        assert ("RECORDING_NOT_AVAILABLE" if path == "/recording" else "SESSION_NOT_FOUND") in text


@pytest.mark.parametrize(("method", "path"), [("GET", None), *ROUTES])
async def test_without_a_key(tmp_path: Path, method: str, path: str | None) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        url = "/v1/sessions" if path is None else f"/v1/sessions/{UNKNOWN}{path}"
        answer = await gateway.client.request(method, url, headers={"authorization": "Bearer x"})
        assert (answer.status_code, answer.json()["code"]) == (401, "UNAUTHORIZED")


async def test_a_session_has_no_recording(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        assert row.organization_id == await organization_of(gateway)
        answer = await gateway.client.get(f"/v1/sessions/{row.id}/recording")
        assert (answer.status_code, answer.json()["code"]) == (404, "RECORDING_NOT_AVAILABLE")
