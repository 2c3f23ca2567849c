"""The state of a gateway as its metrics show it."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from speko.observability.span_sender import SpanSender
from speko.observability.state import Now, RowsWritten
from speko.routing.health import State
from speko.storage.batch_writer import BatchWriter
from speko.storage.store import Store


def state_of(store: Store, unwell: Sequence[tuple[str, str, str | None, State]], spans: SpanSender | None) -> Now:
    """What a scrape sees now. `unwell`: breakers that are not closed, as (vendor, model, credential or None, state)."""
    rows = {"ledger": _written(store.ledger), "sessions": _written(store.sessions.journal)}
    if spans is not None:
        rows["spans"] = RowsWritten(spans.waiting, spans.sent, spans.dropped)
    return Now(
        breakers=[(provider, model, state) for provider, model, credential, state in unwell if credential is None],
        credential_breakers=Counter(provider for provider, _, credential, _ in unwell if credential is not None),
        rows=rows,
        database_problem=store.problem is not None,
        directory_age=store.directory.age,
    )


def _written(writer: BatchWriter[Any]) -> RowsWritten:
    return RowsWritten(writer.backlog, writer.written, writer.dropped)
