"""Vendors: which there are, whose keys are there, how good they are, and what was tried."""

from tests.client.cases.case import TIME, Case

STATUS = {"key": "openai", "name": "OpenAI", "type": "stt", "configured": True, "source": "BYOK", "updatedAt": TIME}
ENTRY = {"id": "openai", "vendor": "openai", "vendorName": "OpenAI", "model": None, "benchmarked": True}
CANDIDATE = {"providerId": "flite", "modelId": "kal", "score": 0.4321, "scoresRunId": "run_1", "usable": True}
AXIS = {"name": "quality", "raw": 5.5, "norm": 1.0, "weight": 0.5}
STACK = {
    "intent": {"language": "en", "region": "global", "optimizeFor": "balanced"},
    "scoresRunId": "run_1",
    "stt": None,
    "llm": None,
    "tts": {
        **CANDIDATE,
        "health": "closed",
        "axes": [AXIS],
        "runnersUp": [{"providerId": "espeak", "modelId": "ng", "score": None}],
    },
    "s2s": None,
    "filtered_out": [
        {"modality": "stt", "providerId": "a", "modelId": "b", "mode": "batch", "reason": "no data", "new": 1}
    ],
    "notes": ["a note"],
}
SCORE = {
    "snapshotId": "run_1",
    "modality": "tts",
    "provider": "flite",
    "providerName": "Flite",
    "model": "kal",
    "voice": "kal",
    "language": "en",
    "region": "global",
    "mode": "batch",
    "qualityMetric": "round_trip_cer_pct",
    "quality": None,
    "latencyMetric": "ttfb_p50_ms",
    "latencyMs": 12.5,
    "costUsdPerMinute": 0,
    "status": "production",
    "note": None,
}
ATTEMPT = {
    "provider": "flite",
    "model": "kal",
    "modality": "tts",
    "endpoint": "synthesize",
    "position": 1,
    "outcome": "failed",
    "cause": "timeout",
    "status": None,
    "keySource": "MANAGED",
    "startedAt": TIME,
    "firstByteMs": None,
    "totalMs": 8000.5,
    "costMicroUsd": "12",
    "message": None,
    "scoresRunId": "run_1",
}

VENDORS = {
    "voices.list": Case(
        lambda speko: speko.voices.list(provider="flite"),
        "GET",
        "/v1/voices?provider=flite",
        {
            "voices": [{"vendor": "flite", "id": "kal", "name": "Kal"}],
            "providers": [{"key": "flite", "name": "Flite", "models": ["kal"], "voicesFetchedLive": True}],
        },
        lambda voices: (voices.voices[0].id, voices.providers[0].voices_fetched_live),
        ("kal", True),
    ),
    "providers.list": Case(
        lambda speko: speko.providers.list(),
        "GET",
        "/v1/providers",
        [
            STATUS,
            {
                **STATUS,
                "type": "tts",
                "embedded": True,
                "models": [{"id": "tts-1", "capabilities": ["speed"], "composite": True}],
            },
        ],
        lambda statuses: [
            (
                status.type,
                status.updated_at,
                status.embedded,
                status.models and (status.models[0].id, status.models[0].composite),
            )
            for status in statuses
        ],
        [("stt", TIME, False, None), ("tts", TIME, True, ("tts-1", True))],
    ),
    "providers.known": Case(
        lambda speko: speko.providers.known(),
        "GET",
        "/v1/providers/known",
        {"stt": [ENTRY], "llm": [], "tts": []},
        lambda known: (known.stt[0].vendor_name, known.stt[0].benchmarked, known.s2s),
        ("OpenAI", True, []),
    ),
    "providers.set": Case(
        lambda speko: speko.providers.set("openai", "sk-1"),
        "PUT",
        "/v1/providers",
        {"provider": "openai", "configured": True},
        lambda status: (status.provider, status.configured),
        ("openai", True),
        body={"provider": "openai", "apiKey": "sk-1"},
    ),
    "providers.delete": Case(
        lambda speko: speko.providers.delete("a/b?c d"),
        "DELETE",
        "/v1/providers/a%2Fb%3Fc%20d",
        {"provider": "openai", "configured": False},
        lambda status: status.configured,
        False,
    ),
    "providers.test": Case(
        lambda speko: speko.providers.test("a/b"),
        "POST",
        "/v1/providers/a%2Fb/test",
        {
            "provider": "a/b",
            "ok": False,
            "source": "BYOK",
            "checkedAt": TIME,
            "latencyMs": 81.5,
            "status": 401,
            "message": "Acme rejects the key: HTTP 401",
            "models": None,
        },
        lambda test: (test.ok, test.source, test.checked_at, test.latency_ms, test.status, test.message, test.models),
        (False, "BYOK", TIME, 81.5, 401, "Acme rejects the key: HTTP 401", None),
    ),
    "benchmarks.scores": Case(
        lambda speko: speko.benchmarks.scores(modality="tts", language="en"),
        "GET",
        "/v1/benchmarks/scores?modality=tts&language=en",
        {"snapshots": [{"id": "run_1", "date": None, "source": None, "own": True}], "rows": [SCORE]},
        lambda scores: (
            scores.snapshots[0].own,
            scores.snapshots[0].date,
            scores.rows[0].provider_name,
            scores.rows[0].quality,
            scores.rows[0].latency_ms,
            scores.rows[0].cost_usd_per_minute,
        ),
        (True, None, "Flite", None, 12.5, 0.0),
    ),
    "benchmarks.stack": Case(
        lambda speko: speko.benchmarks.stack("en", "us-east4", "latency", explain=True),
        "GET",
        "/v1/benchmarks/stack?language=en&region=us-east4&optimize_for=latency&explain=1",
        STACK,
        lambda stack: (
            stack.stt,
            stack.tts.score,
            stack.tts.axes[0].norm,
            stack.tts.runners_up[0].score,
            stack.filtered_out[0].reason,
            stack.intent.optimize_for,
        ),
        (None, 0.4321, 1.0, None, "no data", "balanced"),
    ),
    "requests.get": Case(
        lambda speko: speko.requests.get("req_1"),
        "GET",
        "/v1/requests/req_1",
        {"requestId": "req_1", "attempts": [ATTEMPT]},
        lambda request: (request.request_id, request.attempts[0].total_ms, request.attempts[0].cost_micro_usd),
        ("req_1", 8000.5, 12),
    ),
}
