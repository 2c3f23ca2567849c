"""Models whose price nobody knows: what they cost would show nowhere, so whose spending is limited gets none of them on
a platform key."""

from pathlib import Path
from typing import Any

import pytest

from speko.settings import ProviderSettings
from tests.api.running import Running, running
from tests.api.vendors import Scripted, registry_of

LIMITS = [{"organization_monthly_spend_usd": 1}, {"key_monthly_spend_usd": 1}, {"enforce_credits": True}]


async def status(gateway: Running, pinned: str) -> tuple[int, str]:
    asked: dict[str, Any] = {"messages": [{"role": "user", "content": "hi"}], "intent": {"language": "en"}}
    asked["constraints"] = {"allowedProviders": {"llm": [pinned]}}
    answer = await gateway.client.post("/v1/complete", json=asked)
    return answer.status_code, answer.text


@pytest.mark.parametrize("limits", LIMITS)
async def test_a_model_that_the_catalogue_lacks(tmp_path: Path, limits: dict[str, Any]) -> None:
    limits = {"initial_credit_usd": 1, **limits}
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",), **limits) as gateway:
        assert (await status(gateway, "a"))[0] == 200, "what has a price is served"
        code, text = await status(gateway, "a:dear-and-unlisted")
        assert code == 500
        assert "its price is not known" in text
        door = {"model": "a:dear-and-unlisted", "messages": [{"role": "user", "content": "hi"}]}
        assert (await gateway.client.post("/v1/chat/completions", json=door)).status_code == 404
        organization = await gateway.gateway.store.default_organization()
        await gateway.gateway.store.set_provider_key(organization.id, "a", "own-key")
        assert (await status(gateway, "a:dear-and-unlisted"))[0] == 200, "on a key of their own it is their money"


async def test_what_the_operator_offers_by_name_is_served(tmp_path: Path) -> None:
    offers = {"a": ProviderSettings(api_key="platform", models=("llm:free-of-charge",))}
    limits: dict[str, Any] = {"organization_monthly_spend_usd": 1, "providers": offers}
    async with running(tmp_path, registry_of(Scripted("a")), **limits) as gateway:
        assert (await status(gateway, "a:free-of-charge"))[0] == 200


async def test_without_limits_every_name_is_passed_on(tmp_path: Path) -> None:
    async with running(tmp_path, registry_of(Scripted("a")), keys=("a",)) as gateway:
        assert (await status(gateway, "a:dear-and-unlisted"))[0] == 200
