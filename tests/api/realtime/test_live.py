"""One socket per session: who gets it, who is refused and how, and what a client that lost its socket finds."""

import asyncio
import json
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus
from websockets.typing import Origin, Subprotocol

from speko.simulators.script import RealtimeScript, Script
from tests.faults.callers import PINNED, SPEECH, Caller, create
from tests.faults.show import ANSWER, Show, stage

SLOWLY = Script(realtime=RealtimeScript(answers=(ANSWER,), transcripts=("what",), pace=2.0, delta_ms=20, in_step=True))


async def refused(made: dict[str, str], token: str | None) -> tuple[dict[str, str], int | None]:
    """The error frame and the close code of a socket that is not let in."""
    protocols = [] if token is None else [Subprotocol(token)]
    async with connect(made["wsUrl"], subprotocols=protocols, compression=None, proxy=None) as socket:
        assert socket.subprotocol == token, "browsers fail a handshake whose subprotocol is not echoed"
        frame: dict[str, str] = json.loads(await socket.recv())
        await socket.wait_closed()
        return frame, socket.close_code


async def test_a_missing_wrong_or_foreign_token_is_told_why(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        made = await create(show.gateway.client, **PINNED)
        other = await create(show.gateway.client, **PINNED)
        for token in (None, "garbage", "a.b", made["wsToken"][:-3] + "abc", other["wsToken"]):
            frame, code = await refused(made, token)
            assert (frame["t"], frame["code"], code) == ("error", "UNAUTHORIZED", 4401)
            assert token is None or token not in frame["message"]
        caller = await Caller.join(made)  # nothing of that has used the session up
        await caller.until(lambda: bool(caller.of("ready")))
        await caller.leave()


async def test_wrong_tokens_never_reach_the_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with stage(tmp_path) as show:
        made = await create(show.gateway.client, **PINNED)

        def reached(*_: object) -> None:
            raise AssertionError("the database was asked")

        monkeypatch.setattr(show.gateway.gateway.store.sessions, "claim", reached)
        results = await asyncio.gather(*(refused(made, f"wrong-{n}") for n in range(200)))
        assert {code for _, code in results} == {4401}


async def test_an_unknown_path_is_refused_over_http(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        with pytest.raises(InvalidStatus) as raised:
            await connect(show.gateway.url.replace("http", "ws") + "/v1/realtime/x/y/ws", proxy=None)
        assert raised.value.response.status_code == 404
        assert json.loads(raised.value.response.body or b"")["code"] == "NOT_FOUND"


async def test_pages_of_other_origins_are_refused_where_the_operator_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path, socket_origins=("https://ours.example",)) as show:
        made = await create(show.gateway.client, **PINNED)
        with pytest.raises(InvalidStatus) as raised:
            await connect(
                made["wsUrl"],
                subprotocols=[Subprotocol(made["wsToken"])],
                origin=Origin("https://theirs.example"),
                proxy=None,
            )
        assert raised.value.response.status_code == 403
        async with connect(
            made["wsUrl"],
            subprotocols=[Subprotocol(made["wsToken"])],
            origin=Origin("https://ours.example"),
            compression=None,
            proxy=None,
        ) as socket:
            assert json.loads(await socket.recv())["t"] == "ready"


async def test_a_second_socket_of_a_client_that_lives_is_refused(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        made = await create(show.gateway.client, **PINNED)
        caller = await Caller.join(made)
        await caller.until(lambda: bool(caller.of("ready")))
        frame, code = await refused(made, made["wsToken"])
        assert (frame["code"], code) == ("SESSION_IN_USE", 4409)
        await caller.turn()
        await caller.ended()  # the first one never noticed
        await caller.leave()
        frame, code = await refused(made, made["wsToken"])
        assert (frame["code"], code) == ("SESSION_IN_USE", 4409), "a normal end is the end"


async def test_a_client_that_lost_its_socket_hears_the_rest(tmp_path: Path) -> None:
    async with stage(tmp_path, SLOWLY) as show:
        made = await create(show.gateway.client, **PINNED)
        caller = await Caller.join(made)
        await caller.turn()
        await caller.until(lambda: len(caller.audio) > 40_000)
        await caller.vanish()
        again = await Caller.join(made)
        await again.until(lambda: bool(again.frames))
        assert again.frames[0]["t"] == "ready"
        played = 400
        await again.tell(t="played", ms=played)
        await again.ended()
        whole = await whole_answer(show)
        first = bytes(caller.audio)[: played * 48]
        assert bytes(first + again.audio) == whole, "not a sample is lost or heard twice"
        assert again.words.split() == ANSWER.split()
        assert again.ends == ["done"]
        await again.leave()


async def whole_answer(show: Show) -> bytes:
    """All the sound of an answer, heard without any trouble."""
    caller = await show.call(**PINNED)
    await caller.turn()
    await caller.ended()
    await caller.leave()
    return bytes(caller.audio)


async def test_a_socket_that_only_looks_open_is_taken_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.api.realtime.live._LOOKS_ALIVE", 0.2)
    async with stage(tmp_path) as show:
        made = await create(show.gateway.client, **PINNED)
        caller = await Caller.join(made)
        await caller.until(lambda: bool(caller.of("ready")))
        caller.socket.transport.pause_reading()  # no ping is answered any more, and no FIN has come
        again = await Caller.join(made)
        await again.until(lambda: bool(again.of("ready")))
        await again.turn()
        await again.ended()
        assert again.words.split() == ANSWER.split()
        assert not caller.of("transcript")
        await again.leave()
        caller.socket.transport.abort()


async def test_what_was_sent_into_a_dead_socket_comes_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.api.realtime.live._LOOKS_ALIVE", 0.2)
    async with stage(tmp_path, SLOWLY) as show:
        made = await create(show.gateway.client, **PINNED)
        caller = await Caller.join(made)
        await caller.turn()
        await caller.until(lambda: len(caller.audio) > 40_000)
        caller.socket.transport.pause_reading()
        for _ in range(5):
            await caller.socket.send(SPEECH)
        had, frames = len(caller.audio), len(caller.frames) - 1
        again = await Caller.join(made)
        await again.until(lambda: bool(again.of("ready")))
        ready = again.frames[0]
        assert (ready["receivedAudioBytes"], ready["receivedTextFrames"]) == (25 * len(SPEECH), 1)
        await again.tell(t="received", audioBytes=had, textFrames=frames)
        await again.ended()
        await again.leave()
        caller.socket.transport.abort()
        assert caller.audio[:had] + again.audio == await whole_answer(show)
        stages = [frame["stage"] for frame in (*caller.frames[: frames + 1], *again.frames) if frame["t"] == "turn"]
        assert len(stages) == len(set(stages))
        assert again.words.split() == ANSWER.split()


async def test_who_stays_away_has_lost_the_session(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.api.realtime.live.ATTACH_AGAIN", 0.2)
    async with stage(tmp_path) as show:
        made = await create(show.gateway.client, **PINNED)
        caller = await Caller.join(made)
        await caller.until(lambda: bool(caller.of("ready")))
        await caller.vanish()
        async with asyncio.timeout(10):
            while show.gateway.gateway.sockets.count:  # noqa: ASYNC110 - behind a socket
                await asyncio.sleep(0.01)
        frame, code = await refused(made, made["wsToken"])
        assert (frame["code"], code) == ("SESSION_NOT_FOUND", 4404)
        row = await show.row(caller)
        assert (row["status"], row["endReason"]) == ("ended", "client_lost")


async def test_an_expired_session_ends_to_the_second(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        made = await create(show.gateway.client, **PINNED, ttlSeconds=4)
        caller = await Caller.join(made)
        await caller.over()
        assert caller.frames[-1] == {"t": "end", "reason": "expired"}
        assert caller.closed == (1000, "expired")
        frame, code = await refused(made, made["wsToken"])
        assert (frame["code"], code) == ("UNAUTHORIZED", 4401)


async def test_when_the_gateway_stops_every_client_hears_of_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        callers = [await show.call(**PINNED) for _ in range(5)]
        for caller in callers:
            await caller.until(lambda caller=caller: bool(caller.of("ready")))  # type: ignore[misc]
        await show.gateway.gateway.sockets.end_all("server_shutdown")
        for caller in callers:
            await caller.over()
            assert caller.frames[-1] == {"t": "end", "reason": "server_shutdown"}
            assert caller.closed == (1001, "server_shutdown")
            assert (await show.row(caller))["status"] == "ended"


async def test_frames_before_ready_are_kept_and_bad_ones_complained_about_after_it(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        caller = await show.call(**PINNED)
        await caller.socket.send("{")
        await caller.socket.send('{"t":"no such thing","text":"my secret words"}')
        await caller.socket.send(b"\x01")
        await caller.turn()
        await caller.ended()
        assert caller.frames[0]["t"] == "ready"
        assert [f["code"] for f in caller.of("error")] == ["INVALID_FRAME"] * 3
        assert "secret" not in json.dumps(caller.of("error"))
        assert caller.words.split() == ANSWER.split()
        await caller.leave()


async def test_a_flood_of_nonsense_closes_the_socket(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        caller = await show.call(**PINNED)
        await caller.until(lambda: bool(caller.of("ready")))
        for _ in range(60):
            await caller.socket.send("nonsense")
        await caller.over()
        assert caller.closed[0] == 1008
        assert len(caller.of("error")) == 51


async def test_a_frame_that_is_too_big_is_told_before_the_close(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        caller = await show.call(**PINNED)
        await caller.until(lambda: bool(caller.of("ready")))
        await caller.socket.send(bytes(2**20 + 2))
        await caller.over()
        assert caller.frames[-1]["t"] == "error"
        assert caller.frames[-1]["code"] == "INVALID_FRAME"
        assert caller.closed[0] == 1009
