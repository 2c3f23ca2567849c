import math
from datetime import datetime
from typing import Any

import pytest
from sqlalchemy import text

from speko.storage.database import Database
from speko.storage.errors import StorageError
from speko.storage.ledger_batch import Batch, write_batch
from speko.storage.refusals import is_rows_fault
from tests.storage.rows import usage_row


@pytest.mark.parametrize(
    "wrong",
    [
        {"provider": None},
        {"provider": "\ud800"},
        {"cost_micro_usd": 2**70},
        {"created_at": datetime(2026, 1, 1)},
        {"created_at": "yesterday"},
        {"quantity": object()},
    ],
    ids="-".join,
)
async def test_a_value_that_no_database_takes_is_the_rows_fault(database: Database, wrong: dict[str, Any]) -> None:
    with pytest.raises(Exception) as caught:
        await write_batch(database, Batch(usage=[usage_row(**wrong)]))
    assert is_rows_fault(caught.value.__cause__ or caught.value)


async def test_a_value_that_one_database_refuses(database: Database) -> None:
    """PostgreSQL takes no NUL, SQLite makes NULL of NaN."""
    wrong = usage_row(quantity=math.nan) if database.is_sqlite else usage_row(request_id="\x00")
    with pytest.raises(StorageError) as caught:
        await write_batch(database, Batch(usage=[wrong]))
    assert is_rows_fault(caught.value.__cause__)


async def test_a_missing_table_is_not_the_rows_fault(database: Database) -> None:
    async with database.write() as connection:
        await connection.execute(text("ALTER TABLE usage RENAME TO elsewhere"))
    with pytest.raises(StorageError) as caught:
        await write_batch(database, Batch(usage=[usage_row()]))
    assert not is_rows_fault(caught.value.__cause__)


@pytest.mark.parametrize("error", [None, OSError("away"), TimeoutError(), StorageError("away")])
def test_a_database_that_is_away_is_not_the_rows_fault(error: BaseException | None) -> None:
    assert not is_rows_fault(error)
