"""A question is spoken into a real agent process, on the embedded engines, and the answer comes out as sound."""

import asyncio
import logging
from pathlib import Path

import pytest

from speko.agent import VENDOR
from speko.agent.engine import AgentEngine
from speko.agent.plan import AgentPlan, make_plan
from speko.providers.registry import Connectors, Registry, Runtime
from speko.providers.s2s import (
    AssistantText,
    EngineConnection,
    ResponseDone,
    ResponseStarted,
    S2sRequest,
    SpeechStarted,
    SpeechStopped,
    TurnStage,
    UserTranscript,
)
from speko.routing.health import Health
from speko.routing.intent import RoutingIntent
from speko.routing.ledger import AttemptRow, UsageRow
from speko.routing.router import Router
from speko.routing.score_files import packaged_snapshot
from tests import loops
from tests.agent.pools import Rows, Sink, a_call, until
from tests.providers.embedded.spoken import RATE, needs_flite, spoken

LOOPS = loops.UVLOOP
FRAME = RATE // 50 * 2
"""Bytes of 20 ms."""
QUESTION = "What is twelve times twelve?"


def a_plan(registry: Registry, rows: Rows) -> AgentPlan:
    router = Router(
        registry=registry,
        snapshots=[],
        embedded_snapshots=[packaged_snapshot("embedded")],
        platform={},
        embedded="auto",
        health=Health(),
    )
    return make_plan(
        router,
        {},
        RoutingIntent("en-US"),
        None,
        organization_id="org",
        session_id="ses",
        request_id="req",
        ledger=rows,
    )


async def talk(connection: EngineConnection, pcm: bytes) -> None:
    """Says something as a microphone does: frames of 20 ms, one each 20 ms, and silence from then on."""
    loop = asyncio.get_running_loop()
    began, sent = loop.time(), 0
    while True:
        frame = pcm[sent * FRAME : (sent + 1) * FRAME]
        connection.audio(frame.ljust(FRAME, b"\0"))
        sent += 1
        await asyncio.sleep(max(0.0, began + sent * 0.02 - loop.time()))


@needs_flite
async def test_a_spoken_question_gets_a_spoken_answer(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    registry, runtime = Registry.load(), Runtime(agent_sessions=1)
    engine = Connectors(registry, runtime).s2s(VENDOR)
    assert isinstance(engine, AgentEngine)
    start = registry.vendors[VENDOR].start
    assert start is not None
    rows, sink = Rows(), Sink()
    try:
        await start(runtime)
        request = S2sRequest(
            model="cascade", input_rate=RATE, output_rate=24000, language="en-US", plan=a_plan(registry, rows)
        )
        connection = await engine.connect(request, a_call(), sink)
        speaking = asyncio.create_task(talk(connection, bytes(RATE) + spoken(QUESTION, "rms")))
        try:
            await until(lambda: any(isinstance(event, ResponseDone) for event in sink.events))
        finally:
            speaking.cancel()
        assert_no_network(engine.pool.running[0].pid)
        connection.close()
        sink.closed = True
        await until(lambda: engine.pool.running[0].taken == 0)
    finally:
        await runtime.close()
    assert_answered(sink)
    assert {(row.modality, row.provider, row.outcome) for row in rows.attempts} == {
        ("stt", "pocketsphinx", "served"),
        ("llm", "speko", "served"),
        ("tts", "flite", "served"),
    }
    assert {row.type for row in rows.usages} == {"stt", "llm", "tts"}
    booked: list[AttemptRow | UsageRow] = [*rows.attempts, *rows.usages]
    assert {(row.organization_id, row.session_id, row.request_id) for row in booked} == {("org", "ses", "req")}
    assert {report.provider for report in rows.health} <= {"pocketsphinx", "speko", "flite"}
    assert not [record for record in caplog.records if "twelve" in str(vars(record)).lower()]


def assert_answered(sink: Sink) -> None:
    kinds = [type(event) for event in sink.events]
    assert kinds.index(SpeechStarted) < kinds.index(SpeechStopped) < kinds.index(ResponseStarted)
    heard = [event.text for event in sink.events if isinstance(event, UserTranscript) and event.final]
    assert [text.lower().strip("?. ") for text in heard] == ["what is twelve times twelve"]
    response = next(event.response for event in sink.events if isinstance(event, ResponseStarted))
    said = "".join(event.delta for event in sink.events if isinstance(event, AssistantText))
    assert "144" in said
    assert {event.stage for event in sink.events if isinstance(event, TurnStage)} == {
        "stt_final",
        "llm_first_token",
        "tts_first_byte",
    }
    assert ResponseDone(response, "completed") in sink.events
    assert {name for name, _ in sink.sounds} == {response}
    sound = b"".join(pcm for _, pcm in sink.sounds)
    assert len(sound) > 24000, "more than half a second"
    assert any(sound)


def assert_no_network(pid: int | None) -> None:
    """It has spoken with nobody but its gateway and its recogniser: none of its sockets is one of TCP or UDP."""
    inodes = set()
    for table in ("tcp", "tcp6", "udp", "udp6"):
        lines = Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]
        inodes |= {f"socket:[{line.split()[9]}]" for line in lines}
    assert not inodes & {str(link.readlink()) for link in Path(f"/proc/{pid}/fd").iterdir()}
