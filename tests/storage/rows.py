"""Ledger rows for tests."""

from datetime import UTC, datetime
from typing import Any

from speko.providers.call import Usage
from speko.routing.ledger import AttemptRow, UsageRow

NOON = datetime(2026, 3, 14, 12, tzinfo=UTC)


def attempt_row(id: str = "att_1", **changes: Any) -> AttemptRow:
    """A served chat completion."""
    fields: dict[str, Any] = {
        "id": id,
        "request_id": "req_1",
        "organization_id": "org_1",
        "session_id": None,
        "endpoint": "complete",
        "modality": "llm",
        "position": 0,
        "provider": "openai",
        "model": "gpt-5",
        "key_source": "MANAGED",
        "outcome": "served",
        "cause": None,
        "status": 200,
        "message": None,
        "started_at": NOON,
        "first_byte_ms": 12.5,
        "total_ms": 80.25,
        "usage": Usage(input_tokens=20, output_tokens=30, cached_tokens=5),
        "cost_micro_usd": 42,
        "scores_run_id": "run_1",
    }
    return AttemptRow(**(fields | changes))


def usage_row(id: str = "use_1", **changes: Any) -> UsageRow:
    """Half a minute of speech, transcribed."""
    fields: dict[str, Any] = {
        "id": id,
        "request_id": "req_1",
        "organization_id": "org_1",
        "session_id": None,
        "provider": "deepgram",
        "model": "nova-3",
        "type": "stt",
        "metric": "stt_seconds",
        "quantity": 30.0,
        "key_source": "MANAGED",
        "charge_kind": "included",
        "cost_micro_usd": 100,
        "audio_ms": 30_000,
        "estimated": False,
        "created_at": NOON,
    }
    return UsageRow(**(fields | changes))
