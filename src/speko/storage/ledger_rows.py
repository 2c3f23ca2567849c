"""Ledger rows to and from the database."""

from typing import Any

from sqlalchemy import RowMapping

from speko.providers.call import Usage
from speko.routing.ledger import AttemptRow, UsageRow

Values = dict[str, Any]


def attempt_values(row: AttemptRow) -> Values:
    """Columns of `attempts`."""
    usage = row.usage
    return {
        "id": row.id,
        "request_id": row.request_id,
        "organization_id": row.organization_id,
        "session_id": row.session_id,
        "endpoint": row.endpoint,
        "modality": row.modality,
        "position": row.position,
        "provider": row.provider,
        "model": row.model,
        "key_source": row.key_source,
        "outcome": row.outcome,
        "cause": row.cause,
        "status": row.status,
        "message": None if row.message is None else _storable(row.message),
        "started_at": row.started_at,
        "first_byte_ms": row.first_byte_ms,
        "total_ms": row.total_ms,
        "audio_ms": usage.audio_ms,
        "characters": usage.characters,
        "input_tokens": usage.input_tokens,
        "output_tokens": usage.output_tokens,
        "cached_tokens": usage.cached_tokens,
        "estimated": usage.estimated,
        "cost_micro_usd": row.cost_micro_usd,
        "scores_run_id": row.scores_run_id,
        "input_audio_tokens": usage.input_audio_tokens,
        "output_audio_tokens": usage.output_audio_tokens,
        "cached_audio_tokens": usage.cached_audio_tokens,
        "api_key_id": row.api_key_id,
    }


def usage_values(row: UsageRow) -> Values:
    """Columns of `usage`."""
    return {
        "id": row.id,
        "request_id": row.request_id,
        "organization_id": row.organization_id,
        "session_id": row.session_id,
        "provider": row.provider,
        "model": row.model,
        "type": row.type,
        "metric": row.metric,
        "quantity": row.quantity,
        "key_source": row.key_source,
        "charge_kind": row.charge_kind,
        "cost_micro_usd": row.cost_micro_usd,
        "audio_ms": row.audio_ms,
        "estimated": row.estimated,
        "created_at": row.created_at,
        "api_key_id": row.api_key_id,
    }


def to_attempt(row: RowMapping) -> AttemptRow:
    """A row of `attempts`."""
    return AttemptRow(
        id=row["id"],
        request_id=row["request_id"],
        organization_id=row["organization_id"],
        session_id=row["session_id"],
        endpoint=row["endpoint"],
        modality=row["modality"],
        position=row["position"],
        provider=row["provider"],
        model=row["model"],
        key_source=row["key_source"],
        outcome=row["outcome"],
        cause=row["cause"],
        status=row["status"],
        message=row["message"],
        started_at=row["started_at"],
        first_byte_ms=row["first_byte_ms"],
        total_ms=row["total_ms"],
        usage=Usage(
            audio_ms=row["audio_ms"],
            characters=row["characters"],
            input_tokens=row["input_tokens"],
            output_tokens=row["output_tokens"],
            cached_tokens=row["cached_tokens"],
            input_audio_tokens=row["input_audio_tokens"],
            output_audio_tokens=row["output_audio_tokens"],
            cached_audio_tokens=row["cached_audio_tokens"],
            estimated=row["estimated"],
        ),
        cost_micro_usd=row["cost_micro_usd"],
        scores_run_id=row["scores_run_id"],
        api_key_id=row["api_key_id"],
    )


def _storable(text: str) -> str:
    """A vendor's text without what a database refuses: NUL and lone surrogates."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "\ufffd")
