"""Sessions and what was said in them."""

from datetime import UTC, datetime

from tests.client.cases.case import TIME, Case

SESSION = {"sessionId": "s1", "createdAt": TIME, "status": "active", "kind": "s2s", "pipelineConfig": {"agentId": None}}
TURN = {
    "id": "t1",
    "index": 1,
    "source": "agent",
    "text": "Hello.",
    "startedAt": TIME,
    "endedAt": None,
    "provider": "rules",
    "eouMs": 301.5,
    "latencyStatus": "complete",
    "toolCalls": [{"name": "clock", "args": "{}"}],
}

SESSIONS = {
    "sessions.create": Case(
        lambda speko: speko.sessions.create(
            {
                "intent": {"language": "en", "region": None},
                "first_message": None,
                "ttl_seconds": 60,
                "variables": {"user_name": "Ada"},
            },
            idempotency_key="once",
        ),
        "POST",
        "/v1/sessions",
        {
            "sessionId": "s1",
            "transportToken": "secret",
            "transportUrl": "wss://rooms",
            "conversationToken": "secret",
            "livekitUrl": "wss://rooms",
            "roomName": "speko_s1",
            "identity": "user_1",
            "expiresAt": TIME,
        },
        lambda session: (session.mode, session.room_name, "secret" in repr(session)),
        ("cascade", "speko_s1", False),
        body={
            "intent": {"language": "en"},
            "firstMessage": None,
            "ttlSeconds": 60,
            "variables": {"user_name": "Ada"},
        },
    ),
    "sessions.list": Case(
        lambda speko: speko.sessions.list(
            cursor="c1", limit=2, status="ended", kind="s2s", agent="ag_1", from_date=datetime(2026, 1, 31, tzinfo=UTC)
        ),
        "GET",
        "/v1/sessions?cursor=c1&limit=2&status=ended&kind=s2s&agent=ag_1&from=2026-01-31T00%3A00%3A00.000Z",
        {"entries": [SESSION], "nextCursor": None},
        lambda page: (page.entries[0].pipeline_config, page.next_cursor),
        ({"agentId": None}, None),
    ),
    "sessions.get": Case(
        lambda speko: speko.sessions.get("s/1"),
        "GET",
        "/v1/sessions/s%2F1",
        {**SESSION, "recordingStatus": None, "endedAt": TIME, "metadata": {"snake_case": 1}, "requestId": "req_7"},
        lambda session: (session.status, session.ended_at, session.metadata, session.request_id),
        ("active", TIME, {"snake_case": 1}, "req_7"),
    ),
    "sessions.transcript": Case(
        lambda speko: speko.sessions.transcript("s1"),
        "GET",
        "/v1/sessions/s1/transcript",
        {"entries": [TURN]},
        lambda transcript: [(turn.text, turn.eou_ms, turn.tool_calls[0]["name"]) for turn in transcript.entries],
        [("Hello.", 301.5, "clock")],
    ),
    "sessions.delete": Case(
        lambda speko: speko.sessions.delete("s1"),
        "DELETE",
        "/v1/sessions/s1",
        {"id": "s1", "deleted": True},
        lambda gone: (gone.id, gone.deleted),
        ("s1", True),
    ),
    "sessions.turns": Case(
        lambda speko: speko.sessions.turns("s1"),
        "GET",
        "/v1/sessions/s1/turns",
        {
            "entries": [
                {
                    "index": 0,
                    "startedAt": TIME,
                    "interrupted": True,
                    "stages": [{"stage": "stt_final", "ms": -3, "provider": "p", "model": None}],
                }
            ]
        },
        lambda turns: [(turn.interrupted, turn.stages[0].stage, turn.stages[0].ms) for turn in turns.entries],
        [(True, "stt_final", -3.0)],
    ),
}
