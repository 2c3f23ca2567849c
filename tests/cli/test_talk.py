"""`speko talk`, against an agent that hears and speaks."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from speko.cli import talk
from speko.cli.exits import Exit
from speko.cli.talking import conversation
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway
from tests.cli.talking.agent import RATE, Answer, FakeAgent, HangsUp, tone
from tests.cli.talking.machine import record, samples

pytestmark = pytest.mark.usefixtures("no_devices", "books")


def asked(fake: FakeGateway) -> dict[str, Any]:
    """What the session was made with."""
    body = next(body for method, path, _, body in fake.requests if (method, path) == ("POST", "/v1/sessions"))
    parsed: dict[str, Any] = json.loads(body)
    return parsed


def test_two_turns_from_files(speko: Command, fake: FakeGateway) -> None:
    agent = FakeAgent([Answer("first words", "one", tone(0.1)), Answer("second words", "two", tone(0.06))])
    fake.on_session(agent)
    record("a.wav", tone(0.1, 24000) + bytes(48000))
    record("b.wav", tone(0.05, 24000))
    done = speko("talk", "--in", "a.wav", "--in", "b.wav", "--out", "reply.wav")
    assert done.code == Exit.OK
    latency = "  first audio 145 ms: endpointing 80, STT 10 (ears), LLM 10 (mind), TTS 40 (mouth), audio 5"
    expected = ["you: first words", "agent: one", latency, "you: second words", "agent: two", latency]
    assert done.out.splitlines() == expected
    assert "acme talker: 2 turns in" in done.err
    assert "likely cost $0.0015, written to reply.wav" in done.err
    assert samples("reply.wav") == (RATE, tone(0.1) + tone(0.06))
    assert asked(fake) == {
        "mode": "s2s",
        "s2s": {"inputSampleRate": 24000},
        "intent": {"language": "en"},
    }
    # The silence of the file does not delay what is measured from the end of the speech: silence is sent anyway.
    assert tone(0.1, 24000) in bytes(agent.audio)
    assert tone(0.05, 24000) in bytes(agent.audio)
    assert {"t": "played", "ms": 100} in [frame for frame in agent.received if frame["t"] == "played"]


def test_json_is_one_document(speko: Command, fake: FakeGateway) -> None:
    fake.on_session(FakeAgent([Answer()]))
    record("a.wav", tone(0.05, RATE), RATE)
    done = speko("talk", "--in", "a.wav", "--json")
    assert done.json["costUsd"] == 0.0015
    assert {name: done.json[name] for name in ("provider", "model", "sessionId", "file", "player", "ending")} == {
        "provider": "acme",
        "model": "talker",
        "sessionId": "s1",
        "file": None,
        "player": None,
        "ending": "client_closed",
    }
    [turn] = done.json["turns"]
    assert (turn["said"], turn["answer"], turn["interrupted"], turn["firstAudioMs"]) == (
        "words",
        "an answer",
        False,
        145,
    )
    assert turn["stages"][1] == {"stage": "speech_ended", "ms": 80, "provider": None, "model": None}
    assert asked(fake)["s2s"] == {"inputSampleRate": 16000}
    assert "no loudspeaker" in done.err


def test_it_names_the_engine_that_answered(speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "_BOOKS_PAUSE", 0.0)
    asked_for_it = 0

    async def entry(_: web.Request) -> web.Response:
        nonlocal asked_for_it
        asked_for_it += 1
        late = {"provider": "acme", "model": "talker", "status": "active"}  # the books are written a little later
        true = {"provider": "other", "model": "answerer", "status": "ended"}
        return web.json_response({"sessionId": "s1", **(late if asked_for_it == 1 else true)})

    fake.answers["GET", "/v1/sessions/s1"] = entry
    fake.on_session(FakeAgent([Answer()]))
    assert "other answerer: 1 turn in" in speko("talk", "--text", "hello").err
    assert asked_for_it == 2
    fake.on_session(FakeAgent([Answer()]))
    done = speko("talk", "--text", "hello", "--json").json
    assert (done["provider"], done["model"]) == ("other", "answerer")


def test_a_cost_that_nobody_knows(speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(talk, "_BOOKS_TRIES", 1)
    del fake.answers["GET", "/v1/requests/req_1"]
    fake.on_session(FakeAgent([Answer()]))
    done = speko("talk", "--text", "hello")
    assert done.code == Exit.OK
    assert "unknown cost" in done.err


def test_all_options_reach_the_session(speko: Command, fake: FakeGateway) -> None:
    agent = FakeAgent([Answer()])
    fake.on_session(agent)
    tools = [{"name": "clock", "description": "The time.", "parameters": {"type": "object"}, "answer": {"hour": 3}}]
    Path("tools.json").write_text(json.dumps(tools))
    options = (
        "--provider acme --model talker --voice slt --prompt Brief. --language de --region eu --allow acme".split()
    )
    done = speko("talk", "--text", "Wie spät ist es?", "--tools", "tools.json", *options)
    assert done.code == Exit.OK
    del tools[0]["answer"]
    assert asked(fake) == {
        "mode": "s2s",
        "s2s": {
            "provider": "acme",
            "model": "talker",
            "voice": "slt",
            "systemPrompt": "Brief.",
            "tools": tools,
            "inputSampleRate": 24000,
        },
        "intent": {"language": "de", "region": "eu"},
        "constraints": {"allowedProviders": {"s2s": ["acme"]}},
    }
    assert agent.received[0] == {"t": "user_message", "text": "Wie spät ist es?"}


def test_the_agent_may_speak_first(speko: Command, fake: FakeGateway) -> None:
    class Greeting(FakeAgent):
        async def say(self, kind: str, **members: Any) -> None:
            await super().say(kind, **members)
            if kind == "ready":
                await self._speak(Answer(said="Welcome."))

    fake.on_session(Greeting([Answer(said="Bye.")]))
    done = speko("talk", "--text", "hello", "--first-message", "Welcome.", "--json")
    assert [(turn["said"], turn["answer"]) for turn in done.json["turns"]] == [("", "Welcome."), ("hello", "Bye.")]
    assert asked(fake)["firstMessage"] == "Welcome."


def test_a_tool_is_answered_and_shown(speko: Command, fake: FakeGateway) -> None:
    done_without_words = ("turn", {"stage": "response_done", "ms": 150})
    calls = [Answer(said="It is {}.", tool=("c1", "clock", '{"zone":"UTC"}')), Answer(tool=("c2", "other", "{}"))]
    calls[1].said, calls[0].before = "Hm: {}", [done_without_words]
    agent = FakeAgent(calls)
    fake.on_session(agent)
    Path("tools.json").write_text('[{"name":"clock","description":"d","parameters":{},"answer":"noon"}]')
    done = speko("talk", "--text", "time?", "--text", "other?", "--tools", "tools.json", "--json")
    first, second = done.json["turns"]
    assert (first["answer"], second["answer"]) == ("It is noon.", "Hm: There is no such tool.")
    assert first["tools"] == [{"name": "clock", "arguments": '{"zone":"UTC"}', "output": "noon"}]
    assert [frame for frame in agent.received if frame["t"] == "tool_result"] == [
        {"t": "tool_result", "callId": "c1", "output": "noon"},
        {"t": "tool_result", "callId": "c2", "output": "There is no such tool."},
    ]


@pytest.mark.parametrize("tools", ["{", "{}", '[{"name":"x"}]', '[{"name":"x","description":"d","parameters":{}}]'])
def test_a_file_that_holds_no_tools(speko: Command, fake: FakeGateway, tools: str) -> None:
    Path("tools.json").write_text(tools)
    done = speko("talk", "--text", "x", "--tools", "tools.json", "--json")
    assert (done.code, done.json["code"]) == (Exit.USAGE, "USAGE")
    assert fake.requests == []


def test_cutting_in_ends_the_answer_and_what_was_not_heard_is_not_kept(speko: Command, fake: FakeGateway) -> None:
    agent = FakeAgent([Answer(said="a long story", audio=tone(20)), Answer(said="stopped", audio=tone(0.1))])
    fake.on_session(agent)
    record("a.wav", tone(0.1, 24000))
    done = speko("talk", "--in", "a.wav", "--in", "a.wav", "--cut-in", "0.3", "--out", "reply.wav", "--json")
    assert [turn["interrupted"] for turn in done.json["turns"]] == [True, False]
    assert done.json["interruptions"] == 1
    heard = len(samples("reply.wav")[1]) / 2 / RATE - 0.1
    assert 0.25 < heard < 5
    corrections = [frame["ms"] for frame in agent.received if frame["t"] == "played"]
    assert any(abs(ms - 1000 * heard) < 60 for ms in corrections)


def test_an_interruption_is_shown_with_what_was_heard(speko: Command, fake: FakeGateway) -> None:
    fake.on_session(FakeAgent([Answer(said="a long story", audio=tone(20)), Answer(said="stopped", audio=tone(0.05))]))
    record("a.wav", tone(0.1, 24000))
    done = speko("talk", "--in", "a.wav", "--in", "a.wav", "--cut-in", "0.1", "--out", "reply.wav")
    lines = done.out.splitlines()
    assert lines[lines.index("agent: a long story") + 1] == "  interrupted after: a lo"


def test_ctrl_c_in_a_script_keeps_what_was_heard(speko: Command, fake: FakeGateway) -> None:
    fake.on_session(HangsUp([Answer(audio=tone(20))]))
    done = speko("talk", "--text", "hello", "--text", "never said", "--out", "reply.wav", "--json")
    assert done.code == Exit.INTERRUPTED
    assert [turn["said"] for turn in done.json["turns"]] == ["hello"]
    assert len(samples("reply.wav")[1]) < len(tone(19))


@pytest.mark.parametrize(
    ("reason", "code", "status"),
    [("agent_ended", 1000, Exit.OK), ("expired", 1000, Exit.FAILED), ("server_shutdown", 1001, Exit.FAILED)],
)
def test_the_gateway_ends_the_session(speko: Command, fake: FakeGateway, reason: str, code: int, status: Exit) -> None:
    fake.on_session(FakeAgent([Answer()], ending=reason, close_code=code))
    done = speko("talk", "--text", "hello", "--text", "more", "--out", "reply.wav", "--json")
    assert done.code == status
    assert done.json.get("code") == (None if status == Exit.OK else "SESSION_ENDED")
    assert reason in json.dumps(done.json)
    assert Path("reply.wav").exists()


def test_an_engine_that_cannot_be_had(speko: Command, fake: FakeGateway) -> None:
    async def refuse(socket: Any) -> None:
        error = {"t": "error", "code": "S2S_PROVIDER_CONNECT_FAILED", "message": "acme: no such model"}
        await socket.send_str(json.dumps(error))
        await socket.close(code=1011, message=b"Provider connect failed")

    fake.on_session(refuse)
    done = speko("talk", "--text", "hello", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "S2S_PROVIDER_CONNECT_FAILED")
    assert done.json["error"] == "acme: no such model"
    assert speko("talk", "--text", "hello").err.count("no such model") == 1


def test_a_connection_that_breaks(speko: Command, fake: FakeGateway) -> None:
    class Breaks(FakeAgent):
        async def _answer(self, *, typed: bool = False) -> None:
            assert self._socket is not None
            assert self._socket._req is not None
            assert self._socket._req.transport is not None
            self._socket._req.transport.abort()

    fake.on_session(Breaks([]))
    done = speko("talk", "--text", "hello", "--json")
    assert (done.code, done.json["code"]) == (Exit.UNREACHABLE, "CONNECTION_LOST")


def test_an_engine_that_does_not_come(speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "READY_SECONDS", 0.05)

    async def nothing(socket: Any) -> None:
        async for _ in socket:
            pass

    fake.on_session(nothing)
    done = speko("talk", "--text", "hello", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "NOT_READY")


def test_an_agent_that_does_not_answer(speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conversation, "QUIET_SECONDS", 2.5)  # within which the complaint has come
    complaint = ("error", {"code": "PROVIDER_ERROR", "message": "hm"})
    fake.on_session(FakeAgent([Answer(audio=b"", before=[complaint, ("usage", {})])]))
    done = speko("talk", "--text", "hello", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "NO_ANSWER")
    assert done.json["error"] == "the agent has not answered: hm"
    assert "hm (PROVIDER_ERROR)" in done.err


def test_a_session_that_is_refused(speko: Command, fake: FakeGateway) -> None:
    fake.on("POST", "/v1/sessions", {"error": "No key: set ACME_KEY", "code": "SESSION_CREATE_FAILED"}, 500)
    done = speko("talk", "--text", "hello", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "SESSION_CREATE_FAILED")


def test_no_gateway(speko: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SPEKO_API_KEY", "sk_live_1")
    done = speko("talk", "--text", "hello", "--base-url", "http://127.0.0.1:9")
    assert done.code == Exit.UNREACHABLE
    assert "speko serve" in done.err


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (["--provider", "acme"], Exit.USAGE),
        (["--cut-in", "-1"], Exit.USAGE),
        (["--in", "none.wav"], Exit.FAILED),
        (["--in", "text.wav"], Exit.FAILED),
        (["--text", "x", "--out", "none/reply.wav"], Exit.FAILED),
        (["--text", "x", "--tools", "none.json"], Exit.FAILED),
    ],
)
def test_what_cannot_be_is_told_before_anything_is_asked(
    speko: Command, fake: FakeGateway, words: list[str], code: Exit
) -> None:
    Path("text.wav").write_text("no sound")
    assert speko("talk", *words, "--json").code == code
    assert fake.requests == []


def test_words_that_grow_are_rewritten_in_one_line(
    speko: Command, fake: FakeGateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(type(sys.stderr), "isatty", lambda _: True, raising=False)
    fake.on_session(FakeAgent([Answer("words", "answer")]))
    record("a.wav", tone(0.05, 24000))
    done = speko("talk", "--in", "a.wav")
    assert "\ryou: wo\x1b[K" in done.err
    assert "\ragent: an\x1b[K" in done.err
    assert "you: words" in done.out
