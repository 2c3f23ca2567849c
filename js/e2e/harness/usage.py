"""Writes four weeks of usage into a gateway's database, as its ledger would have: for pictures and for walks through
the console. Arguments: the data folder."""

import asyncio
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from speko.providers.call import Usage
from speko.routing.ledger import AttemptRow, ChargeKind, Metric, UsageRow
from speko.storage.store import Store

DAYS = 28
Served = tuple[str, str, Literal["stt", "llm", "tts"], Metric, ChargeKind, int, int]
SERVED: tuple[Served, ...] = (
    ("openai", "gpt-5-mini", "llm", "llm_tokens", "add_on", 900, 1400),
    ("deepgram", "nova-3", "stt", "stt_seconds", "minutes", 24, 1750),
    ("cartesia", "sonic-3", "tts", "tts_characters", "minutes", 160, 4800),
)


def rows(organization_id: str, now: datetime) -> Iterator[AttemptRow | UsageRow]:
    """A few calls a day, more on weekdays; one vendor has a bad day."""
    chance = random.Random(28)
    for day in range(DAYS):
        at = now - timedelta(days=day, minutes=1)
        busy = chance.randint(14, 22) if at.weekday() < 5 else chance.randint(4, 8)
        for call in range(busy):
            for vendor, model, modality, metric, charge, quantity, cost in SERVED:
                id = f"{day:02d}{call:02d}{vendor}"
                failed = vendor == "cartesia" and day == 9 and call % 2 == 0
                moment = at - timedelta(minutes=call)
                served_by = "elevenlabs" if failed else vendor
                common: dict[str, Any] = {
                    "request_id": f"req_{id}",
                    "organization_id": organization_id,
                    "session_id": None,
                }
                for position, provider in enumerate([vendor, served_by] if failed else [vendor]):
                    last = provider == served_by
                    yield AttemptRow(
                        **common,
                        id=f"att_{id}{position}",
                        endpoint="complete",
                        modality=modality,
                        position=position,
                        provider=provider,
                        model=model,
                        key_source="MANAGED",
                        outcome="served" if last else "failed",
                        cause=None if last else "status",
                        status=200 if last else 503,
                        message=None,
                        started_at=moment,
                        first_byte_ms=180.0 if last else None,
                        total_ms=900.0,
                        usage=Usage(),
                        cost_micro_usd=cost,
                        scores_run_id=None,
                    )
                yield UsageRow(
                    **common,
                    id=f"use_{id}",
                    provider=served_by,
                    model=model,
                    type=modality,
                    metric=metric,
                    quantity=float(round(quantity * chance.uniform(0.6, 1.4))),
                    key_source="MANAGED",
                    charge_kind=charge,
                    cost_micro_usd=round(cost * chance.uniform(0.6, 1.4)),
                    audio_ms=0,
                    estimated=False,
                    created_at=moment,
                )


async def main() -> None:
    """Entry of the script."""
    store = await Store.open(None, Path(sys.argv[1]), None)
    organization = await store.default_organization()
    for row in rows(organization.id, datetime.now(UTC)):
        if isinstance(row, AttemptRow):
            store.ledger.attempt(row)
        else:
            store.ledger.usage(row)
    await store.close()


asyncio.run(main())
