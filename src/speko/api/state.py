"""The state of a gateway as its metrics show it."""

from collections import Counter
from typing import TYPE_CHECKING, Any

from speko.observability.state import Now, RowsWritten
from speko.storage.batch_writer import BatchWriter

if TYPE_CHECKING:
    from speko.api.gateway import Gateway


def state_of(gateway: "Gateway") -> Now:
    """What a scrape sees now; of a gateway that is open."""
    store = gateway.store
    unwell = gateway.router.health.unwell(gateway.now())
    rows = {"ledger": _written(store.ledger), "sessions": _written(store.sessions.journal)}
    if gateway.spans is not None:
        rows["spans"] = RowsWritten(gateway.spans.waiting, gateway.spans.sent, gateway.spans.dropped)
    return Now(
        breakers=[(provider, model, state) for provider, model, credential, state in unwell if credential is None],
        credential_breakers=Counter(provider for provider, _, credential, _ in unwell if credential is not None),
        rows=rows,
        database_problem=store.problem is not None,
        directory_age=store.directory.age,
    )


def _written(writer: BatchWriter[Any]) -> RowsWritten:
    return RowsWritten(writer.backlog, writer.written, writer.dropped)
