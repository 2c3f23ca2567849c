"""What all tests share."""

from collections.abc import Iterator

import pytest
from hypothesis import settings

from tests import database

# Two loaded cores make single examples slow now and then; slowness is measured in bench/, not here.
settings.register_profile("speko", deadline=None)
settings.load_profile("speko")


@pytest.fixture(autouse=database.POSTGRESQL)
def databases() -> Iterator[None]:
    """Databases that the test has used are there for others afterwards."""
    yield
    database.release()
