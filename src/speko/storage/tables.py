"""The tables, as the newest migration leaves them.

Texts have no length limit here: the API validates what it takes, and a row that is too long must not be lost for it.
Ledger rows have no foreign keys: they are written in batches after the fact, and nothing may refuse them.
"""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Dialect,
    Float,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    TypeDecorator,
    UniqueConstraint,
)


class UtcTime(TypeDecorator[datetime]):
    """An instant: aware in Python, UTC and whole milliseconds in the database."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To the database; raises ValueError for a time without a zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a timestamp needs a time zone")
        utc = value.astimezone(UTC)
        whole = utc - timedelta(microseconds=utc.microsecond % 1000)
        return whole.replace(tzinfo=None) if dialect.name == "sqlite" else whole

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """From the database."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)

directory_revision = Table(
    "directory_revision",
    metadata,
    Column("id", Integer, primary_key=True, autoincrement=False),  # always 1
    Column("revision", BigInteger, nullable=False),
)

organizations = Table(
    "organizations",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False),
    Column("slug", Text, nullable=False, unique=True),
    Column("metadata", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False),
)

api_keys = Table(
    "api_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False, index=True),
    Column("name", Text, nullable=False),
    Column("prefix", Text, nullable=False),
    Column("sha256", Text, nullable=False, unique=True),  # hex
    Column("created_at", UtcTime, nullable=False),
    Column("last_used_at", UtcTime),
    Column("revoked_at", UtcTime),
)

provider_keys = Table(
    "provider_keys",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, ForeignKey("organizations.id"), nullable=False),
    Column("vendor", Text, nullable=False),
    Column("nonce", LargeBinary, nullable=False),
    Column("ciphertext", LargeBinary, nullable=False),
    Column("key_version", Integer, nullable=False),
    Column("stored_at", UtcTime, nullable=False),
    Column("stored_in", BigInteger, nullable=False),  # revision of the directory; orders what one clock tick holds
    Column("rejected_at", UtcTime),  # when the vendor last refused it; the next two likewise
    Column("rejected_status", Integer),
    Column("rejection", Text),
    UniqueConstraint("organization_id", "vendor"),
)

attempts = Table(
    "attempts",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("organization_id", Text, nullable=False),
    Column("session_id", Text),
    Column("endpoint", Text, nullable=False),
    Column("modality", Text, nullable=False),
    Column("position", Integer, nullable=False),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("key_source", Text, nullable=False),
    Column("outcome", Text, nullable=False),
    Column("cause", Text),
    Column("status", Integer),
    Column("message", Text),
    Column("started_at", UtcTime, nullable=False),
    Column("first_byte_ms", Float(53)),
    Column("total_ms", Float(53), nullable=False),
    Column("audio_ms", BigInteger, nullable=False),
    Column("characters", BigInteger, nullable=False),
    Column("input_tokens", BigInteger, nullable=False),
    Column("output_tokens", BigInteger, nullable=False),
    Column("cached_tokens", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("scores_run_id", Text),
    Column("input_audio_tokens", BigInteger, nullable=False, server_default="0"),
    Column("output_audio_tokens", BigInteger, nullable=False, server_default="0"),
    Column("cached_audio_tokens", BigInteger, nullable=False, server_default="0"),
    Column("api_key_id", Text),
    Index(None, "organization_id", "request_id"),
    Index(None, "organization_id", "started_at"),
    Index(None, "session_id"),
)

usage = Table(
    "usage",
    metadata,
    Column("id", Text, primary_key=True),
    Column("request_id", Text, nullable=False),
    Column("organization_id", Text, nullable=False),
    Column("session_id", Text),
    Column("provider", Text, nullable=False),
    Column("model", Text, nullable=False),
    Column("type", Text, nullable=False),
    Column("metric", Text, nullable=False),
    Column("quantity", Float(53), nullable=False),
    Column("key_source", Text, nullable=False),
    Column("charge_kind", Text, nullable=False),
    Column("cost_micro_usd", BigInteger, nullable=False),
    Column("audio_ms", BigInteger, nullable=False),
    Column("estimated", Boolean, nullable=False),
    Column("created_at", UtcTime, nullable=False),
    Column("api_key_id", Text),
    Index(None, "organization_id", "created_at"),
    Index(None, "session_id"),
)

sessions = Table(
    "sessions",
    metadata,
    Column("id", Text, primary_key=True),  # uuid
    Column("organization_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("agent_id", Text),
    Column("request_id", Text, nullable=False),
    Column("spec", JSON, nullable=False),
    Column("metadata", JSON, nullable=False),
    Column("webhook_tags", JSON, nullable=False),
    Column("provider", Text),  # the engine in service; the model likewise
    Column("model", Text),
    Column("created_at", UtcTime, nullable=False),
    Column("expires_at", UtcTime, nullable=False),
    Column("ready_at", UtcTime),
    Column("ended_at", UtcTime),
    Column("end_reason", Text),
    Column("socket_owner", Text),
    Column("api_key_id", Text),
    Index(None, "organization_id", "created_at", "id"),
    Index(None, "status", "expires_at"),
)

session_idempotency = Table(
    "session_idempotency",
    metadata,
    Column("organization_id", Text, primary_key=True),
    Column("key", Text, primary_key=True),
    Column("body_sha256", Text, nullable=False),  # hex
    Column("response", JSON, nullable=False),
    Column("created_at", UtcTime, nullable=False, index=True),
)

session_turn_timings = Table(
    "session_turn_timings",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("turn_index", Integer, primary_key=True, autoincrement=False),
    Column("started_at", UtcTime, nullable=False),
    Column("interrupted", Boolean, nullable=False),
    Column("stages", JSON, nullable=False),
)

session_transcript = Table(
    "session_transcript",
    metadata,
    Column("session_id", Text, primary_key=True),
    Column("turn_index", Integer, primary_key=True, autoincrement=False),
    Column("id", Text, nullable=False),
    Column("source", Text, nullable=False),
    Column("text", Text, nullable=False),
    Column("started_at", UtcTime, nullable=False),
    Column("ended_at", UtcTime),
    Column("provider", Text),
    Column("model", Text),
    Column("eou_ms", Float(53)),
    Column("llm_ttft_ms", Float(53)),
    Column("tts_ttfb_ms", Float(53)),
    Column("conversational_latency_ms", Float(53)),
    Column("latency_status", Text),
    Column("tool_calls", JSON, nullable=False),
)

limits = Table(
    "limits",
    metadata,
    Column("subject", Text, primary_key=True),  # id of an organisation or of an API key
    Column("organization_id", Text, nullable=False),
    Column("requests_per_minute", Integer),  # null = as the settings say; 0 = no limit; the next two likewise
    Column("concurrent_sessions", Integer),
    Column("monthly_spend_micro_usd", BigInteger),
    Column("updated_at", UtcTime, nullable=False),
)

credit_entries = Table(  # what usage does not say: grants, top-ups, refunds, adjustments
    "credit_entries",
    metadata,
    Column("id", Text, primary_key=True),
    Column("organization_id", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("amount_micro_usd", BigInteger, nullable=False),
    Column("note", Text),
    Column("created_at", UtcTime, nullable=False),
    Index(None, "organization_id", "created_at"),
)

processes = Table(  # gateway processes that serve this database, where it serves several
    "processes",
    metadata,
    Column("id", Text, primary_key=True),
    Column("beat", BigInteger, nullable=False),  # grows as long as the process lives
)

spent_tokens = Table(  # tokens of the web console that may not be used any more, although they are still valid
    "spent_tokens",
    metadata,
    Column("id", Text, primary_key=True),  # id of a token, never the token
    Column("expires_at", UtcTime, nullable=False, index=True),
)
