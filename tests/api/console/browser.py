"""Somebody in the console: a client that keeps cookies, and says where its requests come from."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.api.running import NO_TLS, Running

CSRF = "x-speko-csrf"


class Browser:
    """A page of the console at one gateway."""

    def __init__(self, gateway: Running, client: httpx.AsyncClient) -> None:
        self.gateway = gateway
        self.client = client

    async def log_in(self, **body: str) -> httpx.Response:
        """By token or key; from then on every request carries what the page is told."""
        answer = await self.client.post("/console/login", json=body)
        if answer.status_code == 200:
            self.client.headers[CSRF] = answer.json()["csrfToken"]
        return answer

    async def log_in_by_link(self) -> httpx.Response:
        """By the link of this start."""
        return await self.log_in(token=token_of(self.gateway))

    async def status(self, path: str = "/v1/organization", method: str = "GET", **more: Any) -> int:
        """Of a request."""
        return (await self.client.request(method, path, **more)).status_code

    @property
    def cookie(self) -> tuple[str, str]:
        """(name, value)."""
        [(name, value)] = self.client.cookies.items()
        return name, value


def token_of(gateway: Running) -> str:
    """The token of this start."""
    console = gateway.gateway.console
    assert console is not None
    link = console.link(gateway.url)
    assert link is not None
    base, _, token = link.partition("/#token=")
    assert base == gateway.url
    return token


@asynccontextmanager
async def browsing(gateway: Running) -> AsyncIterator[Browser]:
    """A page that nobody has logged in to."""
    async with httpx.AsyncClient(base_url=gateway.url, timeout=30, trust_env=False, verify=NO_TLS) as client:
        yield Browser(gateway, client)
