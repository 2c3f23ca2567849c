"""The example scripts run as they stand."""

import io
import json
import runpy
import sys
import threading
import wave
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from websockets.sync.server import ServerConnection, serve
from websockets.typing import Subprotocol

from speko import SpekoAuthError
from tests.client.conftest import API_KEY
from tests.client.gateway import Reply, ScriptedGateway, json_reply, sse, sse_reply
from tests.client.realtime.sockets import TOKEN, session_reply

EXAMPLES = Path(__file__).parents[2] / "examples" / "python"
META = {"provider": "vendor", "model": "m1", "failoverCount": 1, "scoresRunId": None}
Run = Callable[..., int]


@pytest.fixture
def run(gateway: ScriptedGateway, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Runs a script as a program: name, arguments, and what is typed. Returns the exit code."""
    monkeypatch.setenv("SPEKO_API_KEY", API_KEY)
    monkeypatch.setenv("SPEKO_BASE_URL", gateway.url)

    def run_script(name: str, *arguments: str, typed: str = "") -> int:
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
        try:
            runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        except SystemExit as exit_:
            return int(exit_.code or 0)
        return 0

    return run_script


def test_transcribe(gateway: ScriptedGateway, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    interim, final = sse("transcript", text="hel", isFinal=False), sse("transcript", text="hello", isFinal=True)
    gateway.replies.append(sse_reply(interim, final, sse("done", **META)))
    assert run("transcribe.py", str(tmp_path / "a.wav")) == 0
    assert capsys.readouterr() == ("hello\n", "heard by vendor/m1, failovers: 1\n")
    assert gateway.received[0].body == b"RIFF"


def test_transcribe_says_what_went_wrong(
    gateway: ScriptedGateway, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "a.wav").write_bytes(b"RIFF")
    gateway.replies.append(sse_reply(sse("error", error="It broke.", code="TRANSCRIBE_FAILED")))
    assert run("transcribe.py", str(tmp_path / "a.wav")) == 1
    assert capsys.readouterr().err == "TRANSCRIBE_FAILED: It broke.\n"


def test_speak(gateway: ScriptedGateway, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    headers = {"content-type": "audio/pcm;rate=16000", "x-speko-provider": "vendor", "x-speko-model": "m1"}
    gateway.replies.append(Reply(200, headers, [b"\x01", b"\x02\x03", b"\x04"]))
    assert run("speak.py", "Good morning.", str(tmp_path / "a.wav")) == 0
    assert capsys.readouterr().out == "spoken by vendor/m1, failovers: 0\n"
    with wave.open(str(tmp_path / "a.wav")) as file:
        assert (file.getframerate(), file.getnchannels(), file.readframes(9)) == (16000, 1, b"\x01\x02\x03\x04")


def test_chat(gateway: ScriptedGateway, run: Run, capsys: pytest.CaptureFixture[str]) -> None:
    call = {"id": "c1", "name": "clock", "args": "{}"}
    gateway.replies.extend(
        [
            sse_reply(sse("tool_call", **call), sse("done", text="", toolCalls=[call], **META)),
            sse_reply(sse("delta", text="It is "), sse("delta", text="noon."), sse("done", text="It is noon.", **META)),
        ]
    )
    assert run("chat.py", typed="What time is it?\n\n") == 0
    assert "It is noon.  [vendor/m1]\n" in capsys.readouterr().out
    roles = [message["role"] for message in gateway.received[1].json["messages"]]
    assert roles == ["user", "assistant", "tool"]


@contextmanager
def agent(script: Callable[[ServerConnection], None]) -> Iterator[str]:
    """A socket that follows the script. Yields its address."""
    with serve(script, "127.0.0.1", 0, subprotocols=[Subprotocol(TOKEN)], compression=None) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"ws://127.0.0.1:{server.socket.getsockname()[1]}/"
        server.shutdown()
        thread.join()


def question(path: Path) -> None:
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        file.writeframes(b"\x01\x02" * 400)


def test_talk(gateway: ScriptedGateway, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    heard: list[bytes | str] = []

    def answers(socket: ServerConnection) -> None:
        heard.extend(socket.recv() for _ in range(3))
        for frame in ({"t": "transcript", "role": "user", "text": "hello", "final": True}, {"t": "ready"}):
            socket.send(json.dumps(frame))
        socket.send(b"\x03\x04")
        socket.send(json.dumps({"t": "turn", "stage": "response_done", "ms": 1}))
        for _ in socket:
            pass

    question(tmp_path / "a.wav")
    with agent(answers) as url:
        gateway.replies.append(session_reply(url))
        assert run("talk.py", str(tmp_path / "a.wav"), str(tmp_path / "b.wav")) == 0
    assert capsys.readouterr().out == "user: hello\n"
    # The session has 24000 Hz: a frame is 480 samples long.
    assert heard == [b"\x01\x02" * 400 + bytes(160), bytes(960), bytes(960)]
    assert gateway.received[0].json["s2s"] == {"inputSampleRate": 16000, "outputSampleRate": 16000}
    with wave.open(str(tmp_path / "b.wav")) as file:
        assert (file.getframerate(), file.readframes(9)) == (16000, b"\x03\x04")


def test_talk_says_what_went_wrong(
    gateway: ScriptedGateway, run: Run, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuses(socket: ServerConnection) -> None:
        socket.send(json.dumps({"t": "error", "code": "S2S_PROVIDER_CONNECT_FAILED", "message": "no such model"}))
        socket.close(1011)

    question(tmp_path / "a.wav")
    with agent(refuses) as url:
        gateway.replies.append(session_reply(url))
        assert run("talk.py", str(tmp_path / "a.wav"), str(tmp_path / "b.wav")) == 1
    assert capsys.readouterr().err == "S2S_PROVIDER_CONNECT_FAILED: no such model\n"
    assert not (tmp_path / "b.wav").exists()


@pytest.mark.parametrize("script", ["transcribe.py", "speak.py", "chat.py", "talk.py"])
def test_a_refusal_ends_the_script(gateway: ScriptedGateway, run: Run, tmp_path: Path, script: str) -> None:
    question(tmp_path / "a.wav")
    gateway.replies.append(json_reply({"error": "Unknown key.", "code": "UNAUTHORIZED"}, 401))
    with pytest.raises(SpekoAuthError, match="Unknown key"):
        run(script, str(tmp_path / "a.wav"), str(tmp_path / "b.wav"), typed="Hello.\n\n")
