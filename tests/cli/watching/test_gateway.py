"""The metrics of a real gateway."""

from pathlib import Path

from speko.cli.watching.figures import figures
from speko.cli.watching.scrape import read_exposition
from tests.api.running import running


async def test_every_figure_is_among_what_a_gateway_serves(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        before = read_exposition((await gateway.client.get("/metrics")).text, 0.0)
        body = {"messages": [{"role": "user", "content": "What is 2 + 2?"}], "intent": {"language": "en"}}
        assert (await gateway.client.post("/v1/complete", json=body)).status_code == 200
        now = read_exposition((await gateway.client.get("/metrics")).text, 1.0)
    found = figures(before, now)
    (line,) = found.lines
    assert (line.provider, line.calls_per_second, line.breaker) == ("speko", 1.0, "closed")
    assert None not in {**found.document, **found.document["lines"][0]}.values()
