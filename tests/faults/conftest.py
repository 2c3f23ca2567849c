"""Faults are tested on both loops: timers, resets and closed sockets are where they differ."""

import pytest

from tests import loops


def pytest_asyncio_loop_factories(config: pytest.Config, item: pytest.Item) -> loops.Loops:
    """The hook of pytest-asyncio."""
    return loops.of(item, loops.BOTH)
