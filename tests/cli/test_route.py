"""`speko route`."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from speko.cli.exits import Exit
from tests.cli.conftest import Command
from tests.cli.fake_gateway import FakeGateway


def entry(provider: str, model: str, score: float | None, **more: Any) -> dict[str, Any]:
    axes = [{"name": "quality", "raw": 7.8, "norm": 1.0, "weight": 0.5}] if score is not None else []
    members = {"providerId": provider, "modelId": model, "score": score, "scoresRunId": "run_1"}
    return {**members, "usable": True, "health": "closed", "axes": axes, **more}


STACK = {
    "intent": {"language": "en", "region": "global", "optimizeFor": "balanced"},
    "scoresRunId": "run_1",
    "stt": {
        **entry("deepgram", "nova-3", 0.61234567, usable=False, reason="NO_CREDENTIAL"),
        "runnersUp": [entry("pocketsphinx", "en-us", None, scoresRunId="embedded")],
    },
    "llm": None,
    "tts": {**entry("flite", "slt", 1.0), "runnersUp": []},
    "s2s": None,
    "filtered_out": [
        {"modality": "stt", "providerId": "slow", "modelId": "m", "mode": "batch", "reason": "ttfp_p50_ms 6535 > 3000"},
        {"modality": "tts", "providerId": "quiet", "modelId": "m", "mode": "batch", "reason": "provisional"},
    ],
    "notes": ["llm: no rows"],
}


@pytest.fixture
def routing(fake: FakeGateway) -> FakeGateway:
    fake.on("GET", "/v1/benchmarks/stack", STACK)
    return fake


def query(fake: FakeGateway) -> list[tuple[str, str]]:
    return sorted(parse_qsl(urlsplit(fake.requests[-1][1]).query))


def test_tables(speko: Command, routing: FakeGateway) -> None:
    done = speko("route", "en")
    assert done.code == Exit.OK
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "rank provider model score quality norm usable health snapshot" in lines
    assert "1 deepgram nova-3 0.6123 7.8 1.00 no: NO_CREDENTIAL closed run_1" in lines
    assert "2 pocketsphinx en-us – – – yes closed embedded" in lines
    assert "slow m batch ttfp_p50_ms 6535 > 3000" in lines
    assert "weights: quality 0.5" in lines
    assert "note: llm: no rows" in lines
    assert lines[lines.index("llm – language model") + 1] == "no candidate"


def test_what_is_not_usable_is_explained_once(speko: Command, fake: FakeGateway) -> None:
    hint = "no key for openai: set OPENAI_API_KEY"
    no = {"usable": False, "reason": "NO_CREDENTIAL", "hint": hint}
    chain = {**entry("openai", "a", 1.0, **no), "runnersUp": [entry("openai", "b", 0.5, **no), entry("x", "c", 0.1)]}
    fake.on("GET", "/v1/benchmarks/stack", {**STACK, "stt": chain})
    assert speko("route", "en").out.count(f"not usable: {hint}\n") == 1


def test_small_costs_are_readable(speko: Command, fake: FakeGateway) -> None:
    cost = {"name": "usd_per_minute", "raw": 7e-05, "norm": 0.99, "weight": 0.2}
    fake.on("GET", "/v1/benchmarks/stack", {**STACK, "stt": {**entry("a", "m", 1.0, axes=[cost]), "runnersUp": []}})
    assert " 0.00007 " in speko("route", "en").out


def test_snapshots_are_named_in_full_once(speko: Command, fake: FakeGateway) -> None:
    ours, other = "mine_2026-04-25_d3831f333288", "mine_2026-05-01_8f5bab365bea"

    def table(*snapshots: str) -> str:
        first, *rest = (entry("a", f"m{n}", 1.0, scoresRunId=snapshot) for n, snapshot in enumerate(snapshots))
        fake.on("GET", "/v1/benchmarks/stack", {**STACK, "stt": {**first, "runnersUp": rest}})
        return speko("route", "en", "--modality", "stt").out

    out = table(ours, ours, "declared")
    assert out.count(ours) == 1
    assert f"snapshots: mine = {ours}\n" in out
    assert table(ours, other).count(ours) == 1
    assert "snapshots:" not in table(ours, other)


def test_one_layer(speko: Command, routing: FakeGateway) -> None:
    done = speko("route", "en", "--modality", "tts")
    assert "flite" in done.out
    assert "deepgram" not in done.out
    assert "slow" not in done.out
    assert "note" not in done.out
    document = speko("route", "en", "--modality", "tts", "--json").json
    assert document["stt"] is None
    assert [item["providerId"] for item in document["filtered_out"]] == ["quiet"]


def test_json_is_the_answer_with_every_member(speko: Command, routing: FakeGateway) -> None:
    assert speko("route", "en", "--json").json == STACK


def test_the_query(speko: Command, routing: FakeGateway) -> None:
    words = ["--region", "us-east4", "--optimize-for", "cost", "--modality", "llm", "--allow", "openai:gpt:x"]
    speko("route", "pt-BR", *words)
    assert query(routing) == [
        ("allow", "llm:openai:gpt:x"),
        ("explain", "1"),
        ("language", "pt-BR"),
        ("optimize_for", "cost"),
        ("region", "us-east4"),
    ]
    speko("route", "en", "--allow", "tts:flite")
    assert ("allow", "tts:flite") in query(routing)


def test_an_allowed_vendor_needs_a_layer(speko: Command, routing: FakeGateway) -> None:
    done = speko("route", "en", "--allow", "openai")
    assert done.code == Exit.USAGE
    assert "--modality" in done.err
    assert routing.requests == []


def test_the_gateway_refuses_the_language(speko: Command, fake: FakeGateway) -> None:
    fake.on("GET", "/v1/benchmarks/stack", {"error": "language must be a tag", "code": "INVALID_INTENT"}, status=400)
    done = speko("route", "klingon", "--json")
    assert (done.code, done.json["code"]) == (Exit.FAILED, "INVALID_INTENT")
