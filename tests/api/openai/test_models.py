"""`GET /v1/models` and what names stand for."""

from pathlib import Path

import openai
import pytest
from hypothesis import given
from hypothesis import strategies as st

from speko.api.errors import ApiError
from speko.api.openai.naming import LONGEST, Named, named
from speko.providers.catalogue import Model, Vendor
from speko.providers.registry import Registration, Registry
from speko.settings import ProviderSettings
from tests.api.openai.doors import doors
from tests.api.vendors import Scripted

AUTO = ["auto", "auto:balanced", "auto:accuracy", "auto:latency", "auto:cost"]


def _registry() -> Registry:
    registry = Registry()
    own, shared = Model(modality="llm", id="own", sent_as="own-2026"), Model(modality="llm", id="meta/shared:8b")
    registry.add(Registration(Vendor(id="alpha", name="A", models=(own, shared))))
    registry.add(Registration(Vendor(id="beta", name="B", models=(shared, Model(modality="tts", id="mouth")))))
    return registry


REGISTRY = _registry()
USABLE = [("alpha", "own"), ("beta", "configured")]


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("auto", Named()),
        ("auto:latency", Named(optimize_for="latency")),
        ("own", Named("alpha:own")),
        ("own-2026", Named("alpha:own")),
        ("beta:own", Named("beta:own")),
        ("BETA:Own", Named("beta:Own")),
        ("beta:meta/shared:8b", Named("beta:meta/shared:8b")),
        ("configured", Named("beta:configured")),
    ],
)
def test_what_a_name_means(name: str, meant: Named) -> None:
    assert named(name, "llm", REGISTRY, lambda: USABLE) == meant


@pytest.mark.parametrize(
    ("name", "status"),
    [
        ("nothing", 404),
        ("auto:fast", 404),
        ("auto:", 404),
        ("Auto", 404),
        ("alpha:", 404),
        ("gamma:own", 404),
        ("meta/shared:8b", 404),
        ("mouth", 404),
        ("", 400),
        (" own", 400),
        ("a\nb", 400),
        ("x" * (LONGEST + 1), 400),
    ],
)
def test_what_is_no_name(name: str, status: int) -> None:
    with pytest.raises(ApiError) as caught:
        named(name, "llm", REGISTRY, lambda: USABLE)
    assert caught.value.status == status
    assert caught.value.extra["issues"][0]["path"] == "model"


def test_a_name_of_several_vendors_says_whose() -> None:
    with pytest.raises(ApiError, match="name one of alpha:meta/shared:8b, beta:meta/shared:8b"):
        named("meta/shared:8b", "llm", REGISTRY, list)


_PIECES = st.sampled_from(["auto", "alpha", "beta", "own", ":", "/", "latency", "é", " ", "\x00", "configured"])


@given(st.lists(_PIECES, max_size=6).map("".join) | st.text(max_size=300))
def test_any_name_is_understood_or_refused(name: str) -> None:
    try:
        meant = named(name, "llm", REGISTRY, lambda: USABLE)
    except ApiError as error:
        assert error.status in (400, 404)
        return
    assert (meant.pin is None) == (name.partition(":")[0] == "auto")
    if meant.pin is not None:
        vendor, _, model = meant.pin.partition(":")
        assert vendor in REGISTRY.vendors
        assert model
        assert meant.pin.isprintable()
        assert named(meant.pin, "llm", REGISTRY, lambda: USABLE) == meant, "what is meant can be said in full"


async def test_the_list_names_what_the_doors_take(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, _):
        models = [model async for model in client.models.list()]
        assert [m.id for m in models] == [
            *AUTO, "alpha:ears", "ears", "alpha:brain", "brain", "alpha:mouth", "mouth",
        ]  # fmt: skip
        assert {m.object for m in models} == {"model"}
        assert [m.owned_by for m in models] == ["speko"] * 5 + ["alpha"] * 6
        for model in models:
            assert await client.models.retrieve(model.id) == model


async def test_names_of_two_vendors_are_listed_with_them_alone(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha"), Scripted("beta")) as (client, _):
        assert [m.id async for m in client.models.list()] == [
            *AUTO, "alpha:ears", "beta:ears", "alpha:brain", "beta:brain", "alpha:mouth", "beta:mouth",
        ]  # fmt: skip


async def test_models_beside_the_catalogue(tmp_path: Path) -> None:
    table = ProviderSettings(api_key="k", models=("llm:meta/extra:8b",))
    alpha = Scripted("alpha")
    async with doors(tmp_path, alpha, providers={"alpha": table}) as (client, _):
        assert (await client.models.retrieve("meta/extra:8b")).owned_by == "alpha"
        answer = await client.chat.completions.create(
            model="meta/extra:8b", messages=[{"role": "user", "content": "hi"}]
        )
        assert answer.model == alpha.requests[0].model == "meta/extra:8b"


async def test_an_unknown_model(tmp_path: Path) -> None:
    async with doors(tmp_path, Scripted("alpha")) as (client, _):
        with pytest.raises(openai.NotFoundError) as caught:
            await client.models.retrieve("gpt-4o")
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")
        with pytest.raises(openai.NotFoundError) as caught:
            await client.chat.completions.create(model="gpt-4o", messages=[{"role": "user", "content": "hi"}])
        assert (caught.value.code, caught.value.param) == ("model_not_found", "model")


async def test_names_and_headers_decide_together(tmp_path: Path) -> None:
    alpha, beta = Scripted("alpha"), Scripted("beta")
    messages = [{"role": "user", "content": "hi"}]
    async with doors(tmp_path, alpha, beta) as (client, _):

        async def ask(model: str, **headers: str) -> object:
            body = {"model": model, "messages": messages}
            return await client.post("/chat/completions", body=body, cast_to=object, options={"headers": headers})

        only_beta = {"X-Speko-Constraints": '{"allowedProviders":{"llm":["beta"]}}'}
        await ask("auto", **only_beta)
        await ask("beta:brain", **only_beta, **{"X-Speko-Intent": '{"language":"fr"}'})
        assert [request.language for request in beta.requests] == ["en", "fr"]
        assert alpha.requests == []
        with pytest.raises(openai.NotFoundError, match="not among the allowed providers"):
            await ask("alpha:brain", **only_beta)
        for header in ("{", '{"language":"english please"}', '{"optimizeFor":"fast"}'):
            with pytest.raises(openai.BadRequestError):
                await ask("auto", **{"X-Speko-Intent": header})
