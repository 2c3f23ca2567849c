"""What a vendor's answer to the cheapest question tells about a key."""

from typing import Any, Literal

import msgspec
import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from openai.pagination import SyncPage
from openai.types import Model

from speko.providers import errors
from speko.providers.check import CheckReport
from speko.providers.openai_compatible import key_check
from speko.providers.openai_compatible.key_check import KeyCheck
from tests.providers.openai_compatible.vendor import KEY, VENDOR, Handler, answering, vendor

By = Literal["models", "key", "none"]


def page(count: int) -> dict[str, Any]:
    """A list of models as the `openai` package reads it."""
    models = [Model(id=f"m{n}", object="model", created=1, owned_by="acme") for n in range(count)]
    return SyncPage[Model](data=models, object="list").model_dump()


async def check(handler: Handler, by: By = "models", key: str | None = KEY) -> CheckReport:
    """A check against a vendor that answers so; it is asked once, for what is meant, with the key that is meant."""
    async with vendor(handler) as running:
        of = msgspec.structs.replace(VENDOR, needs="key" if key else "url")
        try:
            return await KeyCheck(of, by, running.runtime).check(running.call(key))
        finally:
            [request] = running.requests
            assert request.method == "GET"
            assert request.path == ("/v1/key" if by == "key" else "/v1/models")
            assert request.headers.get("Authorization") == (f"Bearer {key}" if key else None)
            assert running.bodies == [b""]


async def failure(handler: Handler, by: By = "models") -> errors.ProviderError:
    with pytest.raises(errors.ProviderError) as caught:
        await check(handler, by)
    assert KEY not in f"{caught.value!r} {caught.value.message} {caught.value.__cause__}"
    return caught.value


async def test_a_key_that_is_good() -> None:
    assert await check(answering(page(3))) == CheckReport("Acme accepts the key and lists 3 models", 200, 3)


async def test_a_server_without_keys() -> None:
    assert await check(answering(page(1)), key=None) == CheckReport("Acme answers and lists 1 model", 200, 1)


async def test_a_list_that_is_there_for_everybody_says_nothing_about_a_key() -> None:
    report = await check(answering(page(2)), "none")
    assert report.message.startswith("Acme answers and lists 2 models; it does so without a key too")
    assert "without" not in (await check(answering(page(2)), "none", key=None)).message


async def test_a_vendor_that_is_asked_for_the_key_itself() -> None:
    assert await check(answering({"data": {"label": "mine"}}), "key") == CheckReport("Acme accepts the key", 200)
    assert isinstance(await failure(answering("[]"), "key"), errors.MalformedResponse)


@pytest.mark.parametrize(
    ("body", "models"),
    [
        ('{"object": "list", "data": null}', 0),
        ('{"object": "list", "data": []}', 0),
        ('[{"id": "a"}, {"id": "b"}]', 2),
        ('{"data": [1, {"id": 7}], "has_more": true}', 2),
    ],
)
async def test_lists_of_other_forms(body: str, models: int) -> None:
    report = await check(answering(body))
    assert report.models == models
    assert report.message.endswith("2 models" if models else "no models")


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b'{"data": "x"}', b"{}", b"7", b"null", b'{"data": [}', b"\xff\xfe", b"[" * 100_000, b'"\xed\xa0\x80"'],
    ids=lambda body: repr(body[:12]),
)
async def test_answers_that_are_no_list(body: bytes) -> None:
    error = await failure(answering(body))
    assert isinstance(error, errors.MalformedResponse)
    assert error.status == 200


async def test_a_body_without_an_end_is_not_read_to_it() -> None:
    sent = 0

    async def endless(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        while True:
            await response.write(b" " * 2**16)
            sent += 2**16

    error = await failure(endless)
    assert (type(error), error.message) == (errors.MalformedResponse, "the answer is too large")
    assert key_check._MOST_BYTES <= sent < 4 * key_check._MOST_BYTES


async def test_a_compressed_body_counts_as_it_is_read() -> None:
    async def bomb(_: web.Request) -> web.Response:
        response = web.Response(body=b" " * (8 * 2**20), content_type="application/json")
        response.enable_compression(web.ContentCoding.gzip)
        return response

    assert (await failure(bomb)).message == "the answer is too large"


@pytest.mark.parametrize("status", [404, 405, 501])
async def test_a_server_without_a_list(status: int) -> None:
    report = await check(answering("404 page not found", status=status, content_type="text/plain"))
    assert (report.status, report.models) == (status, None)
    assert "has nothing at /models" in report.message
    assert "base URL" in report.message


@pytest.mark.parametrize("status", [404, 415])
async def test_refusals_that_are_none_of_the_path(status: int) -> None:
    code = "invalid_api_key" if status == 404 else "x"
    error = await failure(answering({"error": {"message": "No.", "code": code}}, status=status))
    assert type(error) is (errors.CredentialRejected if status == 404 else errors.Unsupported)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
async def test_redirects_are_not_followed(status: int) -> None:
    error = await failure(answering("", status=status, headers={"Location": "/elsewhere"}))
    assert (type(error), error.status) == (errors.MalformedResponse, status)


async def test_a_web_page_is_no_list() -> None:
    error = await failure(answering("<html></html>", content_type="text/html"))
    assert (type(error), error.status) == (errors.MalformedResponse, 200)


async def test_what_the_vendor_says_of_a_bad_key_is_shown_without_the_key() -> None:
    said = {"error": {"message": f"Incorrect API key provided: {KEY}.", "code": "invalid_api_key"}}
    error = await failure(answering(said, status=401))
    assert type(error) is errors.CredentialRejected
    assert error.message == "HTTP 401 (invalid_api_key): Incorrect API key provided: [redacted]."


@given(st.binary(max_size=64))
def test_any_body_is_a_count_or_malformed(body: bytes) -> None:
    try:
        assert key_check._count(body, 200) >= 0
    except errors.MalformedResponse as error:
        assert error.status == 200
