"""Microphone and loudspeaker: `speko talk` with programs that record and play."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from speko.cli.exits import Exit
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway
from tests.cli.talking.agent import Answer, FakeAgent, HangsUp, tone
from tests.cli.talking.machine import install, record

pytestmark = pytest.mark.usefixtures("no_devices", "books")


def microphone(seconds: float) -> str:
    """A script that records something loud, then silence, without end."""
    Path("speech").write_bytes(tone(seconds, 24000))
    return "/bin/cat speech; exec /bin/cat /dev/zero"


def test_a_loudspeaker_gets_what_is_heard_and_is_silenced(speko: Command, fake: FakeGateway) -> None:
    install("aplay", 'echo "$@" >> args; exec /bin/cat >> heard')
    fake.on_session(FakeAgent([Answer(audio=tone(20)), Answer(audio=tone(0.3))]))
    record("a.wav", tone(0.1, 24000))
    done = speko("talk", "--in", "a.wav", "--in", "a.wav", "--cut-in", "0.3", "--json")
    assert done.json["player"] == "aplay"
    assert Path("args").read_text().count("-r 16000") == 2
    assert len(Path("heard").read_bytes()) < len(tone(10))
    assert Path("heard").read_bytes().endswith(tone(0.3))


def test_a_loudspeaker_that_cannot_play_is_no_loss(speko: Command, fake: FakeGateway) -> None:
    install("pacat", "exit 1")
    install("aplay", "exec /bin/cat >> heard")
    fake.on_session(FakeAgent([Answer(audio=tone(1))]))
    done = speko("talk", "--text", "hello", "--json")
    assert (done.code, done.json["player"]) == (Exit.OK, "aplay")
    assert tone(1).endswith(Path("heard").read_bytes())


def test_the_microphone_until_ctrl_c(speko: Command, fake: FakeGateway) -> None:
    install("parec", "echo no server >&2; exit 1")
    install("arecord", microphone(0.2))
    agent = HangsUp([Answer("spoken words", "an answer", tone(0.02))])
    fake.on_session(agent)
    done = speko("talk", "--json")
    assert (done.code, done.json["microphone"]) == (Exit.OK, "arecord")
    assert done.json["turns"][0]["said"] == "spoken words"
    assert bytes(agent.audio).startswith(tone(0.2, 24000))


def test_no_microphone(speko: Command, fake: FakeGateway) -> None:
    done = speko("talk")
    assert done.code == Exit.MISSING
    assert "no microphone" in done.err
    assert "none of parec, arecord, pw-record is installed" in done.err
    install("arecord", "echo 'arecord: main:831: audio open error' >&2; exit 1")
    done = speko("talk", "--json")
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_MICROPHONE")
    assert "audio open error" in speko("talk").err
    assert fake.requests == []


def test_a_microphone_that_is_pulled_out(speko: Command, fake: FakeGateway) -> None:
    install("arecord", "/usr/bin/head -c 9600 /dev/zero")
    fake.on_session(FakeAgent([]))
    done = speko("talk", "--json")
    assert (done.code, done.json["code"]) == (Exit.MISSING, "NO_MICROPHONE")


def test_nothing_is_left_running(speko: Command, fake: FakeGateway) -> None:
    install("arecord", "echo $$ > pid; exec /bin/cat /dev/zero")
    fake.on_session(HangsUp([]))
    threading.Thread(target=_interrupt_when_there, args=(Path("pid"),)).start()
    assert speko("talk", "--json").code in (Exit.OK, Exit.INTERRUPTED)
    pid = int(Path("pid").read_text())
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def _interrupt_when_there(file: Path) -> None:
    file = file.absolute()
    for _ in range(1000):
        if file.exists() and file.read_text().strip():
            os.kill(os.getpid(), signal.SIGINT)
            return
        time.sleep(0.01)
