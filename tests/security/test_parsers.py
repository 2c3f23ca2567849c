"""Whatever comes from outside is understood, or refused in the way that its parser names: nothing else is ever raised.

What has a module of its own has such a test beside that module (WAV and containers, frames and handshakes, SSE, forms,
tokens, cookies, traceparent, Retry-After, event streams of vendors). Here are the rest: every body of the API, found by
walking its routes, and the headers and names that handlers read.
"""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar.routes import HTTPRoute

from speko.api.app import make_litestar
from speko.api.arrival import Arrival, reached
from speko.api.body import BODY
from speko.api.edge import request_id_of
from speko.api.errors import ApiError, from_msgspec
from speko.api.gateway import Gateway
from speko.api.intent_headers import json_header
from speko.api.openai.asked import IntentHeader
from speko.api.openai.naming import named
from speko.api.paging import read_cursor
from speko.providers.registry import Registry
from speko.routing.intent import PipelineConstraints, RoutingIntent
from speko.settings import Settings

REGISTRY = Registry.load()
APP = make_litestar(Gateway(Settings.model_construct(), Registry(), {}))
BODIES = {
    handler.opt[BODY]
    for route in APP.routes
    if isinstance(route, HTTPRoute)
    for handler in route.route_handlers
    if BODY in handler.opt
}
"""Every struct that a body is decoded into."""
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def refused(parse: Any, *arguments: Any) -> ApiError | None:
    """The refusal, where there is one; anything else that is raised fails the test."""
    try:
        parse(*arguments)
    except ApiError as error:
        assert 400 <= error.status < 500
        msgspec.json.encode(error.body())  # and it can be said
        return error
    return None


def decoded(kind: type[Any], data: bytes) -> None:
    """As `read_body` does it."""
    try:
        msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise from_msgspec(error) from None


def _members(kind: type[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """JSON with the names that the struct knows."""
    names = [field.encode_name for field in msgspec.structs.fields(kind)]
    return st.dictionaries(st.sampled_from(names), JSON, max_size=len(names))


@pytest.mark.parametrize("kind", sorted(BODIES, key=str), ids=lambda kind: kind.__name__)
@given(data=st.data())
def test_a_body_is_taken_or_refused(kind: type[Any], data: st.DataObject) -> None:
    raw = data.draw(st.binary(max_size=60) | (_members(kind) | JSON).map(lambda value: json.dumps(value).encode()))
    refused(decoded, kind, raw)


def test_bodies_were_found() -> None:
    assert len(BODIES) >= 7


@pytest.mark.parametrize("kind", [RoutingIntent, PipelineConstraints, IntentHeader])
@given(data=st.data())
def test_a_header_with_json_is_taken_or_refused(kind: type[Any], data: st.DataObject) -> None:
    json_text = _members(kind).map(lambda value: json.dumps(value, ensure_ascii=data.draw(st.booleans())))
    raw = data.draw(st.binary(max_size=60) | json_text.map(lambda text: text.encode("utf-8", "surrogatepass")))

    class Request:
        scope = {"headers": [(b"x-speko-intent", raw)]}  # noqa: RUF012 - stands for a request

    refused(json_header, Request, "x-speko-intent", kind)


@given(st.text(max_size=250) | st.text(max_size=8).map(lambda text: f"openai:{text}"))
def test_a_model_is_known_or_refused(name: str) -> None:
    refused(named, name, "llm", REGISTRY, tuple)


@given(st.text(max_size=60))
def test_a_cursor_is_ours_or_refused(cursor: str) -> None:
    refused(read_cursor, cursor)


@given(st.binary(max_size=80))
def test_an_id_of_a_request_is_sane(value: bytes) -> None:
    found = request_id_of({b"x-request-id": value})
    assert found.isascii()
    assert found.isprintable()
    assert 0 < len(found) <= 64


@given(st.text(max_size=60), st.text(max_size=60), st.text(max_size=60), st.text(max_size=20))
def test_a_host_is_a_host(host: str, proto: str, forwarded: str, peer: str) -> None:
    found = reached(Arrival("http", host, peer, None, proto, forwarded), ("0.0.0.0/0", "::/0"))
    assert found.scheme in ("http", "https")
    assert not set(found.host) & set("/@?# \r\n\"'<>;,")
