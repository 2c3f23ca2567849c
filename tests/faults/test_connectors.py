"""A third party's connector that breaks its contract, through the whole gateway: the caller gets an answer or an error,
never a hang, a key or somebody's words; and what happened is booked."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.providers.call import Call
from speko.providers.errors import ConnectFailed, ProviderUnavailable
from speko.providers.llm import TextDelta
from speko.providers.stt import Transcript
from speko.providers.tts import AudioChunk
from tests import loops
from tests.api.raw import BODIES, ENDPOINTS, INTENT
from tests.api.running import Running, events, running, until
from tests.api.test_transcribe import wav
from tests.api.vendors import Scripted, Step, registry_of

LOOPS = loops.UVLOOP
BOTH = ("alpha", "beta")
PATIENCE = 2.5
"""Seconds in which whoever is well has answered, however loaded the machine is."""
KEY = "platform-key-of-alpha"
WORDS = "the words of a person"
FIRST: dict[str, Step] = {
    "transcribe": [Transcript("half", False)],
    "synthesize": [AudioChunk(b"\x01\x00" * 100, 24000)],
    "complete": [TextDelta("half")],
}
FAILED = {"transcribe": "TRANSCRIBE_FAILED", "synthesize": "SYNTHESIZE_FAILED", "complete": "COMPLETE_FAILED"}


def doing(script: Scripted, steps: list[Step]) -> Scripted:
    """The same script in all modalities."""
    script.stt = script.tts = script.llm = steps
    return script


async def call(gateway: Running, endpoint: str) -> httpx.Response:
    headers = {"x-request-id": "r1", "x-speko-intent": json.dumps(INTENT)}
    if endpoint == "transcribe":
        return await gateway.client.post("/v1/transcribe", content=wav(), headers=headers)
    return await gateway.client.post(f"/v1/{endpoint}", json=BODIES[endpoint], headers=headers)


async def story(gateway: Running) -> list[tuple[str, str, str | None]]:
    return [(row["provider"], row["outcome"], row["cause"]) for row in await gateway.attempts("r1")]


def served_by(answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    return answer.headers["x-speko-provider"]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_empty_batches_change_nothing(tmp_path: Path, endpoint: str) -> None:
    plain, gappy = Scripted("alpha"), Scripted("alpha")
    for name in ("stt", "tts", "llm"):
        steps: list[Step] = getattr(plain, name)
        setattr(gappy, name, [[], [], *(part for step in steps for part in (step, [], []))])
    answers = []
    for number, script in enumerate((plain, gappy)):
        async with running(tmp_path / str(number), registry_of(script), keys=("alpha",)) as gateway:
            answer = await call(gateway, endpoint)
            assert served_by(answer) == "alpha"
            answers.append(answer.content)
            assert await story(gateway) == [("alpha", "served", None)]
    assert answers[0] == answers[1]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_nothing_but_empty_batches_fails_over(tmp_path: Path, endpoint: str) -> None:
    alpha, beta = doing(Scripted("alpha"), [[], []]), Scripted("beta")
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        assert served_by(await call(gateway, endpoint)) == "beta"
        assert await story(gateway) == [("alpha", "failed", "empty"), ("beta", "served", None)]


class Spinning(Scripted):
    """Yields empty batches and never waits for anything."""

    async def play(self, steps: Sequence[Step], request: Any, call: Call) -> AsyncIterator[Sequence[Any]]:
        while True:
            yield []


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_connector_that_spins_holds_up_nobody(tmp_path: Path, endpoint: str) -> None:
    registry = registry_of(Spinning("alpha"), Scripted("beta"))
    async with running(tmp_path, registry, keys=BOTH, first_byte_timeout=PATIENCE) as gateway:
        calling = asyncio.create_task(call(gateway, endpoint))
        assert (await gateway.client.get("/healthz")).status_code == 200
        assert served_by(await calling) == "beta"
        assert (await story(gateway))[0] == ("alpha", "failed", "timeout")


ODD: list[Step] = [KeyError(WORDS), RuntimeError(f"{WORDS} {KEY}"), UnicodeError(WORDS)]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
@pytest.mark.parametrize("error", ODD, ids=lambda error: type(error).__name__)
async def test_odd_exceptions_before_the_first_byte_fail_over(
    tmp_path: Path, endpoint: str, error: Step, caplog: pytest.LogCaptureFixture
) -> None:
    alpha, beta = doing(Scripted("alpha"), [error]), Scripted("beta")
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        answer = await call(gateway, endpoint)
        assert served_by(answer) == "beta"
        rows = await gateway.attempts("r1")
        assert await story(gateway) == [("alpha", "failed", "error"), ("beta", "served", None)]
        assert rows[0]["message"] == f"its connector failed ({type(error).__name__})"
        for told in (caplog.text, str(caplog.records), json.dumps(rows)):
            assert WORDS not in told
            assert KEY not in told


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_odd_exceptions_after_the_first_byte_end_the_answer(
    tmp_path: Path, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    alpha, beta = doing(Scripted("alpha"), [FIRST[endpoint], KeyError(WORDS)]), Scripted("beta")
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        if endpoint == "synthesize":
            with pytest.raises(httpx.RemoteProtocolError):
                await call(gateway, endpoint)
        else:
            answer = await call(gateway, endpoint)
            found = events(answer.text)
            assert [name for name, _ in found][-1] == "error"
            assert found[-1][1]["code"] == FAILED[endpoint]
            assert WORDS not in answer.text
        assert await story(gateway) == [("alpha", "failed", "error")]
        assert beta.requests == []
    assert WORDS not in caplog.text


def leaky(what: type[Exception] = ConnectFailed) -> Exception:
    return what(f"cannot log in with {KEY} at https://x/?key={KEY}")


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_key_in_a_message_is_in_no_answer_and_no_attempt(
    tmp_path: Path, endpoint: str, caplog: pytest.LogCaptureFixture
) -> None:
    alpha = doing(Scripted("alpha"), [leaky()])
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        answer = await call(gateway, endpoint)
        assert (answer.status_code, answer.json()["code"]) == (500, FAILED[endpoint])
        message = "cannot log in with [key] at https://x/?key=[key]"
        assert [error["message"] for error in answer.json()["errors"]] == [message]
        assert [row["message"] for row in await gateway.attempts("r1")] == [message]
        assert KEY not in answer.text + str(answer.headers) + caplog.text


@pytest.mark.parametrize("endpoint", ["transcribe", "complete"])
async def test_a_key_in_a_message_is_not_in_the_error_event(tmp_path: Path, endpoint: str) -> None:
    alpha = doing(Scripted("alpha"), [FIRST[endpoint], leaky(ProviderUnavailable)])
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        answer = await call(gateway, endpoint)
        name, data = events(answer.text)[-1]
        assert (name, data["code"]) == ("error", FAILED[endpoint])
        assert "[key]" in json.dumps(data)
        assert KEY not in answer.text + json.dumps(await gateway.attempts("r1"))


async def test_an_own_key_is_cut_out_as_well(tmp_path: Path) -> None:
    alpha = doing(Scripted("alpha"), [ConnectFailed("bad own-secret-key-1")])
    async with running(tmp_path, registry_of(alpha), keys=("alpha",)) as gateway:
        await gateway.client.put("/v1/providers", json={"provider": "alpha", "apiKey": "own-secret-key-1"})
        answer = await call(gateway, "complete")
        assert [error["message"] for error in answer.json()["errors"]] == ["bad [key]"]


class Deaf(Scripted):
    """Swallows a cancellation, then goes on as if nothing had happened."""

    async def play(self, steps: Sequence[Step], request: Any, call: Call) -> AsyncIterator[Sequence[Any]]:
        self.began.set()
        try:
            await asyncio.Event().wait()
        except asyncio.CancelledError:
            self.ended.set()
        for step in steps:
            assert isinstance(step, Sequence)
            yield step


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_swallowed_deadline_is_a_missed_deadline(tmp_path: Path, endpoint: str) -> None:
    registry = registry_of(Deaf("alpha"), Scripted("beta"))
    async with running(tmp_path, registry, keys=BOTH, first_byte_timeout=PATIENCE) as gateway:
        assert served_by(await call(gateway, endpoint)) == "beta"
        assert await story(gateway) == [("alpha", "failed", "timeout"), ("beta", "served", None)]


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_caller_who_left_is_not_served_on(tmp_path: Path, endpoint: str) -> None:
    alpha, beta = Deaf("alpha"), Scripted("beta")
    async with running(tmp_path, registry_of(alpha, beta), keys=BOTH) as gateway:
        calling = asyncio.create_task(call(gateway, endpoint))
        await asyncio.wait_for(alpha.began.wait(), 10)
        calling.cancel()
        await asyncio.wait_for(alpha.ended.wait(), 10)

        async def booked() -> bool:
            return bool(await gateway.attempts("r1"))

        await until(booked)
        assert await story(gateway) == [("alpha", "cancelled", "caller_left")]
        assert beta.requests == []
        assert await gateway.usage() == []


class Clinging(Scripted):
    """Does not let go of its call."""

    async def play(self, steps: Sequence[Step], request: Any, call: Call) -> AsyncIterator[Sequence[Any]]:
        try:
            raise ConnectFailed("refused")
            yield []
        finally:
            await asyncio.Event().wait()


@pytest.mark.parametrize("endpoint", ENDPOINTS)
async def test_a_connector_that_never_lets_go_is_left_behind(tmp_path: Path, endpoint: str) -> None:
    registry = registry_of(Clinging("alpha"), Scripted("beta"))
    async with running(tmp_path, registry, keys=BOTH, first_byte_timeout=PATIENCE) as gateway:
        assert served_by(await call(gateway, endpoint)) == "beta"
        assert (await story(gateway))[1] == ("beta", "served", None)
