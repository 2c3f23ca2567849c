"""Engines that fail behind the door: the client notices nothing, or is told once, and nothing comes after the end."""

from pathlib import Path
from typing import Any

import pytest

from speko.simulators.faults import Fault, FaultKind, Stage
from tests.api.openai_realtime.talking import Talk, talking
from tests.faults.show import ANSWER, Show, stage

ROUTED = {"x-speko-constraints": '{"allowedProviders":{"s2s":["openai:gpt-realtime","twin:gpt-realtime"]}}'}
LOSSES = [
    Fault(kind=FaultKind.REFUSE),
    Fault(kind=FaultKind.UNAUTHORIZED),
    Fault(kind=FaultKind.CUT, at=Stage.SETUP),
    Fault(kind=FaultKind.CUT, at=Stage.RESPONSE, times=1),
    Fault(kind=FaultKind.CUT, at=Stage.AUDIO, words=4, times=1),
    Fault(kind=FaultKind.SESSION_ERROR, at=Stage.AUDIO, words=2, times=1),
    Fault(kind=FaultKind.MALFORMED, at=Stage.AUDIO, words=5, times=1),
]


def named(fault: Fault) -> str:
    return f"{fault.kind}-{fault.stage}"


async def spoil_first(show: Show, fault: Fault) -> None:
    show.vendors[await show.first()].fault = fault


def routed(show: Show) -> Any:
    return talking(show.gateway, "auto", extra_headers=ROUTED)


@pytest.mark.parametrize("fault", LOSSES, ids=named)
async def test_another_engine_goes_on_and_the_client_sees_one_response(tmp_path: Path, fault: Fault) -> None:
    async with stage(tmp_path) as show:
        await spoil_first(show, fault)
        async with routed(show) as talk:
            done = await talk.ask("Hello?")
            assert (done["status"], talk.words.split()) == ("completed", ANSWER.split())
            assert len(talk.of("response.created")) == 1
            assert not talk.of("error")


async def test_an_engine_that_says_nothing_more_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.api.realtime.live.STALL", 0.5)
    async with stage(tmp_path) as show:
        await spoil_first(show, Fault(kind=FaultKind.STALL, at=Stage.AUDIO, words=3, times=1))
        async with routed(show) as talk:
            await talk.speak()
            await talk.ended()
            assert talk.words.split() == ANSWER.split()
            assert len(talk.of("input_audio_buffer.committed")) == 1


async def test_an_assistant_that_was_to_speak_first_does_so_with_the_next_engine(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        await spoil_first(show, Fault(kind=FaultKind.CUT, at=Stage.RESPONSE, turn=2, times=1))
        async with routed(show) as talk:
            await talk.ask("Hello?")
            await talk.api.response.create(response={"instructions": "Say goodbye."})
            assert (await talk.ended(2))["status"] == "completed"


async def ended_by_the_gateway(talk: Talk, code: str) -> int | None:
    """Close code of a session that ends with such an error, after which nothing comes."""
    close_code = await talk.over()
    assert talk.events[-1]["type"] == "error"
    assert talk.events[-1]["error"]["code"] == code
    assert "key-of" not in talk.events[-1]["error"]["message"]
    return close_code


@pytest.mark.parametrize("kind", [FaultKind.REFUSE, FaultKind.UNAUTHORIZED, FaultKind.SERVER_ERROR])
async def test_when_there_is_no_engine_the_session_says_so(tmp_path: Path, kind: FaultKind) -> None:
    async with stage(tmp_path) as show:
        show.vendors["openai"].fault = Fault(kind=kind)
        async with talking(show.gateway) as talk:
            await talk.write("Hello?")
            await talk.api.response.create()
            assert await ended_by_the_gateway(talk, "s2s_provider_connect_failed") == 1011


async def test_when_all_engines_are_lost_the_open_response_ends_first(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        for vendor in show.vendors.values():
            vendor.fault = Fault(kind=FaultKind.CUT, at=Stage.AUDIO, words=2)
        async with routed(show) as talk:
            await talk.write("Hello?")
            await talk.api.response.create()
            assert await ended_by_the_gateway(talk, "provider_disconnected") == 1011
            assert len(talk.of("response.done")) == len(talk.of("response.created")) == 1
            assert talk.of("response.done")[0]["response"]["status"] == "incomplete"


async def test_a_gateway_that_stops_says_so(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        await talk.ask("Hello?")
        await show.gateway.gateway.sockets.end_all()
        assert await ended_by_the_gateway(talk, "server_shutdown") == 1001


async def test_a_lost_socket_ends_the_session(tmp_path: Path) -> None:
    async with stage(tmp_path) as show, talking(show.gateway) as talk:
        session_id = talk.events[0]["session"]["id"]
        await talk.ask("Hello?")
        talk.api._connection.transport.abort()
        await talk.over()
        row: dict[str, Any] = {}
        while row.get("status") != "ended":
            row = (await show.gateway.client.get(f"/v1/sessions/{session_id}")).json()
        assert show.gateway.gateway.sockets.count == 0


async def test_a_client_that_says_nothing_is_not_kept_for_ever(tmp_path: Path) -> None:
    async with stage(tmp_path, session_idle_seconds=0.2) as show, talking(show.gateway) as talk:
        assert await ended_by_the_gateway(talk, "idle_timeout") == 1000
        assert (await show.gateway.client.get("/v1/sessions")).json()["entries"] == []
