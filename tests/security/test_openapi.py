"""The served OpenAPI document against the gateway that serves it: what it allows, what it forbids, and nothing else.

Schemathesis makes the requests. `SPEKO_TEST_EXAMPLES` sets how many of them each operation gets beyond the systematic
ones; CI makes do with a few.
"""

import os
from collections.abc import Iterator
from typing import Any

import pytest
import schemathesis

from speko.api.app import openapi_document
from tests.security.beside import Beside, beside

EXAMPLES = int(os.environ.get("SPEKO_TEST_EXAMPLES", "4"))
CONFIG = {
    "seed": 1,
    "suppress-health-check": ["filter_too_much", "too_slow"],
    "generation": {
        "max-examples": EXAMPLES,
        "deterministic": True,
        "database": "none",
        # The key is the test's own; and what is not known in a query is ignored, as the contract has it.
        "with-security-parameters": False,
        "allow-extra-parameters": False,
    },
    "checks": {
        "not_a_server_error": {"expected-statuses": ["2xx", "3xx", "4xx", "500"]},
        # What a schema can say is not all that has to be right: a known vendor, a date after another.
        "positive_data_acceptance": {"enabled": False},
        # The framework answers OPTIONS with the methods of a path's first handler; preflights, which matter, are ours.
        "allow_header_conformance": {"enabled": False},
        # It does not see the key in our call; test_strangers.py asks every operation without one.
        "ignored_auth": {"enabled": False},
    },
}


@pytest.fixture(scope="module")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Beside]:
    with beside(tmp_path_factory.mktemp("openapi")) as found:
        yield found


schema = schemathesis.openapi.from_dict(openapi_document(), config=schemathesis.Config.from_dict(CONFIG))


def no_crash(context: schemathesis.CheckContext, response: schemathesis.Response, case: schemathesis.Case[Any]) -> None:
    """An honest 500 says which provider failed how; a crash has nothing to say."""
    assert response.status_code != 500 or b"INTERNAL_ERROR" not in response.content.upper()


@schema.parametrize()
def test_operation(case: schemathesis.Case[Any], gateway: Beside) -> None:
    case.call_and_validate(
        base_url=gateway.url, headers={"authorization": f"Bearer {gateway.key}"}, additional_checks=[no_crash]
    )
