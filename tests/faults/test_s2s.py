"""Speech to speech over real sockets, with engines that fail in every way at every stage: words in are words out."""

from pathlib import Path
from typing import Any

import pytest

from speko.simulators.faults import Fault, FaultKind, Stage
from speko.simulators.script import RealtimeScript, Script
from tests.faults.callers import PINNED, ROUTED
from tests.faults.show import ANSWER, stage

LOSSES = [
    Fault(kind=FaultKind.CUT, at=Stage.AUDIO, words=4, times=1),
    Fault(kind=FaultKind.CUT, at=Stage.FIRST_AUDIO, times=1),
    Fault(kind=FaultKind.CUT, at=Stage.RESPONSE, times=1),
    Fault(kind=FaultKind.CLOSE, at=Stage.AUDIO, words=7, times=1),
    Fault(kind=FaultKind.SESSION_ERROR, at=Stage.AUDIO, words=1, times=1),
    Fault(kind=FaultKind.MALFORMED, at=Stage.AUDIO, words=5, times=1),
]


def named(fault: Fault) -> str:
    return f"{fault.kind}-{fault.stage}-{fault.words}"


@pytest.mark.parametrize("fault", LOSSES, ids=named)
@pytest.mark.parametrize("target", [PINNED, ROUTED], ids=["pinned", "routed"])
async def test_an_engine_that_is_lost_costs_no_word(tmp_path: Path, fault: Fault, target: dict[str, Any]) -> None:
    async with stage(tmp_path) as show:
        first = "openai" if target is PINNED else await show.first()
        show.vendors[first].fault = fault
        caller = await show.call(**target)
        await caller.turn()
        await caller.until(lambda: ANSWER.rsplit(maxsplit=1)[-1] in caller.words)
        await caller.ended()
        assert caller.words.split() == ANSWER.split()
        assert caller.frames[0]["t"] == "ready"
        await caller.leave()


SETUP = [
    Fault(kind=FaultKind.REFUSE),
    Fault(kind=FaultKind.UNAUTHORIZED),
    Fault(kind=FaultKind.FORBIDDEN),
    Fault(kind=FaultKind.NOT_FOUND),
    Fault(kind=FaultKind.RATE_LIMITED),
    Fault(kind=FaultKind.SERVER_ERROR),
    Fault(kind=FaultKind.MALFORMED, at=Stage.CONNECT),
    Fault(kind=FaultKind.CLOSE, at=Stage.SETUP),
    Fault(kind=FaultKind.CUT, at=Stage.SETUP),
    Fault(kind=FaultKind.SILENT, at=Stage.SETUP),
]


@pytest.mark.parametrize("fault", SETUP, ids=named)
async def test_an_engine_that_cannot_be_had_leaves_the_session_to_the_next(tmp_path: Path, fault: Fault) -> None:
    async with stage(tmp_path) as show:
        first = await show.first()
        show.vendors[first].fault = fault
        caller = await show.call(**ROUTED)
        await caller.turn()
        await caller.ended()
        assert caller.words.split() == ANSWER.split()
        row = await show.row(caller)
        assert row["provider"] != first, "the engine in service stands in the row"
        attempts = await show.attempts(caller)
        assert [a["outcome"] for a in attempts][:1] == ["failed"]
        await caller.leave()


@pytest.mark.parametrize("fault", SETUP[:-1], ids=named)
async def test_a_pinned_engine_that_cannot_be_had_is_named_with_its_cause(tmp_path: Path, fault: Fault) -> None:
    async with stage(tmp_path) as show:
        show.vendors["openai"].fault = fault
        caller = await show.call(**PINNED)
        await caller.over()
        assert [frame["t"] for frame in caller.frames] == ["error"]
        assert caller.frames[0]["code"] == "S2S_PROVIDER_CONNECT_FAILED"
        assert "openai/gpt-realtime" in caller.frames[0]["message"]
        assert "key-of" not in caller.frames[0]["message"]
        assert "connector failed" not in caller.frames[0]["message"], "the vendor's failure, told as such"
        assert caller.closed == (1011, "Provider connect failed")
        assert (await show.row(caller))["status"] == "failed"


@pytest.mark.parametrize("target", [PINNED, ROUTED], ids=["pinned", "routed"])
async def test_when_all_engines_are_lost_the_session_says_so(tmp_path: Path, target: dict[str, Any]) -> None:
    async with stage(tmp_path) as show:
        for vendor in show.vendors.values():
            vendor.fault = Fault(kind=FaultKind.CUT, at=Stage.AUDIO, words=2)
        caller = await show.call(**target)
        await caller.turn()
        await caller.over()
        assert caller.frames[-1]["t"] == "error"
        assert caller.frames[-1]["code"] == "PROVIDER_DISCONNECTED"
        assert caller.closed[0] == 1011


async def test_an_engine_that_says_nothing_more_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("speko.api.realtime.live.STALL", 2.5)  # the next engine has to be quicker
    async with stage(tmp_path) as show:
        first = await show.first()
        show.vendors[first].fault = Fault(kind=FaultKind.STALL, at=Stage.AUDIO, words=3, times=1)
        caller = await show.call(**ROUTED)
        await caller.turn()
        await caller.ended()
        assert caller.words.split() == ANSWER.split()
        attempts = await show.attempts(caller)
        assert attempts[0]["cause"] == "timeout"
        await caller.leave()


async def test_typed_text_and_an_interruption_are_metered(tmp_path: Path) -> None:
    async with stage(tmp_path, Script(realtime=RealtimeScript(answers=(ANSWER * 4,), pace=1.0, delta_ms=20))) as show:
        caller = await show.call(**PINNED)
        await caller.tell(t="user_message", text="go on")
        await caller.until(lambda: len(caller.audio) > 48000 * 0.3)
        await caller.tell(t="interrupt")
        await caller.ended()
        assert caller.ends == ["interrupted"]
        heard = len(caller.audio)
        await caller.until(lambda: bool(caller.of("usage")))
        assert caller.of("usage")[0]["outputAudioTokens"] > 0
        assert len(caller.audio) == heard, "no audio after the interruption"
        assert caller.order[-1] != "audio"
        session = next(iter(show.vendors["openai"].realtime.sessions))
        assert session.truncations, "the vendor knows what was heard"
        await caller.leave()
        usage = {row["metric"] for row in await show.gateway.usage()}
        assert usage == {"s2s_input_audio_tokens", "s2s_output_audio_tokens"}


async def test_transcripts_out_of_order_change_nothing(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        show.vendors["openai"].fault = Fault(kind=FaultKind.DISORDER, turn=0)
        caller = await show.call(**PINNED)
        for turn in (1, 2):
            await caller.turn()
            await caller.ended(turn)
        assert caller.words.split() == ANSWER.split() * 2
        said = [f["text"] for f in caller.of("transcript") if f["role"] == "user" and f["final"]]
        assert said == ["what do you say"] * 2
        await caller.leave()


async def test_a_giant_message_of_sound_arrives_whole(tmp_path: Path) -> None:
    async with stage(tmp_path) as show:
        show.vendors["openai"].fault = Fault(kind=FaultKind.GIANT, turn=0)
        caller = await show.call(**PINNED)
        await caller.turn()
        await caller.until(lambda: bool(caller.of("usage")))
        session = next(iter(show.vendors["openai"].realtime.sessions))
        sent = int(session.responses[0].audio_ms * 48)
        assert sent > 2_000_000
        await caller.until(lambda: abs(len(caller.audio) - sent) < 48)
        assert caller.words.split() == ANSWER.split()
        await caller.leave()
