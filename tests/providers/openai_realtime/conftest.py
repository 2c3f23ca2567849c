"""Production runs on uvloop: what has to do with sockets is tested on both loops."""

import pytest

from tests import loops


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> loops.Loops:
    """The hook of pytest-asyncio."""
    return loops.of(item, loops.BOTH)
