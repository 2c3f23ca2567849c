"""`GET /v1/benchmarks/scores` over a real socket."""

import csv
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest

from tests.api.running import Running, running

OWN = """\
modality,vendor,model,voice,language,region,mode,quality_metric,quality,latency_metric,latency,cost_usd_per_min,status,note
tts,openai,tts-1,alloy,en-GB,global,batch,round_trip_cer_pct,,ttfb_p50_ms,412.5,0.0135,warned,a note
llm,newcomer,m-1,,*,global,streaming,quality_score,7.25,ttft_p50_ms,,,provisional,
"""


async def got(gateway: Running, **query: str) -> dict[str, Any]:
    answer = await gateway.client.get("/v1/benchmarks/scores", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    assert set(found) == {"snapshots", "rows"}
    return found


def packaged(name: str) -> list[dict[str, str]]:
    """The rows of a score file as they stand there."""
    text = (files("speko.routing") / "data" / f"{name}.csv").read_text(encoding="utf-8")
    return list(csv.DictReader(text.splitlines()))


async def test_every_row_of_every_snapshot_in_the_order_in_which_they_rank(tmp_path: Path) -> None:
    async with running(tmp_path) as gateway:
        found = await got(gateway)
        assert [snapshot["id"].split("_")[0] for snapshot in found["snapshots"]] == ["published", "embedded"]
        assert not any(snapshot["own"] for snapshot in found["snapshots"])
        assert all(snapshot["date"] and snapshot["source"] for snapshot in found["snapshots"])
        expected = [*packaged("published"), *packaged("embedded")]
        assert [(row["provider"], row["model"], row["region"]) for row in found["rows"]] == [
            (row["vendor"], row["model"], row["region"]) for row in expected
        ]
        places = [[s["id"] for s in found["snapshots"]].index(row["snapshotId"]) for row in found["rows"]]
        assert places == sorted(places)
        for row, line in zip(found["rows"], expected, strict=True):
            assert (row["qualityMetric"], row["latencyMetric"]) == (line["quality_metric"], line["latency_metric"])
            assert row["quality"] == (float(line["quality"]) if line["quality"] else None)
            assert row["latencyMs"] == (float(line["latency"]) if line["latency"] else None)
        ids = {gateway.gateway.registry.vendors[v].vendor.name for v in ("openai", "pocketsphinx")}
        assert ids <= {row["providerName"] for row in found["rows"]}
        # The ids are those that answers carry.
        stack = (await gateway.client.get("/v1/benchmarks/stack?language=en")).json()
        assert stack["scoresRunId"] == found["snapshots"][0]["id"]


async def test_the_operators_own_come_first(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(OWN)
    async with running(tmp_path / "data", scores=(file,)) as gateway:
        found = await got(gateway)
        own, *others = found["snapshots"]
        assert (own["own"], own["date"], own["source"]) == (True, None, None)
        assert own["id"].startswith("mine_undated_")
        assert [snapshot["own"] for snapshot in others] == [False, False]
        assert found["rows"][:2] == [
            {
                "snapshotId": own["id"],
                "modality": "tts",
                "provider": "openai",
                "providerName": "OpenAI",
                "model": "tts-1",
                "voice": "alloy",
                "language": "en-GB",
                "region": "global",
                "mode": "batch",
                "qualityMetric": "round_trip_cer_pct",
                "quality": None,
                "latencyMetric": "ttfb_p50_ms",
                "latencyMs": 412.5,
                "costUsdPerMinute": 0.0135,
                "status": "warned",
                "note": "a note",
            },
            {
                "snapshotId": own["id"],
                "modality": "llm",
                "provider": "newcomer",
                "providerName": "newcomer",
                "model": "m-1",
                "voice": None,
                "language": "*",
                "region": "global",
                "mode": "streaming",
                "qualityMetric": "quality_score",
                "quality": 7.25,
                "latencyMetric": "ttft_p50_ms",
                "latencyMs": None,
                "costUsdPerMinute": None,
                "status": "provisional",
                "note": None,
            },
        ]


async def test_filters(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text(OWN)
    async with running(tmp_path / "data", scores=(file,)) as gateway:
        every = await got(gateway)
        assert await got(gateway, language="") == every
        for modality in ("stt", "llm", "tts", "s2s"):
            rows = (await got(gateway, modality=modality))["rows"]
            assert rows == [row for row in every["rows"] if row["modality"] == modality] != []
        british = await got(gateway, language="en_gb")
        assert british["snapshots"] == every["snapshots"]
        assert {row["language"] for row in british["rows"]} == {"en-GB", "en", "*"}
        assert "en-GB" not in {row["language"] for row in (await got(gateway, language="en"))["rows"]}
        assert {row["language"] for row in (await got(gateway, language="eo"))["rows"]} == {"*"}
        both = await got(gateway, modality="tts", language="en-GB")
        assert both["rows"][0]["provider"] == "openai"


@pytest.mark.parametrize(
    ("query", "code"), [("modality=video", "VALIDATION_ERROR"), ("language=english", "INVALID_INTENT")]
)
async def test_queries_that_cannot_be_read(tmp_path: Path, query: str, code: str) -> None:
    async with running(tmp_path) as gateway:
        answer = await gateway.client.get(f"/v1/benchmarks/scores?{query}")
        assert (answer.status_code, answer.json()["code"]) == (400, code)
        answer = await gateway.client.get("/v1/benchmarks/scores", headers={"authorization": "Bearer x"})
        assert answer.status_code == 401
