"""Whose API key it was, limits, credits, rejected vendor keys, and tokens of the web console that are spent."""

import sqlalchemy as sa
from alembic.operations import Operations

revision = "0003"
down_revision = "0002"

_TIME = sa.DateTime(timezone=True)


def upgrade(op: Operations) -> None:
    """Adds columns, indexes and tables."""
    for table in ("attempts", "usage", "sessions"):
        op.add_column(table, sa.Column("api_key_id", sa.Text))
    op.add_column("provider_keys", sa.Column("rejected_at", _TIME))
    op.add_column("provider_keys", sa.Column("rejected_status", sa.Integer))
    op.add_column("provider_keys", sa.Column("rejection", sa.Text))
    op.create_index("ix_attempts_organization_id_started_at", "attempts", ["organization_id", "started_at"])
    op.create_index("ix_attempts_session_id", "attempts", ["session_id"])
    op.create_index("ix_usage_session_id", "usage", ["session_id"])
    _create_tables(op)


def _create_tables(op: Operations) -> None:
    op.create_table(
        "limits",
        sa.Column("subject", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("requests_per_minute", sa.Integer),
        sa.Column("concurrent_sessions", sa.Integer),
        sa.Column("monthly_spend_micro_usd", sa.BigInteger),
        sa.Column("updated_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("subject", name="pk_limits"),
    )
    op.create_table(
        "credit_entries",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("organization_id", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("amount_micro_usd", sa.BigInteger, nullable=False),
        sa.Column("note", sa.Text),
        sa.Column("created_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_credit_entries"),
    )
    op.create_index("ix_credit_entries_organization_id_created_at", "credit_entries", ["organization_id", "created_at"])
    op.create_table(
        "spent_tokens",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("expires_at", _TIME, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_spent_tokens"),
    )
    op.create_index("ix_spent_tokens_expires_at", "spent_tokens", ["expires_at"])
    op.create_table(
        "processes",
        sa.Column("id", sa.Text, nullable=False),
        sa.Column("beat", sa.BigInteger, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_processes"),
    )
