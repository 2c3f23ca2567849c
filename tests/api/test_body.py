"""Bodies as they arrive: limits, patience, a caller who leaves in the middle, and JSON that does not fit."""

import asyncio
from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

import pytest
from litestar import Request
from msgspec import Struct

from speko.api import body
from speko.api.body import CallerLeft, pieces, read_body
from speko.api.errors import ApiError
from speko.settings import Settings

Incoming = Sequence[bytes | None]
"""Pieces in the order in which they arrive; None = the caller leaves."""


class Sent:
    """A request whose body is in pieces. What is asked for beyond the last piece never comes."""

    def __init__(self, incoming: Incoming, headers: dict[str, str] | None = None, limit: int = 1000) -> None:
        self.headers = headers or {}
        self.app = SimpleNamespace(
            state=SimpleNamespace(gateway=SimpleNamespace(settings=Settings(max_json_bytes=limit)))
        )
        self._incoming = list(incoming)
        self._ends = bool(incoming) and incoming[-1] == b""
        self.asked = 0

    async def receive(self) -> dict[str, Any]:
        self.asked += 1
        if not self._incoming:
            await asyncio.Event().wait()
        piece = self._incoming.pop(0)
        if piece is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": piece, "more_body": bool(self._incoming) or not self._ends}

    @property
    def request(self) -> Request[Any, Any, Any]:
        return cast("Request[Any, Any, Any]", self)


async def received(sent: Sent, limit: int) -> list[bytes]:
    return [piece async for piece in pieces(sent.request, limit)]


async def test_pieces_come_as_they_arrive_and_empty_ones_do_not() -> None:
    assert await received(Sent([b"one", b"", b"two", b""]), 10) == [b"one", b"two"]


async def test_an_empty_body() -> None:
    assert await received(Sent([b""]), 10) == []


async def test_a_body_of_just_the_limit() -> None:
    assert await received(Sent([b"12345", b"67890", b""], {"content-length": "10"}), 10) == [b"12345", b"67890"]


async def test_a_body_beyond_the_limit() -> None:
    sent = Sent([b"12345", b"678901", b"never read", b""])
    with pytest.raises(ApiError) as refused:
        await received(sent, 10)
    assert (refused.value.status, refused.value.code) == (413, "PAYLOAD_TOO_LARGE")
    assert "10 bytes" in refused.value.text
    assert sent.asked == 2


async def test_a_claim_beyond_the_limit_is_refused_unread() -> None:
    sent = Sent([b"x"], {"content-length": str(2 << 30)})
    with pytest.raises(ApiError) as refused:
        await received(sent, 10)
    assert refused.value.status == 413
    assert sent.asked == 0


@pytest.mark.parametrize("claim", ["", "many", "-1", "²", "1e99", "0x10"])
async def test_a_claim_that_is_no_number_does_not_count(claim: str) -> None:
    assert await received(Sent([b"abc", b""], {"content-length": claim}), 10) == [b"abc"]


async def test_a_caller_who_leaves_in_the_middle() -> None:
    with pytest.raises(CallerLeft):
        await received(Sent([b"abc", None]), 10)


async def test_nobody_is_waited_for_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_PATIENCE", 0.02)
    with pytest.raises(ApiError) as refused:
        await received(Sent([b"abc"]), 10)
    assert (refused.value.status, refused.value.code) == (400, "VALIDATION_ERROR")
    assert refused.value.headers["connection"] == "close", "what is left of the body is not waited for either"


async def test_patience_is_for_each_piece_and_not_for_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(body, "_PATIENCE", 2.5)

    class Slow(Sent):
        async def receive(self) -> dict[str, Any]:
            await asyncio.sleep(0.33)
            return await super().receive()

    assert await received(Slow([b"x"] * 8 + [b""]), 10) == [b"x"] * 8


class Question(Struct, frozen=True):
    text: str
    count: int = 0


async def test_json() -> None:
    assert await read_body(Sent([b'{"text":', b'"hi"}', b""]).request, Question) == Question("hi")


async def test_json_has_its_own_limit() -> None:
    with pytest.raises(ApiError) as refused:
        await read_body(Sent([b'{"text":"too long"}', b""], limit=5).request, Question)
    assert refused.value.status == 413


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        (b"", ""),
        (b"{", ""),
        (b"[]", ""),
        (b"{}", "text"),
        (b'{"text":1}', "text"),
        (b'{"text":"hi","count":"x"}', "count"),
        (b'{"text":"\xff"}', ""),
        (b'{"text":"\\ud800"}', ""),
        (b'{"x":' + b"[" * 100_000, ""),
    ],
    ids=["empty", "cut", "list", "missing", "type", "second", "latin-1", "lone surrogate", "deep"],
)
async def test_json_that_does_not_fit_names_the_place(raw: bytes, path: str) -> None:
    with pytest.raises(ApiError) as refused:
        await read_body(Sent([raw, b""], limit=1_000_000).request, Question)
    assert (refused.value.status, refused.value.code) == (400, "VALIDATION_ERROR")
    assert [issue["path"] for issue in refused.value.extra["issues"]] == [path]
