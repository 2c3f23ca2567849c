"""Who is asked next, before `ready` and after a loss, and what is booked."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace

import pytest

from speko.providers.call import Credential
from speko.providers.errors import CallerError, ConnectFailed, ConnectionLost, CredentialRejected
from speko.providers.s2s import AssistantSaid, EngineSink
from speko.realtime.engines import Renew, Resume, explained
from speko.routing.attempts import Candidate
from speko.routing.dispatch import NoAnswer
from tests.realtime.engines import FakeEngines, chain_of
from tests.routing.chains import Books


class Deaf:
    """A sink that hears nothing."""

    def audio(self, response: str, pcm: bytes) -> None: ...
    def event(self, event: object) -> None: ...
    def lost(self, error: object) -> None: ...
    def pause(self) -> None: ...
    def resume(self) -> None: ...


def new_sink() -> EngineSink:
    return Deaf()


async def test_the_next_one_is_asked_when_the_first_refuses() -> None:
    fakes, books = FakeEngines(), Books()
    fakes.refusing["a/one"] = ConnectFailed("refused")
    engine = await chain_of(fakes, "a/one", "b/two", books=books).open(Resume(), new_sink)
    assert engine.candidate.provider == "b"
    assert books.story == [("a", "failed", "connect")]


async def test_what_one_engine_does_not_take_another_may() -> None:
    fakes = FakeEngines()
    fakes.refusing["a/one"] = CallerError("no such voice", status=400)
    engine = await chain_of(fakes, "a/one", "b/two").open(Resume(), new_sink)
    assert engine.candidate.provider == "b"


async def test_an_engine_that_says_nothing_is_left_when_its_time_is_over() -> None:
    fakes, books = FakeEngines(), Books()
    fakes.hanging.add("a/one")
    engine = await chain_of(fakes, "a/one", "b/two", books=books, first_byte=2.5).open(Resume(), new_sink)
    assert engine.candidate.provider == "b"
    assert books.story == [("a", "failed", "timeout")]


async def test_when_nobody_can_be_used_everybody_is_named() -> None:
    fakes = FakeEngines()
    fakes.refusing = {"a/one": CredentialRejected("bad key secret-key"), "b/two": ConnectFailed("refused")}
    with pytest.raises(NoAnswer) as raised:
        await chain_of(fakes, "a/one", "b/two").open(Resume(), new_sink)
    told = explained(raised.value)
    assert "a/one: bad key [key]" in told
    assert "b/two: refused" in told


async def test_a_lost_one_is_asked_once_more_and_then_the_next() -> None:
    fakes, books = FakeEngines(), Books()
    chain = chain_of(fakes, "a/one", "b/two", books=books)
    resume = Resume((AssistantSaid("Well"),), (), True)
    for expected in ("a", "a", "b", "b"):
        engine = await chain.open(resume, new_sink)
        assert engine.candidate.provider == expected
        chain.lost(engine, ConnectionLost("gone"))
        assert fakes.last.closed
        assert fakes.last.dialled.resume == resume
    with pytest.raises(NoAnswer):
        await chain.open(resume, new_sink)
    assert books.story == [(vendor, "failed", "connection_lost") for vendor in "aabb"]


async def test_one_that_has_answered_meanwhile_may_be_lost_again() -> None:
    chain = chain_of(FakeEngines(), "a/one")
    for _ in range(5):
        engine = await chain.open(Resume(), new_sink)
        engine.answered = True
        chain.lost(engine, ConnectionLost("gone"))


async def test_a_pinned_one_has_no_runner_up() -> None:
    fakes = FakeEngines()
    chain = chain_of(fakes, "a/one", "b/two", pinned=True)
    chain.lost(await chain.open(Resume(), new_sink), ConnectionLost("gone"))
    fakes.refusing["a/one"] = ConnectFailed("refused")
    with pytest.raises(NoAnswer):
        await chain.open(Resume(), new_sink)


async def test_one_that_served_to_the_end_is_booked_as_served() -> None:
    books = Books()
    chain = chain_of(FakeEngines(), "a/one", books=books)
    engine = await chain.open(Resume(), new_sink)
    engine.answered = True
    chain.ended(engine)
    assert books.story == [("a", "served", None)]
    assert books.attempts[0].session_id == "ses_1"
    assert books.attempts[0].endpoint == "session"


async def test_a_client_that_leaves_while_connecting_ends_it() -> None:
    fakes, books = FakeEngines(), Books()
    fakes.hanging.add("a/one")
    opening = asyncio.create_task(chain_of(fakes, "a/one", books=books).open(Resume(), new_sink))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert books.story == [("a", "cancelled", "caller_left")]


def with_key(renewed: str, *gone: str) -> Renew:
    """Everybody gets this key, but for those who get none."""

    def renew(candidates: Sequence[Candidate]) -> Sequence[Candidate]:
        credential = Credential(f"secret-of-{renewed}", source="BYOK")
        return [replace(c, credential=credential, credential_id=renewed) for c in candidates if c.provider not in gone]

    return renew


async def test_after_a_loss_the_keys_of_then_count() -> None:
    fakes = FakeEngines()
    chain = chain_of(fakes, "a/one", "b/two", renew=with_key("byok_2"))
    engine = await chain.open(Resume(), new_sink)
    assert engine.candidate.credential_id == "platform", "the session was made a moment ago"
    chain.lost(engine, ConnectionLost("gone"))
    engine = await chain.open(Resume(), new_sink)
    assert (engine.candidate.provider, engine.call.credential.api_key) == ("a", "secret-of-byok_2")


async def test_an_engine_without_a_key_is_not_asked_again() -> None:
    chain = chain_of(FakeEngines(), "a/one", "b/two", renew=with_key("byok_2", "a"))
    engine = await chain.open(Resume(), new_sink)
    chain.lost(engine, ConnectionLost("gone"))
    assert (await chain.open(Resume(), new_sink)).candidate.provider == "b"
    chain = chain_of(FakeEngines(), "a/one", pinned=True, renew=with_key("byok_2", "a"))
    engine = await chain.open(Resume(), new_sink)
    chain.lost(engine, ConnectionLost("gone"))
    with pytest.raises(NoAnswer) as raised:
        await chain.open(Resume(), new_sink)
    assert explained(raised.value) == "a/one: gone"
