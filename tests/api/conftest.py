"""Loops for the tests of this folder: modules with `BOTH_LOOPS = True` run on uvloop, too."""

import asyncio
from collections.abc import Callable, Mapping

import pytest

from tests import loops


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """The hook of pytest-asyncio."""
    module = item.getparent(pytest.Module)
    return loops.BOTH if getattr(module and module.obj, "BOTH_LOOPS", False) else loops.ASYNCIO
