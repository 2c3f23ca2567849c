"""The request that opens a WebSocket, over a real connection and function by function. Autobahn has no such group."""

import asyncio
import json
import logging
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api import coalescing
from speko.api.socket.handshake import Granted, judge
from speko.api.socket.seam import Accept, Refusal, UpgradeRequest
from tests import loops
from tests.api.running import until
from tests.api.socket.echo import Echo, echoing
from tests.api.socket.raw_socket import (
    BINARY,
    PATIENCE,
    PONG,
    TEXT,
    ask,
    frame,
    open_socket,
    read_answer,
    upgrade_request,
)

LOOPS = loops.BOTH
ACCEPTED = {
    "the usual": {},
    "upper case": {"upgrade": "WebSocket", "connection": "UPGRADE"},
    "Firefox": {"connection": "keep-alive, Upgrade"},
    "several protocols": {"upgrade": "h2c, websocket"},
    "extensions": {"sec_websocket_extensions": "permessage-deflate; client_max_window_bits"},
    "empty body": {"content_length": "0"},
    "an origin": {"origin": "https://page.example"},
}
REFUSED: dict[str, tuple[dict[str, str | None], int, str]] = {
    "no key": ({"sec_websocket_key": None}, 400, "VALIDATION_ERROR"),
    "key of another length": ({"sec_websocket_key": "c2hvcnQ="}, 400, "VALIDATION_ERROR"),
    "key in no base64": ({"sec_websocket_key": "!" * 24}, 400, "VALIDATION_ERROR"),
    "key in no ASCII": ({"sec_websocket_key": "ü" * 12}, 400, "VALIDATION_ERROR"),
    "no version": ({"sec_websocket_version": None}, 400, "VALIDATION_ERROR"),
    "version 8": ({"sec_websocket_version": "8"}, 426, "UPGRADE_REQUIRED"),
    "version 14": ({"sec_websocket_version": "14"}, 426, "UPGRADE_REQUIRED"),
    "versions": ({"sec_websocket_version": "13, 8"}, 426, "UPGRADE_REQUIRED"),
    "a body": ({"content_length": "5"}, 400, "VALIDATION_ERROR"),
    "an endless body": ({"transfer_encoding": "chunked"}, 400, "VALIDATION_ERROR"),
}
PLAIN: dict[str, dict[str, str | None]] = {
    "no upgrade": {"upgrade": None},
    "no connection": {"connection": None},
    "another upgrade": {"upgrade": "h2c"},
    "connection without it": {"connection": "keep-alive"},
}


@pytest.mark.parametrize("headers", ACCEPTED.values(), ids=ACCEPTED.keys())
async def test_is_accepted(headers: dict[str, str]) -> None:
    async with echoing() as server, open_socket(server.address, upgrade_request(**headers)) as client:
        told = client.answer.headers
        assert (told["upgrade"].lower(), told["connection"].lower()) == ("websocket", "upgrade")
        assert "sec-websocket-extensions" not in told, "permessage-deflate is off"
        assert "sec-websocket-protocol" not in told
        assert told["x-request-id"].startswith("req_")
        assert len(told["x-trace-id"]) == 32
        await client.send(frame(TEXT, b"hi"))
        await client.expect((TEXT, b"hi"))


async def test_the_named_subprotocol_is_echoed_and_the_others_are_not() -> None:
    request = upgrade_request(sec_websocket_protocol="token.one-2~3, speko.v1,,x")
    async with echoing() as server, open_socket(server.address, request) as client:
        assert client.answer.headers["sec-websocket-protocol"] == "token.one-2~3"
        assert server.requests[0].subprotocols == ("token.one-2~3", "speko.v1", "x")


async def test_what_the_gateway_sees_of_a_request() -> None:
    request = upgrade_request("/echo?a=b", x_request_id="mine-1", Origin="https://page.example")
    request = request.replace(b"\r\n\r\n", b"\r\nX-Twice: a\r\nx-twice:b\r\n\r\n")
    async with echoing() as server, open_socket(server.address, request) as client:
        (seen,) = server.requests
        assert (seen.path, seen.peer, seen.request_id) == ("/echo", "127.0.0.1", "mine-1")
        assert seen.headers["origin"] == "https://page.example"
        assert seen.headers["x-twice"] == "a, b"
        assert client.answer.headers["x-request-id"] == "mine-1"


@pytest.mark.parametrize("target", ["http://gateway/echo?x", "/ech%6F"])
async def test_forms_of_a_target(target: str) -> None:
    async with echoing() as server, open_socket(server.address, upgrade_request(target)):
        assert server.requests[0].path == "/echo"


async def test_ids_that_are_not_sane_are_replaced_and_a_trace_goes_on() -> None:
    trace = "0af7651916cd43dd8448eb211c80319c"
    headers = {"x_request_id": "not sane \t!", "traceparent": f"00-{trace}-b7ad6b7169203331-01"}
    async with echoing() as server:
        for path, status in (("/echo", 426), ("/nowhere", 426), ("/nowhere", 404)):
            version = "13" if status == 404 else "99"
            answer = await ask(server.address, upgrade_request(path, sec_websocket_version=version, **headers))
            assert answer.status == status
            assert answer.headers["x-request-id"].startswith("req_")
            assert answer.headers["x-trace-id"] == trace


@pytest.mark.parametrize(("headers", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
async def test_is_refused(headers: dict[str, str | None], status: int, code: str) -> None:
    async with echoing() as server:
        answer = await ask(server.address, upgrade_request(**headers))
        assert (answer.status, json.loads(answer.body)["code"]) == (status, code)
        assert answer.headers["content-type"] == "application/json"
        assert "close" in answer.headers["connection"]
        assert answer.headers["x-request-id"].startswith("req_")
        assert not server.requests, "nobody was asked about what is no handshake"
        if status == 426:
            assert answer.headers["sec-websocket-version"] == "13"
            assert answer.headers["upgrade"] == "websocket"


async def test_a_refusal_of_the_gateway() -> None:
    async with echoing() as server:
        answer = await ask(server.address, upgrade_request("/nowhere", x_request_id="mine"))
        assert answer.status == 404
        assert json.loads(answer.body) == {"error": "Not found", "code": "NOT_FOUND"}
        assert answer.headers["connection"] == "close"
        assert answer.headers["x-request-id"] == "mine"


async def test_a_crash_is_an_envelope_without_words(caplog: pytest.LogCaptureFixture) -> None:
    async with echoing() as server:
        answer = await ask(server.address, upgrade_request("/crash"))
        assert (answer.status, json.loads(answer.body)["code"]) == (500, "INTERNAL_ERROR")
        assert "secret words" not in answer.body.decode() + caplog.text
        assert any(getattr(record, "type", "") == "RuntimeError" for record in caplog.records)


@pytest.mark.parametrize("headers", PLAIN.values(), ids=PLAIN.keys())
async def test_what_asks_for_no_websocket_is_answered_as_any_request(headers: dict[str, str | None]) -> None:
    async with echoing() as server:
        reader, writer = await asyncio.open_connection(*server.address)
        for _ in range(2):
            writer.write(upgrade_request(**headers) * 2)
            for _ in range(2):
                assert (await read_answer(reader)).body == b"plain"
        writer.close()


@pytest.mark.parametrize(
    ("old", "new"), [(b"HTTP/1.1", b"HTTP/1.0"), (b"GET /", b"POST /"), (b"GET /", b"PUT /")], ids=str
)
async def test_other_versions_and_methods_are_no_upgrade(old: bytes, new: bytes) -> None:
    async with echoing() as server:
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(upgrade_request().replace(old, new))
        answer = await read_answer(reader)
        assert (answer.status, answer.body) == (200, b"plain")
        assert not server.requests
        writer.close()


# The hand-over.


@pytest.mark.parametrize("count", [1, 2000])
async def test_frames_that_come_before_the_answer_are_not_lost(count: int) -> None:
    frames = [frame(BINARY, b"%06d" % number) for number in range(count)]
    async with echoing() as server, open_socket(server.address, behind=[*frames, frame(9, b"p")]) as client:
        for number in range(count):
            await client.expect((BINARY, b"%06d" % number))
        await client.expect((PONG, b"p"))


@pytest.mark.parametrize("chop", [1, 7, 190])
async def test_a_request_and_a_frame_in_pieces(chop: int) -> None:
    async with echoing() as server:
        reader, writer = await asyncio.open_connection(*server.address)
        data = upgrade_request() + frame(TEXT, b"hello")
        for at in range(0, len(data), chop):
            writer.write(data[at : at + chop])
            await asyncio.sleep(0)
        assert (await read_answer(reader)).status == 101
        assert await asyncio.wait_for(reader.readexactly(7), PATIENCE) == b"\x81\x05hello"
        writer.close()


@pytest.mark.parametrize("apart", [True, False])
async def test_an_upgrade_after_other_requests_on_the_connection(apart: bool) -> None:
    async with echoing() as server:
        reader, writer = await asyncio.open_connection(*server.address)
        for _ in range(3):
            writer.write(b"GET /healthz HTTP/1.1\r\nhost: x\r\n\r\n")
            if apart:
                assert (await read_answer(reader)).body == b"plain"
        writer.write(upgrade_request())
        if apart:
            assert (await read_answer(reader)).status == 101
            writer.write(frame(TEXT, b"hi"))
            assert await asyncio.wait_for(reader.readexactly(4), PATIENCE) == b"\x81\x02hi"
        else:
            # It asks before it was answered: whatever is sent then is no mixture of answers and frames.
            rest = await asyncio.wait_for(reader.read(), PATIENCE)
            assert b" 101 " not in rest
            assert not server.handlers
        writer.close()


async def test_an_upgrade_behind_an_answer_that_is_under_way() -> None:
    ended = asyncio.Event()

    async def slow(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"first", "more_body": True})
        while (await receive())["type"] != "http.disconnect":
            pass
        ended.set()

    async with echoing(app=slow) as server:
        reader, writer = await asyncio.open_connection(*server.address)
        writer.write(b"GET / HTTP/1.1\r\nhost: x\r\n\r\n")
        assert b"first" in await asyncio.wait_for(reader.readuntil(b"first"), PATIENCE)
        writer.write(upgrade_request())
        await asyncio.wait_for(ended.wait(), PATIENCE)
        assert b" 101 " not in await asyncio.wait_for(reader.read(), PATIENCE)
        assert not server.handlers
        writer.close()


async def test_the_timers_of_http_end_with_the_upgrade(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "_HEAD_SECONDS", 0.2)
    async with echoing() as server, open_socket(server.address) as client:
        await asyncio.sleep(0.3)
        await client.send(frame(TEXT, b"still here"))
        await client.expect((TEXT, b"still here"))


async def test_handshakes_that_never_finish_are_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(coalescing, "_HEAD_SECONDS", 0.5)
    half = upgrade_request()[:-2]
    async with echoing() as server:
        waiting = [await asyncio.open_connection(*server.address) for _ in range(200)]
        for _, writer in waiting:
            writer.write(half)
        async with open_socket(server.address) as client:
            for reader, writer in waiting:
                assert (await asyncio.wait_for(reader.read(), PATIENCE)).startswith(b"HTTP/1.1 400 ")
                writer.close()
            await client.send(frame(TEXT, b"others are served"))
            await client.expect((TEXT, b"others are served"))
        await server.forgotten()


async def test_a_flood_of_handshakes_that_are_refused(caplog: pytest.LogCaptureFixture) -> None:
    async with echoing() as server:
        answers = await asyncio.gather(*(ask(server.address, upgrade_request("/nowhere")) for _ in range(500)))
        assert [answer.status for answer in answers] == [404] * 500
        async with open_socket(server.address) as client:
            await client.send(frame(TEXT, b"others are served"))
            await client.expect((TEXT, b"others are served"))
        await server.forgotten()
    assert not [record for record in caplog.records if record.levelno >= logging.INFO], "nor does it fill the log"


async def test_who_is_refused_and_does_not_leave_is_cut_off() -> None:
    async with echoing() as server:
        _, writer = await asyncio.open_connection(*server.address)
        writer.write(upgrade_request("/nowhere"))
        own = writer.transport

        async def gone() -> bool:
            writer.write(b"x" * 1000)
            return own.is_closing()

        await until(gone)


# Without a connection.

HEADERS = st.dictionaries(
    st.sampled_from(["upgrade", "connection", "sec-websocket-key", "sec-websocket-version", "x-request-id", "é", ""]),
    st.text(st.characters(codec="latin-1", exclude_characters="\r\n"), max_size=30),
)


@given(st.binary(max_size=40).filter(lambda line: b"\r" not in line), HEADERS)
def test_whatever_the_request_is_there_is_an_answer(line: bytes, headers: dict[str, str]) -> None:
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    judged = judge(line + b"\r\n" + lines.encode("latin-1"), None, lambda _: Refusal(404, "NOT_FOUND", "Not found"))
    assert isinstance(judged, bytes)
    head, _, body = judged.partition(b"\r\n\r\n")
    assert head.split(b" ")[1] in (b"400", b"404", b"426")
    assert f"content-length: {len(body)}".encode() in head
    assert json.loads(body)["code"] in ("VALIDATION_ERROR", "NOT_FOUND", "UPGRADE_REQUIRED")


def test_a_grant_carries_what_the_answer_needs() -> None:
    handler = Echo()

    def upgrade(request: UpgradeRequest) -> Accept:
        assert request.subprotocols == ("token",)
        return Accept(handler, "token")

    head = upgrade_request("/a%20b", sec_websocket_protocol="token", x_request_id="mine").partition(b"\r\n\r\n")[0]
    judged = judge(head, "::1", upgrade)
    assert isinstance(judged, Granted)
    assert (judged.path, judged.accept.handler) == ("/a b", handler)
    assert judged.headers[0] == ("x-request-id", "mine")
    assert judged.headers[-1] == ("sec-websocket-protocol", "token")
