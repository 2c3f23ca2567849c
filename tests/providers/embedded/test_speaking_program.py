import asyncio
import os
import stat
from contextlib import aclosing
from pathlib import Path

import pytest

from speko.audio import wav_header
from speko.providers.embedded.speaking_program import SpeakingProgram
from speko.providers.errors import Busy, ConnectFailed, EmptyResult, MalformedResponse, ProviderUnavailable
from speko.providers.tts import AudioChunk
from tests.providers.embedded.spoken import a_call, collected

TEXT = "First sentence. Second sentence."


def program(folder: Path, body: str) -> str:
    """A shell script that stands in for a voice."""
    path = folder / "voice"
    path.write_text(f"#!/bin/sh\n{body}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return str(path)


def a_wave(folder: Path, samples: int, rate: int = 8000) -> Path:
    path = folder / "sound.wav"
    path.write_bytes(wav_header(rate, samples * 2) + b"\x01\x02" * samples)
    return path


async def speak(name: str, text: str = TEXT) -> list[AudioChunk]:
    return await collected(SpeakingProgram(name).speak([], text, str, a_call()))


async def test_each_piece_in_chunks_of_a_second(tmp_path: Path) -> None:
    name = program(tmp_path, f"cat {a_wave(tmp_path, 12000)}")
    chunks = await speak(name)
    assert [len(chunk.pcm) for chunk in chunks] == [16000, 8000] * 2
    assert {chunk.sample_rate for chunk in chunks} == {8000}


async def test_the_text_comes_by_standard_input_only(tmp_path: Path) -> None:
    name = program(tmp_path, f'cat >> {tmp_path}/text; echo >> {tmp_path}/text; echo "$@" >> {tmp_path}/args')
    sound = a_wave(tmp_path, 10)
    with open(name, "a") as script:  # noqa: ASYNC230, PTH123
        script.write(f"cat {sound}\n")
    call = a_call()
    await collected(SpeakingProgram(name).speak(["-v", "one"], "--help; $(id). Ünïcode `x`.", str, call))
    assert (tmp_path / "text").read_text().splitlines() == ["--help; $(id).", "Ünïcode `x`."]
    assert set((tmp_path / "args").read_text().splitlines()) == {"-v one"}
    assert call.usage.characters == len("--help; $(id). Ünïcode `x`.")


async def test_characters_are_counted_as_they_are_begun(tmp_path: Path) -> None:
    name, call = program(tmp_path, f"cat {a_wave(tmp_path, 10)}"), a_call()
    async with aclosing(SpeakingProgram(name).speak([], TEXT, str, call)) as batches:
        await anext(batches)
        assert call.usage.characters == len("First sentence.")


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ("exit 3", ProviderUnavailable),
        ("kill -6 $$", ProviderUnavailable),
        ("echo this is no sound", MalformedResponse),
        ("exit 0", EmptyResult),
    ],
)
async def test_programs_that_fail(tmp_path: Path, body: str, error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        await speak(program(tmp_path, body))
    assert "sentence" not in str(caught.value)


async def test_a_program_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConnectFailed):
        await speak(str(tmp_path / "nothing"))


async def test_nothing_to_say(tmp_path: Path) -> None:
    name = program(tmp_path, f"cat {a_wave(tmp_path, 10)}")
    with pytest.raises(EmptyResult):
        await collected(SpeakingProgram(name).speak([], "text", lambda _: "", a_call()))


async def test_leaving_kills_the_program_and_frees_its_slot(tmp_path: Path) -> None:
    name = program(tmp_path, f"echo $$ > {tmp_path}/new && mv {tmp_path}/new {tmp_path}/pid; exec sleep 600")
    voice = SpeakingProgram(name, calls=1, waiting=0)
    speaking = asyncio.create_task(collected(voice.speak([], TEXT, str, a_call())))
    async with asyncio.timeout(20):
        while not (tmp_path / "pid").exists():  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    with pytest.raises(Busy):
        await collected(voice.speak([], TEXT, str, a_call()))
    pid = int((tmp_path / "pid").read_text())
    speaking.cancel()
    with pytest.raises(asyncio.CancelledError):
        await speaking
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)  # neither running nor a zombie
    program(tmp_path, f"cat {a_wave(tmp_path, 10)}")
    assert await collected(voice.speak([], TEXT, str, a_call()))


async def test_no_process_runs_while_the_listener_is_busy(tmp_path: Path) -> None:
    name = program(tmp_path, f"echo run >> {tmp_path}/runs; cat {a_wave(tmp_path, 10)}")
    async with aclosing(SpeakingProgram(name).speak([], TEXT, str, a_call())) as batches:
        await anext(batches)
        assert (tmp_path / "runs").read_text().split() == ["run"]
