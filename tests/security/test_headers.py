"""What every answer says to browsers and caches."""

import asyncio
from pathlib import Path

import httpx

from tests.api.raw import address_of
from tests.api.running import running
from tests.console.build import make_build
from tests.faults.show import stage
from tests.security.operations import OPERATIONS
from tests.security.organizations import COMPLETE

ELSEWHERE = ("/", "/assets/none.js", "/nowhere", "/console/session", "/metrics", "/v1/openapi.json")


def careful(answer: httpx.Response) -> bool:
    """Whether nobody may guess its type, and no cache keep it without asking."""
    kept = answer.headers.get_list("cache-control", split_commas=True)
    return answer.headers.get_list("x-content-type-options") == ["nosniff"] and kept in (["no-store"], ["no-cache"])


async def test_every_answer_is_careful(tmp_path: Path) -> None:
    async with stage(tmp_path / "data", console_files=make_build(tmp_path / "site")) as show:
        client = show.gateway.client
        for operation in OPERATIONS:
            path = operation.path.format(**dict.fromkeys(operation.parameters, "x"))
            assert careful(await client.request(operation.method, path)), operation
        for path in ELSEWHERE:
            assert careful(await client.get(path)), path
        served = await client.post("/v1/complete", json=COMPLETE)
        assert served.headers["content-type"] == "text/event-stream"
        assert careful(served)
        made = await client.post("/v1/api-keys", json={"name": "x"})
        assert made.headers["cache-control"] == "no-store"
        reader, writer = await asyncio.open_connection(*address_of(show.gateway))
        writer.write(b"what is this\r\n\r\n")
        refused = (await reader.read()).decode().lower()
        assert refused.startswith("http/1.1 400")
        assert "\r\nx-content-type-options: nosniff\r\n" in refused
        assert "\r\ncache-control: no-store\r\n" in refused
        writer.close()


async def test_a_page_of_another_origin_reads_no_metrics(tmp_path: Path) -> None:
    """A browser on the gateway's machine is on that machine, whoever has made the page."""
    async with running(tmp_path, embedded="never", cors_origins=("*",)) as gateway:
        page = {"origin": "https://evil.example"}
        shared = await gateway.client.get("/v1/organization", headers=page)
        assert shared.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in shared.headers
        metrics = await gateway.client.get("/metrics", headers=page)
        assert "access-control-allow-origin" not in metrics.headers
