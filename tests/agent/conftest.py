"""Production runs on uvloop; what costs processes is tested on it alone."""

import pytest

from tests import loops


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> loops.Loops:
    """The hook of pytest-asyncio."""
    return loops.of(item, loops.ASYNCIO)
