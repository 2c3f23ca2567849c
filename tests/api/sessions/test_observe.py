"""`GET /v1/sessions/{id}/stream` over a real socket."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy import insert, text, update

from speko.api.sessions import observe
from speko.storage import tables
from speko.storage.sessions_rows import turn_values
from tests.api.running import Running, events, running, until
from tests.api.sessions.speakers import registry_of
from tests.api.sessions.stored import sessions_of, stored, turn_body
from tests.storage.session_rows import spoken, turn

Event = tuple[str, dict[str, Any]]
COMMENT: Event = ("", {})


class Watching:
    """A client that reads a stream event by event."""

    def __init__(self, answer: httpx.Response) -> None:
        self._answer = answer
        self._pieces: asyncio.Queue[str | None] = asyncio.Queue()
        self._text = ""

    async def read(self) -> None:
        """Reads until the server closes. Runs beside the test, and not in it: httpx leaves its generators to the
        garbage collector where a reader stops half-way."""
        async for piece in self._answer.aiter_text():
            self._pieces.put_nowait(piece)
        self._pieces.put_nowait(None)

    async def next(self) -> Event:
        """The next event; a comment is one without a name. Fails when the stream ends."""
        async with asyncio.timeout(10):
            while "\n\n" not in self._text:
                piece = await self._pieces.get()
                assert piece is not None, "the stream has ended"
                self._text += piece
        block, _, self._text = self._text.partition("\n\n")
        if block.startswith(":"):
            return COMMENT
        ((event),) = events(block + "\n\n")
        return event

    async def ended(self) -> bool:
        """Whether the server has closed, with nothing more to read."""
        async with asyncio.timeout(10):
            return not self._text and await self._pieces.get() is None


@asynccontextmanager
async def watching(gateway: Running, session_id: str, **query: str) -> AsyncIterator[Watching]:
    async with gateway.client.stream("GET", f"/v1/sessions/{session_id}/stream", params=query) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/event-stream"
        assert answer.headers["cache-control"] == "no-cache"
        stream = Watching(answer)
        reading = asyncio.create_task(stream.read())
        try:
            yield stream
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)


def status(event: Event) -> str:
    assert event[0] == "status"
    return str(event[1]["status"])


def words(event: Event) -> tuple[int, str]:
    assert event[0] == "transcript"
    return event[1]["index"], event[1]["text"]


async def _quiet(gateway: Running) -> None:
    """Until nobody watches any more."""

    async def nobody() -> bool:
        return sessions_of(gateway).changes.count == 0 and gateway.gateway.in_flight.count == 0

    await until(nobody)


async def test_a_session_as_it_happens(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "POLL_SECONDS", 3600.0)  # so that it is the changes of this process that wake it
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        sessions = sessions_of(gateway)
        async with watching(gateway, row.id) as stream:
            assert await stream.next() == ("status", {"status": "created", "endedAt": None})
            await sessions.claim(row.id, row.organization_id, "p")
            assert status(await stream.next()) == "connecting"
            sessions.journal.active(row.id, "alpha", "voice")
            assert status(await stream.next()) == "active"
            sessions.journal.words(row.id, spoken("one"), "alpha", "voice")
            name, first = await stream.next()
            assert name == "transcript"
            assert first == (await gateway.client.get(f"/v1/sessions/{row.id}/transcript")).json()["entries"][0]
            await gateway.client.post(f"/v1/sessions/{row.id}/turns", json={"turns": [turn_body(5)]})
            assert words(await stream.next()) == (5, "text 5")
            sessions.journal.ended(row.id, "ended", "client_closed")
            name, data = await stream.next()
            assert (name, data["status"], data["endedAt"][-1]) == ("status", "ended", "Z")
            assert await stream.next() == ("end", {"reason": "session_ended"})
            assert await stream.ended()
        await _quiet(gateway)


async def test_what_another_process_writes_is_found_by_polling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "POLL_SECONDS", 0.01)
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        database = gateway.gateway.store._database
        async with watching(gateway, row.id) as stream:
            assert status(await stream.next()) == "created"
            async with database.write() as connection:
                await connection.execute(insert(tables.session_transcript).values(turn_values(row.id, turn(0))))
            assert words(await stream.next()) == (0, "hello")
            async with database.write() as connection:
                await connection.execute(update(tables.sessions).values(status="failed", ended_at=row.created_at))
            assert status(await stream.next()) == "failed"
            assert (await stream.next())[0] == "end"


BAD = ["", "x", "2", "2:", ":0", "2:x", "-2:0", "2:0:0", " 2:0", "2:0\n", "٢:0", "9" * 5000 + ":0"]


@pytest.mark.parametrize(
    ("cursor", "first"),
    [
        (None, 0),
        ("-1:0", 0),
        ("0:0", 1),
        ("2:1773489600000", 3),
        ("4:0", 5),
        ("99:0", 5),
        *(
            (bad, 0)
            for bad in ("", "x", "2", "2:", ":0", "2:x", "-2:0", "2:0:0", " 2:0", "2:0\n", "٢:0", "9" * 5000 + ":0")
        ),
    ],
)
async def test_an_ended_session_is_told_again_from_the_cursor_on(
    tmp_path: Path, cursor: str | None, first: int
) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        sessions = sessions_of(gateway)
        for number in range(5):
            sessions.journal.words(row.id, spoken(str(number)), None, None)
        sessions.journal.ended(row.id, "ended", "client_closed")
        query = {} if cursor is None else {"cursor": cursor}
        answer = await gateway.client.get(f"/v1/sessions/{row.id}/stream", params=query)
        told = events(answer.text)
        assert status(told[0]) == "ended"
        assert [words(event)[0] for event in told[1:-1]] == list(range(first, 5))
        assert told[-1] == ("end", {"reason": "session_ended"})


async def test_a_long_backlog_comes_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "TURNS_AT_ONCE", 7)
    monkeypatch.setattr(observe, "POLL_SECONDS", 3600.0)
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        for number in range(49):
            sessions_of(gateway).journal.words(row.id, spoken(str(number)), None, None)
        async with watching(gateway, row.id) as stream:
            assert status(await stream.next()) == "created"
            for number in range(49):
                assert words(await stream.next()) == (number, str(number))
        sessions_of(gateway).journal.ended(row.id, "ended", "client_closed")
        told = events((await gateway.client.get(f"/v1/sessions/{row.id}/stream")).text)
        assert [words(event)[0] for event in told[1:-1]] == list(range(49))


async def test_the_stream_is_rotated(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "ROTATE_SECONDS", 0.05)
    monkeypatch.setattr(observe, "POLL_SECONDS", 0.02)
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        answer = await gateway.client.get(f"/v1/sessions/{row.id}/stream")
        assert events(answer.text) == [
            ("status", {"status": "created", "endedAt": None}),
            ("end", {"reason": "timeout"}),
        ]
        await _quiet(gateway)


async def test_watchers_are_sent_away_when_the_gateway_drains(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "POLL_SECONDS", 0.01)
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        async with watching(gateway, row.id) as stream:
            assert status(await stream.next()) == "created"
            gateway.gateway.drain()
            assert await stream.next() == ("end", {"reason": "timeout"})
            assert await stream.ended()


async def test_a_comment_keeps_the_connection_alive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "KEEP_ALIVE_SECONDS", 0.03)
    monkeypatch.setattr(observe, "POLL_SECONDS", 0.01)
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        async with watching(gateway, row.id) as stream:
            assert status(await stream.next()) == "created"
            assert [await stream.next() for _ in range(3)] == [COMMENT] * 3
            sessions_of(gateway).journal.active(row.id, "alpha", "voice")
            while (event := await stream.next()) == COMMENT:
                pass
            assert status(event) == "active"


async def test_nothing_stays_when_the_client_leaves(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        for _ in range(5):
            async with watching(gateway, row.id) as stream:
                await stream.next()
                assert sessions_of(gateway).changes.count == 1
        await _quiet(gateway)
        assert gateway.answering == 0


async def test_many_watch_the_same_session(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)

        async def watch() -> list[str]:
            async with watching(gateway, row.id) as stream:
                seen = [status(await stream.next())]
                while (event := await stream.next())[0] == "status":
                    seen.append(status(event))
                return seen

        watchers = [asyncio.create_task(watch()) for _ in range(20)]

        async def all_watching() -> bool:
            return gateway.gateway.in_flight.count == 20

        await until(all_watching)
        sessions_of(gateway).journal.ended(row.id, "failed", "connect_failed")
        seen = await asyncio.gather(*watchers)
        assert {told[-1] for told in seen} == {"failed"}
        await _quiet(gateway)


async def test_a_database_that_is_away_ends_the_stream(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "POLL_SECONDS", 0.01)
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        async with watching(gateway, row.id) as stream:
            assert status(await stream.next()) == "created"
            async with gateway.gateway.store._database.write() as connection:
                await connection.execute(text("ALTER TABLE sessions RENAME TO elsewhere"))
            name, data = await stream.next()
            assert (name, data["code"]) == ("error", "INTERNAL_ERROR")
            assert await stream.ended()


async def test_a_client_that_never_reads_is_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(observe, "SEND_SECONDS", 0.2)
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        turns = [turn_body(index, text="x" * 16_000) for index in range(200)]
        for start in range(0, 2000, 200):
            batch = [{**sent, "index": sent["index"] + start} for sent in turns]
            assert (await gateway.client.post(f"/v1/sessions/{row.id}/turns", json={"turns": batch})).is_success
        host, port = gateway.url.removeprefix("http://").split(":")
        _, writer = await asyncio.open_connection(host, int(port), limit=1)
        request = f"GET /v1/sessions/{row.id}/stream HTTP/1.1\r\nhost: x\r\nauthorization: Bearer {gateway.key}\r\n\r\n"
        writer.write(request.encode())

        async def began() -> bool:
            return sessions_of(gateway).changes.count == 1

        await until(began)
        await _quiet(gateway)
        writer.close()


async def test_the_framing_is_the_contracts(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of()) as gateway:
        row = await stored(gateway)
        sessions_of(gateway).journal.words(row.id, spoken("line\r\n\nbreaks\u2028 ä"), None, None)
        sessions_of(gateway).journal.ended(row.id, "ended", "client_closed")
        body = (await gateway.client.get(f"/v1/sessions/{row.id}/stream")).content
        assert b"\r" not in body
        blocks = body.removesuffix(b"\n\n").split(b"\n\n")
        assert [block.split(b"\n")[0] for block in blocks] == [b"event: status", b"event: transcript", b"event: end"]
        assert json.loads(blocks[1].split(b"data: ")[1])["text"] == "line\r\n\nbreaks\u2028 ä"
