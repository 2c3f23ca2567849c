"""Sockets that come at awkward moments: two at once, while the session ends, while the gateway stops."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from speko.api.errors import ApiError
from speko.api.realtime.dialling import Dialler
from speko.storage.sessions import Claim, Sessions
from tests.faults.callers import PINNED, Caller, create
from tests.faults.show import Show, stage


class Gate:
    """Stops every claim of a session, once the database has decided."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.reached = asyncio.Event()
        self.open = asyncio.Event()
        claim = Sessions.claim

        async def slow(*args: str) -> Claim:
            claimed = await claim(*args)  # type: ignore[arg-type]
            self.reached.set()
            await self.open.wait()
            return claimed

        monkeypatch.setattr(Sessions, "claim", slow)


@asynccontextmanager
async def made(folder: Path) -> AsyncIterator[tuple[Show, dict[str, str]]]:
    async with stage(folder) as show:
        yield show, await create(show.gateway.client, **PINNED)


async def row_of(show: Show, session: dict[str, str]) -> tuple[str, str | None]:
    row = (await show.gateway.client.get(f"/v1/sessions/{session['sessionId']}")).json()
    return row["status"], row["endReason"]


async def test_of_many_sockets_at_once_one_gets_the_session(tmp_path: Path) -> None:
    async with made(tmp_path) as (_, session):
        callers = await asyncio.gather(*(Caller.join(session) for _ in range(8)))
        for caller in callers:
            await caller.until(lambda caller=caller: bool(caller.frames))  # type: ignore[misc]
        first = [caller.frames[0] for caller in callers]
        assert sorted(frame["t"] for frame in first) == ["error"] * 7 + ["ready"]
        refused = [caller for caller in callers if caller.frames[0]["t"] == "error"]
        for caller in refused:
            await caller.over()
            assert (caller.frames[0]["code"], caller.closed[0]) == ("SESSION_IN_USE", 4409)
        (chosen,) = [caller for caller in callers if caller not in refused]
        await chosen.turn()
        await chosen.ended()
        await chosen.leave()


async def test_a_second_socket_while_the_first_is_let_in_is_decided_by_a_ping(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("speko.api.realtime.live._LOOKS_ALIVE", 0.2)
    async with made(tmp_path) as (_, session):
        gate = Gate(monkeypatch)
        first = await Caller.join(session)
        await gate.reached.wait()
        first.socket.transport.pause_reading()  # it has changed networks
        gate.reached.clear()
        second = await Caller.join(session)
        await gate.reached.wait()
        gate.open.set()
        await second.until(lambda: bool(second.frames))
        assert second.frames[0]["t"] == "ready"
        await second.leave()
        first.socket.transport.abort()


async def test_who_would_wait_long_is_refused_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made(tmp_path) as (show, session):
        first = await Caller.join(session)
        await first.until(lambda: bool(first.of("ready")))
        link = show.gateway.gateway.sockets._live[session["sessionId"]].bridge.link
        assert link is not None
        decided = asyncio.Event()

        async def alive(self: object, within: float) -> bool:
            await decided.wait()
            return True

        monkeypatch.setattr(type(link), "alive", alive)
        others = [await Caller.join(session) for _ in range(10)]
        for late in others[4:]:
            await late.over()
            assert late.closed[0] == 4409
        assert not any(other.frames for other in others[:4])
        decided.set()
        for other in others[:4]:
            await other.over()
            assert other.closed[0] == 4409
        await first.leave()


async def test_a_session_that_ends_while_a_second_socket_asks_ends_in_good_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with made(tmp_path) as (show, session):
        first = await Caller.join(session)
        await first.until(lambda: bool(first.of("ready")))
        live = show.gateway.gateway.sockets._live[session["sessionId"]]
        pinged = asyncio.Event()
        link = live.bridge.link
        assert link is not None
        alive = type(link).alive

        async def slow(self: object, within: float) -> bool:
            pinged.set()
            first.socket.transport.pause_reading()
            return await alive(link, within)

        cut: list[object] = []
        monkeypatch.setattr(type(link), "alive", slow)
        monkeypatch.setattr(type(link), "abort", cut.append)
        second = await Caller.join(session)
        await pinged.wait()
        live.bridge.end("limit_reached")
        await second.over()
        assert (second.frames[0]["code"], second.closed[0]) == ("SESSION_IN_USE", 4409)
        assert not cut, "what it was told last must arrive"
        first.socket.transport.resume_reading()
        await first.over()
        assert first.frames[-1] == {"t": "end", "reason": "limit_reached"}
        assert first.closed == (1008, "limit_reached")


async def test_a_gateway_that_stops_lets_nobody_in_and_leaves_no_session_claimed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with made(tmp_path) as (show, session):
        gate = Gate(monkeypatch)
        caller = await Caller.join(session)
        await gate.reached.wait()
        stopping = asyncio.create_task(show.gateway.gateway.sockets.end_all())
        await asyncio.sleep(0)
        assert not stopping.done()
        gate.open.set()
        await stopping
        await caller.over()
        assert [frame["t"] for frame in caller.frames] == ["error", "end"]
        assert caller.closed == (1001, "server_shutdown")
        assert await row_of(show, session) == ("ended", "server_shutdown")
        other = await create(show.gateway.client, **PINNED)
        late = await Caller.join(other)
        await late.over()
        assert late.closed == (1001, "server_shutdown")
        assert await row_of(show, other) == ("created", None), "what nobody has claimed may be served elsewhere"


async def test_an_end_in_a_hurry_leaves_no_session_claimed_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with made(tmp_path) as (show, session):
        gate = Gate(monkeypatch)
        caller = await Caller.join(session)
        await gate.reached.wait()
        sockets = show.gateway.gateway.sockets
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(sockets.end_all(), 0.01)
        gate.open.set()
        await sockets.end_all()
        assert sockets.count == 0
        assert await row_of(show, session) == ("ended", "server_shutdown")
        await caller.over()


async def test_an_engine_that_is_being_connected_when_the_gateway_stops_is_booked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dialled = asyncio.Event()

    async def dial(*_: object) -> None:
        dialled.set()
        try:
            await asyncio.Event().wait()
        finally:
            await asyncio.sleep(0.05)  # it says goodbye

    monkeypatch.setattr(Dialler, "dial", dial)
    async with stage(tmp_path) as show:
        caller = await show.call(**PINNED)
        await dialled.wait()
        await show.gateway.gateway.sockets.end_all()
        attempts = await show.attempts(caller)
        assert [(attempt["provider"], attempt["outcome"]) for attempt in attempts] == [("openai", "cancelled")]
        await caller.over()


async def test_a_session_that_breaks_while_another_ends_does_not_keep_the_gateway(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with stage(tmp_path) as show:
        callers = [await show.call(**PINNED) for _ in range(3)]
        for caller in callers:
            await caller.until(lambda caller=caller: bool(caller.of("ready")))  # type: ignore[misc]
        broken = show.gateway.gateway.sockets._live[callers[0].session_id].bridge

        def crash(*_: object) -> None:
            raise RuntimeError

        monkeypatch.setattr(broken.session, "end", crash)
        await show.gateway.gateway.sockets.end_all()
        for caller in callers:
            await caller.over()
        assert [caller.closed[0] for caller in callers] == [1011, 1001, 1001]
        assert show.gateway.gateway.sockets.count == 0


async def test_a_session_whose_engine_is_not_there_any_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made(tmp_path) as (show, session):

        def gone(*_: object) -> None:
            raise ApiError(500, "SESSION_CREATE_FAILED", "no engine")

        monkeypatch.setattr("speko.api.realtime.live.candidates_of", gone)
        caller = await Caller.join(session)
        await caller.over()
        assert [frame["code"] for frame in caller.frames] == ["INVALID_CONFIG"]
        assert caller.closed == (4400, "INVALID_CONFIG")
        assert await row_of(show, session) == ("failed", "invalid_config")


async def test_a_mistake_of_ours_leaves_no_session_claimed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with made(tmp_path) as (show, session):

        def crash(*_: object) -> None:
            raise RuntimeError("secret words")

        monkeypatch.setattr("speko.api.realtime.live.candidates_of", crash)
        caller = await Caller.join(session)
        await caller.over()
        assert [frame["code"] for frame in caller.frames] == ["INTERNAL_ERROR"]
        assert "secret" not in caller.frames[0]["message"]
        assert caller.closed[0] == 1011
        assert await row_of(show, session) == ("failed", "internal_error")


async def test_a_session_that_is_not_there(tmp_path: Path) -> None:
    async with made(tmp_path) as (show, session):
        tokens = show.gateway.gateway.session_tokens
        now = show.gateway.gateway.store.sessions.now()
        gone = "00000000-0000-4000-8000-000000000000"
        token = tokens.issue(gone, "org_1", now.replace(year=now.year + 1))
        url = session["wsUrl"].replace(session["sessionId"], gone)
        caller = await Caller.join({"wsUrl": url, "wsToken": token, "sessionId": gone})
        await caller.over()
        assert [frame["code"] for frame in caller.frames] == ["SESSION_NOT_FOUND"]
        assert caller.closed == (4404, "SESSION_NOT_FOUND")
