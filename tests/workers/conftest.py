"""What tests of several processes share."""

from collections.abc import Iterator

import pytest

from tests import database, loops


@pytest.fixture
def databases() -> Iterator[database.Databases]:
    """PostgreSQL, whatever the other tests use."""
    yield database.databases()
    database.release()


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> loops.Loops:
    """The hook of pytest-asyncio."""
    return loops.of(item, loops.BOTH)
