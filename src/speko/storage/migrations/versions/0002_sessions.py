"""Sessions, their idempotency keys, the timings of their turns and their words; audio tokens of attempts."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0002"
down_revision = "0001"

_TIME = sa.DateTime(timezone=True)


def upgrade(op: Operations) -> None:
    """Creates the tables of sessions."""
    _create_sessions(op)
    _create_turns(op)
    for part in ("input_audio_tokens", "output_audio_tokens", "cached_audio_tokens"):
        op.add_column("attempts", sa.Column(part, sa.BigInteger, nullable=False, server_default="0"))


def _create_sessions(op: Operations) -> None:
    op.create_table(
        "sessions",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("status", sa.Text, nullable=False),
        sa.Column("agent_id", sa.Text),
        sa.Column("request_id", sa.Text, nullable=False),
        sa.Column("spec", sa.JSON, nullable=False),
        sa.Column("metadata", sa.JSON, nullable=False),
        sa.Column("webhook_tags", sa.JSON, nullable=False),
        sa.Column("provider", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.Column("ready_at", _TIME),
        sa.Column("ended_at", _TIME),
        sa.Column("end_reason", sa.Text),
        sa.Column("socket_owner", sa.Text),
        sa.PrimaryKeyConstraint("id", name="pk_sessions"),
    )
    op.create_index("ix_sessions_organization_id_created_at_id", "sessions", ["organization_id", "created_at", "id"])
    op.create_index("ix_sessions_status_expires_at", "sessions", ["status", "expires_at"])
    op.create_table(
        "session_idempotency",
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("key", sa.Text, nullable=False),
        sa.Column("body_sha256", sa.Text, nullable=False),
        sa.Column("response", sa.JSON, nullable=False),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("organization_id", "key", name="pk_session_idempotency"),
    )
    op.create_index("ix_session_idempotency_created_at", "session_idempotency", ["created_at"])


def _create_turns(op: Operations) -> None:
    op.create_table(
        "session_turn_timings",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("turn_index", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("interrupted", sa.Boolean, nullable=False),
        sa.Column("stages", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "turn_index", name="pk_session_turn_timings"),
    )
    op.create_table(
        "session_transcript",
        sa.Column("session_id", sa.Text, nullable=False),
        sa.Column("turn_index", sa.Integer, autoincrement=False, nullable=False),
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("source", sa.Text, nullable=False),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("started_at", _TIME, nullable=False),
        sa.Column("ended_at", _TIME),
        sa.Column("provider", sa.Text),
        sa.Column("model", sa.Text),
        sa.Column("eou_ms", sa.Float(53)),
        sa.Column("llm_ttft_ms", sa.Float(53)),
        sa.Column("tts_ttfb_ms", sa.Float(53)),
        sa.Column("conversational_latency_ms", sa.Float(53)),
        sa.Column("latency_status", sa.Text),
        sa.Column("tool_calls", sa.JSON, nullable=False),
        sa.PrimaryKeyConstraint("session_id", "turn_index", name="pk_session_transcript"),
    )
