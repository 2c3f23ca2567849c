"""Voices keep time by their loop."""

import pytest

from tests import loops


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> loops.Loops:
    """The hook of pytest-asyncio."""
    return loops.of(item, loops.ASYNCIO)
