"""One socket, while its session is being looked for."""

import asyncio
import json
import logging
import time
from collections.abc import Coroutine
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from speko.api.realtime.door import Door, Refused
from speko.api.realtime.live import LiveSessions
from speko.api.realtime.tokens import SessionToken
from speko.events.s2s import EndFrame
from speko.providers.s2s import ResponseStarted, Say
from speko.realtime.bridge import Bridge
from speko.realtime.session import SessionConfig
from speko.storage.errors import StorageError
from tests.realtime.engines import FakeEngines, FakeLink, Witness, chain_of, until


class Admission:
    """Stands in for `LiveSessions`: lets a socket in when the test says so."""

    def __init__(self) -> None:
        self.decided: asyncio.Future[Bridge] = asyncio.get_running_loop().create_future()
        self.entering: list[asyncio.Task[None]] = []
        self.asked = 0

    def read_token(self, presented: str | None, now: datetime) -> SessionToken | None:
        return SessionToken("ses_1", "org_1", now + timedelta(minutes=1)) if presented == "good" else None

    def start(self, entering: Coroutine[Any, Any, None]) -> None:
        self.entering.append(asyncio.get_running_loop().create_task(entering))

    async def admit(self, token: SessionToken, door: Door) -> Bridge:
        self.asked += 1
        return await self.decided


class Scene:
    """A socket before the door, a session behind it."""

    def __init__(self, presented: str = "good", session_id: str = "ses_1") -> None:
        self.fakes = FakeEngines()
        self.witness = Witness()
        config = SessionConfig(input_rate=24000, output_rate=24000, expires_at=time.monotonic() + 60)
        self.bridge = Bridge(config, chain_of(self.fakes, "a/one"), self.witness)
        self.admission = Admission()
        self.link = FakeLink()
        self.door = Door(cast(LiveSessions, self.admission), session_id, presented)
        self.door.on_open(self.link)

    async def decide(self, refusal: Exception | None = None) -> None:
        if refusal is None:
            self.admission.decided.set_result(self.bridge)
        else:
            self.admission.decided.set_exception(refusal)
        await asyncio.gather(*self.admission.entering)

    async def ready(self) -> None:
        await until(lambda: self.link.frames or self.link.closed)


@pytest.mark.parametrize(("token", "session_id"), [("wrong", "ses_1"), ("good", "ses_2")])
async def test_a_wrong_token_is_told_at_once_and_nobody_is_asked(token: str, session_id: str) -> None:
    scene = Scene(token, session_id)
    assert scene.link.closed == (4401, "UNAUTHORIZED")
    assert [frame["code"] for frame in scene.link.frames] == ["UNAUTHORIZED"]
    assert not scene.admission.entering
    scene.door.on_audio(b"\x01\x02")  # goes nowhere
    scene.door.on_text(b"{}")
    scene.door.on_closed(4401)


async def test_what_is_said_meanwhile_arrives_in_order() -> None:
    scene = Scene()
    scene.door.on_audio(b"\x01\x00" * 5)
    scene.door.on_text(b'{"t":"user_message","text":"one"}')
    scene.door.on_audio(b"\x02\x00" * 5)
    await scene.decide()
    scene.door.on_text(b'{"t":"user_message","text":"two"}')
    scene.door.on_audio(b"\x03\x00" * 5)
    await scene.ready()
    engine = scene.fakes.last
    assert b"".join(engine.heard) == b"\x01\x00" * 5 + b"\x02\x00" * 5 + b"\x03\x00" * 5
    assert engine.commands == [Say("one"), Say("two")]
    assert scene.link.kinds[0] == "ready"
    scene.bridge.end("server_shutdown")


async def test_half_a_sample_meanwhile_is_complained_about_and_harms_nothing() -> None:
    scene = Scene()
    for pcm in (b"\x01\x00", b"\x09", b"\x09", b"\x02\x00"):
        scene.door.on_audio(pcm)
    await scene.decide()
    await scene.ready()
    assert b"".join(scene.fakes.last.heard) == b"\x01\x00\x02\x00"
    assert [frame["code"] for frame in scene.link.frames[1:]] == ["INVALID_FRAME"] * 2
    scene.bridge.end("server_shutdown")


async def test_a_client_that_vanishes_meanwhile_may_come_again() -> None:
    scene = Scene()
    scene.door.on_text(b'{"t":"user_message","text":"never heard"}')
    scene.door.on_closed(None)
    await scene.decide()
    assert not scene.bridge.over
    assert scene.bridge.link is None
    again = FakeLink()
    scene.bridge.attach(again)
    scene.link = again
    await scene.ready()
    assert again.kinds == ["ready"]
    scene.bridge.end("server_shutdown")


async def test_a_client_that_leaves_meanwhile_has_ended_the_session() -> None:
    scene = Scene()
    scene.door.on_closed(1000)
    await scene.decide()
    assert scene.bridge.over
    assert scene.witness.end == ("ended", "client_closed")


@pytest.mark.parametrize("flood", ["frames", "bytes", "half samples"])
async def test_a_flood_meanwhile_closes_the_socket_and_ends_the_session(flood: str) -> None:
    scene = Scene()
    for _ in range(1100):
        if flood == "half samples":
            scene.door.on_audio(b"\x01")
        else:
            scene.door.on_text(b'{"t":"user_message","text":"%s"}' % (b"x" * (1000 if flood == "bytes" else 1)))
    assert scene.link.closed == (1008, "flood")
    assert [frame["code"] for frame in scene.link.frames] == ["INVALID_FRAME"], "a fatal error before the close"
    scene.door.on_closed(None)  # a close of ours that the client has not answered is no loss of its socket
    await scene.decide()
    assert scene.bridge.over


async def test_what_comes_after_the_end_of_a_socket_is_nobodys() -> None:
    scene = Scene()
    scene.door.on_drained()  # of nobody's sound yet
    await scene.decide()
    await scene.ready()
    scene.door.on_closed(None)
    scene.door.on_text(b'{"t":"user_message","text":"late"}')
    scene.door.on_audio(b"\x01\x00")
    assert scene.fakes.last.commands == []
    assert scene.fakes.last.heard == []
    scene.bridge.end("server_shutdown")


async def test_a_client_that_takes_its_sound_again_is_told_of() -> None:
    scene = Scene()
    await scene.decide()
    await scene.ready()
    engine = scene.fakes.last
    scene.link.buffered = 10**6
    engine.sink.event(ResponseStarted("r1"))
    engine.sink.audio("r1", b"\x01\x00")
    assert not engine.reading
    scene.link.buffered = 0
    scene.door.on_drained()
    assert engine.reading
    scene.bridge.end("server_shutdown")


async def test_a_refusal_says_why() -> None:
    scene = Scene()
    await scene.decide(Refused(4409, "SESSION_IN_USE", "taken"))
    assert scene.link.frames == [{"t": "error", "code": "SESSION_IN_USE", "message": "taken"}]
    assert scene.link.closed == (4409, "SESSION_IN_USE")


async def test_a_gateway_that_stops_says_so_and_ends() -> None:
    scene = Scene()
    end = EndFrame("server_shutdown")
    await scene.decide(Refused(1001, "INTERNAL_ERROR", "stopping", "server_shutdown", end=end))
    assert scene.link.kinds == ["error", "end"]
    assert scene.link.closed == (1001, "server_shutdown")


async def test_a_database_that_is_away_is_told_without_its_words(caplog: pytest.LogCaptureFixture) -> None:
    scene = Scene()
    with caplog.at_level(logging.ERROR):
        await scene.decide(StorageError("secret words of the database"))
    assert scene.link.closed == (1011, "Internal error")
    assert [frame["code"] for frame in scene.link.frames] == ["INTERNAL_ERROR"]
    assert "secret" not in json.dumps(scene.link.frames) + caplog.text
    assert [(record.message, getattr(record, "type", "")) for record in caplog.records] == [
        ("admitting a socket failed", "StorageError")
    ]


@pytest.mark.parametrize("where", ["attached", "detached"])
async def test_a_mistake_of_ours_ends_the_session_and_leaves_nobody_waiting(
    where: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def crash(*_: object) -> None:
        raise RuntimeError("words")

    scene = Scene()
    monkeypatch.setattr(f"speko.realtime.session.Session.{where}", crash)
    await scene.decide()
    if where == "detached":
        await scene.ready()
        scene.door.on_closed(None)
    else:
        assert scene.link.closed == (1011, "Internal error")
        assert [frame["code"] for frame in scene.link.frames] == ["INTERNAL_ERROR"]
    assert scene.bridge.over
    assert scene.witness.end is not None


async def test_a_cancelled_entrance_leaves_no_open_socket() -> None:
    scene = Scene()
    await asyncio.sleep(0)
    scene.admission.entering[0].cancel()
    await asyncio.gather(*scene.admission.entering, return_exceptions=True)
    assert scene.link.aborted
