"""The synchronous client is generated, and in step with the asynchronous one."""

import inspect
import re
import shutil
from pathlib import Path

import pytest
from scripts import generate_sync_client
from scripts.generate_sync_client import CLIENT, RULES, main, synchronous

import speko
from speko.client._async import resources as async_resources
from speko.client._async import sessions as async_sessions
from speko.client._async.client import AsyncSpeko as AsyncHttpClient
from speko.client._sync import resources, sessions


def in_other_words(text: str) -> str:
    for pattern, replacement in RULES:
        text = re.sub(pattern, replacement, text)
    return text


@pytest.fixture
def client_folder(tmp_path: Path) -> Path:
    """A copy of the client."""
    for name in ("_async", "_sync"):
        shutil.copytree(CLIENT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


def test_the_repository_is_in_step(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--check"]) == 0
    assert capsys.readouterr().out == ""


def test_each_way_of_being_out_of_step_is_told(client_folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    target = client_folder / "_sync"
    (target / "client.py").write_text((target / "client.py").read_text().replace("30.0", "31.0"))
    (target / "streams.py").unlink()
    (target / "stale.py").write_text("")
    before = {path.name: path.read_text() for path in target.iterdir()}
    assert main(["--check", "--client", str(client_folder)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in told[:-1]] == ["_sync/client.py", "_sync/stale.py", "_sync/streams.py"]
    assert "2 lines differ" in told[0]
    assert {path.name: path.read_text() for path in target.iterdir()} == before


def test_generating_repairs_everything(client_folder: Path) -> None:
    shutil.rmtree(client_folder / "_sync")
    main(["--client", str(client_folder)])
    (client_folder / "_sync" / "stale.py").write_text("")
    main(["--client", str(client_folder)])
    made = {path.name: path.read_text() for path in (client_folder / "_sync").iterdir()}
    assert made == {path.name: path.read_text() for path in (CLIENT / "_sync").glob("*.py")}


def test_the_rules() -> None:
    source = '''
async def read(events: AsyncGenerator[bytes, None]) -> None:
    """Reads; asynchronous prose and `AsyncSpeko` too."""
    async with AsyncSpeko(api_key="k") as speko:
        async for event in events:
            awaited = await speko.aread(event)
'''
    assert synchronous(source, "example.py").splitlines()[1:] == [
        "",
        "",
        "def read(events: Generator[bytes, None, None]) -> None:",
        '    """Reads; asynchronous prose and `Speko` too."""',
        '    with Speko(api_key="k") as speko:',
        "        for event in events:",
        "            awaited = speko.read(event)",
    ]


def pairs() -> list[tuple[type, type]]:
    found = [
        (AsyncHttpClient, speko.Speko),
        (speko.AsyncEventStream, speko.EventStream),
        (speko.AsyncSpeechStream, speko.SpeechStream),
        (async_sessions.AsyncSessionsResource, sessions.SessionsResource),
        (speko.AsyncSessionStream, speko.SessionStream),
    ]
    for name, kind in inspect.getmembers(async_resources, inspect.isclass):
        if issubclass(kind, async_resources.AsyncResource):
            found.append((kind, getattr(resources, name.removeprefix("Async"))))
    return found


@pytest.mark.parametrize(("asynchronous", "sync"), pairs())
def test_both_clients_have_the_same_names_types_and_texts(asynchronous: type, sync: type) -> None:
    def surface(kind: type) -> dict[str, tuple[str, str]]:
        return {
            in_other_words(name): (
                in_other_words(str(inspect.signature(member))),
                " ".join(in_other_words(inspect.getdoc(member) or "").split()),
            )
            for name, member in inspect.getmembers(kind, inspect.isfunction)
        }

    assert surface(asynchronous) == surface(sync)
    assert " ".join(in_other_words(asynchronous.__doc__ or "").split()) == " ".join((sync.__doc__ or "").split())


def test_the_asynchronous_client_alone_holds_conversations() -> None:
    def names(kind: type) -> set[str]:
        return {name for name in dir(kind) if not name.startswith("_")}

    assert names(speko.AsyncSpeko) - names(speko.Speko) == {"connect_realtime"}
    assert names(speko.Speko) <= names(speko.AsyncSpeko)


def test_the_generated_files_say_so() -> None:
    for path in (CLIENT / "_sync").glob("*.py"):
        assert path.read_text().startswith(generate_sync_client.HEADER.format(name=path.name))
