"""`speko simulate` as a process."""

import argparse
import asyncio
import json
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from openai import AsyncOpenAI, RateLimitError

from speko.simulators import Fault, FaultKind, RealtimeScript, Stage, command

MAIN = """
import argparse, sys
from speko.simulators import command
parser = argparse.ArgumentParser()
command.add_arguments(parser)
sys.exit(command.run(parser.parse_args()))
"""
PATIENCE = 30.0


@asynccontextmanager
async def process(*arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", MAIN, "openai", *arguments, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        yield child
    finally:
        if child.returncode is None:
            child.kill()
        await child.communicate()


async def line(child: asyncio.subprocess.Process) -> str:
    assert child.stdout is not None
    return (await asyncio.wait_for(child.stdout.readline(), PATIENCE)).decode()


async def test_it_serves_until_it_is_stopped() -> None:
    async with process("--text", "hello", "--fault", "429", "--fault-times", "1", "--retry-after", "0") as child:
        name, _, url = (await line(child)).strip().rpartition(" on ")
        assert name == "simulator openai"
        async with AsyncOpenAI(base_url=url, api_key="k", max_retries=0) as client:
            with pytest.raises(RateLimitError):
                await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
            answer = await client.chat.completions.create(model="m", messages=[{"role": "user", "content": "hi"}])
            assert answer.choices[0].message.content == "hello"
        child.send_signal(signal.SIGTERM)
        out, err = await asyncio.wait_for(child.communicate(), PATIENCE)
        assert (child.returncode, out, err) == (0, b"", b"")


async def test_json_and_sigint_and_a_port_that_is_taken() -> None:
    async with process("--json") as child:
        ready = json.loads(await line(child))
        assert ready["vendor"] == "openai"
        assert ready["pid"] == child.pid
        port = ready["base_url"].removeprefix("http://127.0.0.1:").removesuffix("/v1")
        assert ready["control_url"] == f"http://127.0.0.1:{port}/__sim__/"
        async with process("--port", port) as second:
            out, err = await asyncio.wait_for(second.communicate(), PATIENCE)
            assert (second.returncode, out) == (1, b"")
            assert err.startswith(b"speko simulate: cannot listen: ")
        child.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(child.wait(), PATIENCE) == 0


def parsed(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(["openai", *arguments])


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (["--fault-times", "3"], "need --fault"),
        (["--fault", "slow", "--fault-path", "nowhere"], "path is one of"),
        (["--fault", "slow", "--fault-probability", "7"], "probability"),
        (["--text", "a", "--chunks", "5"], "fewer characters"),
        (["--script", "/nonexistent/script.json"], "No such file"),
        (["--delta-ms", "0"], "delta_ms"),
        (["--fault", "close", "--fault-at", "connect"], "cannot be closed"),
    ],
)
def test_wrong_usage_is_2(arguments: list[str], text: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert command.run(parsed(*arguments)) == 2
    out, err = capsys.readouterr()
    assert not out
    assert err.startswith("speko simulate: ")
    assert text in err


def test_options_win_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text('{"text": "from the file", "transcript": "heard", "pace": 1}')
    script = command._script(
        parsed("--script", str(file), "--text", "from the option", "--pace-ms", "20", "--tool-call", 'look={"at": 1}')
    )
    assert (script.text, script.transcript, script.pace) == ("from the option", "heard", 0.02)
    assert [(call.name, call.arguments) for call in script.tool_calls] == [("look", '{"at": 1}')]


def test_options_of_conversations(tmp_path: Path) -> None:
    file = tmp_path / "script.json"
    file.write_text('{"realtime": {"pace": 3, "answers": ["from the file"]}}')
    options = "--script", str(file), "--answer", "one", "--answer", "two", "--utterance", "hello", "--in-step"
    script = command._script(parsed(*options, "--delta-ms", "20", "--model", "other"))
    assert script.realtime == RealtimeScript(
        answers=("one", "two"), transcripts=("hello",), pace=3, delta_ms=20, in_step=True, models=("other",)
    )
    assert command._script(parsed("--speed", "0")).realtime == RealtimeScript(pace=0)
    assert command._script(parsed("--text", "hello")).realtime == RealtimeScript()
    fault = command._fault(
        parsed(
            "--fault", "close", "--fault-at", "audio", "--fault-turn", "0", "--fault-words", "3", "--fault-code", "1012"
        )
    )
    assert fault == Fault(FaultKind.CLOSE, at=Stage.AUDIO, turn=0, words=3, code=1012)


def test_every_fault_and_stage_is_explained_in_the_help() -> None:
    explained = command.EPILOG.split("exit codes")[0].split()
    assert {*FaultKind, *Stage} <= set(explained)
