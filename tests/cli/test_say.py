"""`speko say`."""

import io
import json
import struct
import wave
from pathlib import Path

import pytest

from speko.cli.exits import Exit
from speko.cli.say import sample_rate
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway

SPEECH = b"".join(struct.pack("<h", number) for number in range(16000))


@pytest.fixture
def talking(fake: FakeGateway) -> FakeGateway:
    fake.on_bytes("/v1/synthesize", SPEECH, "audio/pcm;rate=16000")
    return fake


@pytest.fixture
def _no_player(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))


def install_player(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    """Puts a program named aplay, and no other, on the path."""
    program = folder / "bin" / "aplay"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", str(program.parent))


def samples(data: bytes) -> tuple[int, bytes]:
    with wave.open(io.BytesIO(data)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        return file.getframerate(), file.readframes(file.getnframes())


def test_a_file(speko: Command, talking: FakeGateway, tmp_path: Path) -> None:
    done = speko("say", "Good morning", "--out", "a.wav", "--voice", "slt", "--language", "en-GB", "--speed", "1.5")
    assert done.code == Exit.OK
    assert samples((tmp_path / "a.wav").read_bytes()) == (16000, SPEECH)
    assert done.out == ""
    assert "acme voice-1: 1.0 s" in done.err
    sent = json.loads(talking.requests[0][3])
    assert sent == {"text": "Good morning", "intent": {"language": "en-GB"}, "voice": "slt", "speed": 1.5}


def test_raw_samples(speko: Command, talking: FakeGateway, tmp_path: Path) -> None:
    assert speko("say", "Hi", "--out", "a.pcm").code == Exit.OK
    assert (tmp_path / "a.pcm").read_bytes() == SPEECH


def test_standard_output(talking: FakeGateway, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    from speko.cli.main import main

    assert main(["say", "Hi", "--out", "-"]) == Exit.OK
    assert samples(capfdbinary.readouterr().out) == (16000, SPEECH)


def test_the_text_comes_from_standard_input(speko: Command, talking: FakeGateway) -> None:
    assert speko("say", "-", "--out", "a.wav", stdin="Grüß Gott").code == Exit.OK
    assert json.loads(talking.requests[0][3])["text"] == "Grüß Gott"


@pytest.mark.usefixtures("_no_player")
def test_without_a_player_speech_goes_to_a_file_and_it_is_said_where(speko: Command, talking: FakeGateway) -> None:
    done = speko("say", "Hi")
    assert "speech.wav" in done.err
    assert samples(Path("speech.wav").read_bytes())[1] == SPEECH


def test_a_player_gets_the_samples(
    speko: Command, talking: FakeGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install_player(tmp_path, monkeypatch, f'echo "$@" > {tmp_path}/args; exec /bin/cat > {tmp_path}/heard')
    done = speko("say", "Hi", "--json")
    assert done.json["player"] == "aplay"
    assert done.json["file"] is None
    assert (tmp_path / "heard").read_bytes() == SPEECH
    assert "-r 16000" in (tmp_path / "args").read_text()


def test_a_player_that_cannot_play_is_no_loss(
    speko: Command, talking: FakeGateway, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    install_player(tmp_path, monkeypatch, "exit 1")
    done = speko("say", "Hi", "--json")
    assert (done.code, done.json["player"], done.json["file"]) == (Exit.OK, None, "speech.wav")
    assert samples(Path("speech.wav").read_bytes())[1] == SPEECH


def test_json(speko: Command, talking: FakeGateway) -> None:
    assert speko("say", "Hi", "--out", "a.wav", "--allow", "acme", "--allow", "b:c", "--json").json == {
        "provider": "acme",
        "model": "voice-1",
        "failoverCount": 1,
        "scoresRunId": None,
        "requestId": "req_1",
        "contentType": "audio/pcm;rate=16000",
        "seconds": 1.0,
        "file": "a.wav",
        "player": None,
    }
    assert json.loads(talking.requests[0][3])["constraints"] == {"allowedProviders": {"tts": ["acme", "b:c"]}}


def test_json_and_audio_do_not_share_standard_output(speko: Command, talking: FakeGateway) -> None:
    assert speko("say", "Hi", "--out", "-", "--json").code == Exit.USAGE
    assert talking.requests == []


def test_a_file_that_cannot_be_written(speko: Command, talking: FakeGateway) -> None:
    Path("folder").mkdir()
    done = speko("say", "Hi", "--out", "folder", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "CANNOT_WRITE")


def test_a_folder_that_is_not_there_costs_no_speech(speko: Command, talking: FakeGateway) -> None:
    done = speko("say", "Hi", "--out", "none/a.wav", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "CANNOT_WRITE")
    assert not Path("none").exists()
    assert talking.requests == []


@pytest.mark.parametrize(
    ("content_type", "rate"),
    [
        ("audio/pcm;rate=24000", 24000),
        ("audio/pcm; rate=8000", 8000),
        ("audio/pcm", None),
        ("audio/mpeg", None),
        ("audio/pcm;rate=x", None),
    ],
)
def test_sample_rate(content_type: str, rate: int | None) -> None:
    assert sample_rate(content_type) == rate
