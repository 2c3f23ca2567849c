"""The organization: its keys, limits, credit and use."""

from datetime import UTC, datetime

from tests.client.cases.case import TIME, Case

KEY = {"id": "key_1", "name": "ci", "keyPrefix": "sk_live_abc1234...", "createdAt": TIME}
POINT = {"date": "2026-03-14", "provider": "flite", "metric": "tts_characters", "keySource": "MANAGED"}
TRIED = {"date": "2026-03-14", "provider": "flite", "made": 3, "served": 1, "failed": 1, "cancelled": 1}
LIMITED = {
    "id": "org_1",
    "requestsPerMinute": {"limit": 60, "used": 2},
    "concurrentSessions": {"limit": None, "used": 1},
    "monthlySpend": {"limitMicroUsd": None, "usedMicroUsd": "5", "resetsAt": TIME},
}
CREDIT = {"id": "use_1", "kind": "debit", "amountMicroUsd": "-20", "createdAt": TIME}

ACCOUNT = {
    "limits.get": Case(
        lambda speko: speko.limits.get(),
        "GET",
        "/v1/limits",
        {"apiKey": None, "organization": LIMITED, "creditsEnforced": True},
        lambda found: (
            found.api_key,
            found.organization.requests_per_minute.limit,
            found.organization.concurrent_sessions.limit,
            found.organization.monthly_spend.used_micro_usd,
            found.credits_enforced,
        ),
        (None, 60, None, "5", True),
    ),
    "credits.get_balance": Case(
        lambda speko: speko.credits.get_balance(),
        "GET",
        "/v1/credits/balance",
        {"balanceUsd": 1.5, "balanceMicroUsd": "1500000", "currency": "USD", "updatedAt": TIME},
        lambda balance: (balance.balance_usd, balance.balance_micro_usd, balance.currency, balance.updated_at),
        (1.5, "1500000", "USD", TIME),
    ),
    "credits.get_ledger": Case(
        lambda speko: speko.credits.get_ledger(limit=2, cursor="abc", kind="debit,grant"),
        "GET",
        "/v1/credits/ledger?limit=2&cursor=abc&kind=debit%2Cgrant",
        {"entries": [{**CREDIT, "metric": "llm_tokens", "provider": "openai"}], "nextCursor": None},
        lambda page: ([(e.kind, e.amount_micro_usd, e.metric, e.session_id) for e in page.entries], page.next_cursor),
        ([("debit", "-20", "llm_tokens", None)], None),
    ),
    "usage.series": Case(
        lambda speko: speko.usage.series(from_date="2026-03-14", to_date="2026-03-15"),
        "GET",
        "/v1/usage/series?from=2026-03-14&to=2026-03-15",
        {
            "from": TIME,
            "to": TIME,
            "usage": [{**POINT, "quantity": 5, "cost": 0.25, "costMicroUsd": "250000", "calls": 2}],
            "attempts": [TRIED],
        },
        lambda series: (
            series.from_date,
            [(point.type, point.cost_micro_usd, point.calls) for point in series.usage],
            [point.made for point in series.attempts],
        ),
        (TIME, [(None, 250_000, 2)], [3]),
    ),
    "usage.get": Case(
        lambda speko: speko.usage.get(from_date=datetime(2026, 1, 31, 12, 30, tzinfo=UTC), to_date="2026-02-01T00:00Z"),
        "GET",
        "/v1/usage?from=2026-01-31T12%3A30%3A00.000Z&to=2026-02-01T00%3A00Z",
        {
            "totalSessions": 2,
            "totalMinutes": 1.5,
            "totalCost": 0.25,
            "minutesCost": None,
            "breakdown": [
                {"provider": "flite", "type": "tts", "metric": "tts_characters", "keySource": "MANAGED", "quantity": 7}
            ],
            "balanceUsd": 0,
            "balanceMicroUsd": "0",
            "currency": "USD",
        },
        lambda usage: (usage.total_minutes, usage.balance_micro_usd, usage.breakdown[0].key_source),
        (1.5, "0", "MANAGED"),
    ),
    "api_keys.list": Case(
        lambda speko: speko.api_keys.list(),
        "GET",
        "/v1/api-keys",
        [{**KEY, "scopes": [], "revoked": True, "lastUsedAt": None}],
        lambda keys: [(key.key_prefix, key.revoked, key.last_used_at) for key in keys],
        [("sk_live_abc1234...", True, None)],
    ),
    "api_keys.create": Case(
        lambda speko: speko.api_keys.create("ci"),
        "POST",
        "/v1/api-keys",
        {**KEY, "key": "sk_live_secret"},
        lambda key: (key.key, "sk_live_secret" in repr(key)),
        ("sk_live_secret", False),
        body={"name": "ci"},
    ),
    "api_keys.revoke": Case(
        lambda speko: speko.api_keys.revoke("key_1"),
        "DELETE",
        "/v1/api-keys/key_1",
        {"id": "key_1", "revoked": True},
        lambda key: key.revoked,
        True,
    ),
    "organization.get": Case(
        lambda speko: speko.organization.get(),
        "GET",
        "/v1/organization",
        {"id": "org_1", "name": "A", "slug": "a", "createdAt": TIME, "metadata": {"snake_case": 1}},
        lambda organization: (organization.created_at, organization.metadata),
        (TIME, {"snake_case": 1}),
    ),
}
