"""Whatever comes: an answer in OpenAI's form, at once, and nothing breaks."""

import asyncio
import json
from typing import Any

import httpx
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openai.types.shared import ErrorObject

from speko.simulators import OpenAISimulator, Script
from tests.simulators.openai.strict import validated
from tests.simulators.openai.test_transcriptions import WAV
from tests.simulators.wire import HELLO, PATIENCE

PATHS = st.sampled_from(["/v1/chat/completions", "/v1/audio/speech", "/v1/audio/transcriptions"])
SCRIPT = Script(text="x", transcript="x", audio_ms=10)
BOUNDARY = "multipart/form-data; boundary=b"

scalars = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10)
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3)
)
members = st.sampled_from(
    ["model", "messages", "role", "content", "tools", "tool_choice", "stream", "stream_options", "input", "voice", "n"]
)
objects = st.dictionaries(members, values | st.dictionaries(members, values, max_size=3), max_size=6)
almost = objects.map(lambda change: HELLO | change)
jsons = (values | objects | almost).map(lambda value: json.dumps(value).encode())
parts = st.sampled_from([
    b"--b\r\n",
    b"--b--\r\n",
    b'Content-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n',
    b'Content-Disposition: form-data; name="model"\r\n\r\n',
    b"Content-Type: audio/wav\r\n",
    b"whisper-1",
    b"\r\n",
    WAV[:2000],
    WAV[:44],
    b"\xff" * 30,
])  # fmt: skip
forms = st.lists(parts | st.binary(max_size=10), max_size=12).map(b"".join)
bodies = st.tuples(st.just("application/json"), jsons | st.binary(max_size=100)) | st.tuples(
    st.just(BOUNDARY) | st.sampled_from(["", "multipart/form-data", "text/plain", "application/json"]), forms
)


def post_all(requests: list[tuple[str, tuple[str, bytes]]]) -> list[httpx.Response]:
    async def run() -> list[httpx.Response]:
        async with OpenAISimulator(script=SCRIPT) as simulator, httpx.AsyncClient(timeout=PATIENCE) as http:
            replies = [
                await http.post(
                    simulator.url + path,
                    content=body,
                    headers={"Authorization": "Bearer k", "Content-Type": content_type},
                )
                for path, (content_type, body) in requests
            ]
            assert simulator.ledger.errors == 0
            assert simulator.cancelled == 0
            return replies

    return asyncio.run(run())


def assert_answered(reply: httpx.Response) -> None:
    if reply.status_code != 200:
        assert 400 <= reply.status_code < 500
        body: Any = reply.json()
        assert set(body) == {"error"}
        validated(ErrorObject, body["error"])


@settings(deadline=None, max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.tuples(PATHS, bodies), min_size=1, max_size=10))
def test_garbage_is_answered_in_good_order(requests: list[tuple[str, tuple[str, bytes]]]) -> None:
    for reply in post_all(requests):
        assert_answered(reply)


@settings(deadline=None, max_examples=10)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=10, unique=True), st.binary(min_size=1, max_size=4))
def test_a_good_form_with_a_hole_in_it(cuts: list[int], junk: bytes) -> None:
    head = b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.wav"\r\n\r\n'
    form = head + WAV + b'\r\n--b\r\nContent-Disposition: form-data; name="model"\r\n\r\nwhisper-1\r\n--b--\r\n'
    damaged = [form[:cut] + junk + form[cut + 1 :] for cut in cuts]
    for reply in post_all([("/v1/audio/transcriptions", (BOUNDARY, body)) for body in damaged]):
        assert_answered(reply)
