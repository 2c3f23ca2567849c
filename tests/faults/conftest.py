"""Faults are tested on both loops: timers, resets and closed sockets are where they differ."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests import loops


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The hook of pytest-asyncio."""
    return loops.BOTH
