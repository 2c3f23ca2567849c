"""What somebody without a key gets from each operation: the same refusal, before anything else is looked at."""

from pathlib import Path

import pytest

from speko.storage.api_keys import new_api_key
from tests.api.running import running
from tests.security.operations import OPERATIONS

CLOSED = [operation for operation in OPERATIONS if not operation.is_open]
CREDENTIALS: dict[str, dict[str, str]] = {
    "no key": {},
    "an unknown key": {"authorization": f"Bearer {new_api_key()}"},
    "an empty key": {"authorization": "Bearer"},
    "another scheme": {"authorization": f"Basic {new_api_key()}"},
    "no token of the console": {"cookie": "speko_console_80=forged", "x-speko-csrf": "forged"},
}


def test_only_probes_are_open() -> None:
    assert {operation.path for operation in OPERATIONS if operation.is_open} == {"/healthz", "/readyz"}


@pytest.mark.parametrize("credential", CREDENTIALS)
async def test_every_operation_asks_for_a_key(tmp_path: Path, credential: str) -> None:
    async with running(tmp_path, embedded="never") as gateway:
        client = gateway.client
        client.headers.pop("authorization")
        answers = set()
        for operation in CLOSED:
            # What is sent is wrong in every way, and nothing of it is said: that would be told to anybody.
            answer = await client.request(
                operation.method,
                operation.path,
                headers={**CREDENTIALS[credential], "content-type": "application/json"},
                content=b"{" if operation.has_body else None,
            )
            assert answer.status_code == 401, operation
            assert answer.headers["www-authenticate"] == "Bearer"
            found = answer.json()["error"]
            answers.add(found["message"] if isinstance(found, dict) else found)
        assert len(answers) == 1


async def test_metrics_from_elsewhere_ask_for_the_operator(tmp_path: Path) -> None:
    async with running(tmp_path, embedded="never", admin_token="operator") as gateway:
        through = {"x-forwarded-for": "203.0.113.9"}
        for headers in (through, {**through, "authorization": "Bearer operato"}):
            assert (await gateway.client.get("/metrics", headers=headers)).status_code == 401
        headers = {**through, "authorization": "Bearer operator"}
        assert (await gateway.client.get("/metrics", headers=headers)).status_code == 200
