"""The models against the document that the gateway serves: whatever it answers has a place in them."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from speko.client.models import account, providers, routing, sessions
from speko.client.models.base import Result

ROOT = Path(__file__).parents[2]
DOCUMENT = json.loads((ROOT / "docs/reference/openapi.json").read_text())
SCHEMAS: dict[str, dict[str, Any]] = DOCUMENT["components"]["schemas"]
OTHER_CLIENTS = "OpenAI's API"
"""Operations of this tag are called by that API's own clients."""
MODELS: dict[str, type[Result]] = {
    "ApiKeyView": account.ApiKey,
    "AttemptView": routing.Attempt,
    "AttemptsPointView": account.AttemptsPoint,
    "AxisView": routing.StackAxis,
    "BalanceView": account.CreditBalance,
    "CountView": account.LimitedCount,
    "CreatedView": sessions.S2sSession,
    "CreditEntryView": account.CreditEntry,
    "CreditLedgerView": account.CreditLedger,
    "DeletedView": sessions.DeletedSession,
    "EntryView": routing.StackCandidate,
    "FilteredView": routing.FilteredCandidate,
    "IntentView": routing.StackIntent,
    "KnownEntry": providers.KnownProvider,
    "KnownView": providers.KnownProviders,
    "LayerView": routing.StackLayer,
    "LimitsView": account.Limits,
    "ModelView": providers.ProviderModel,
    "MoneyView": account.LimitedMoney,
    "NewApiKeyView": account.CreatedApiKey,
    "OrganizationView": account.Organization,
    "ProviderKeyView": providers.ProviderKeyStatus,
    "ProviderTestView": providers.ProviderTest,
    "ProviderView": providers.ProviderStatus,
    "RequestView": routing.RequestAttempts,
    "RevokedView": account.RevokedApiKey,
    "ScoreRowView": routing.ScoreRow,
    "ScoresView": routing.BenchmarkScores,
    "SessionView": sessions.SessionEntry,
    "SessionsView": sessions.SessionPage,
    "SnapshotView": routing.ScoreSnapshot,
    "StackView": routing.RoutingStack,
    "StageView": sessions.TurnStage,
    "SubjectView": account.SubjectLimits,
    "TimingView": sessions.TurnTiming,
    "TimingsView": sessions.SessionTurns,
    "TranscriptView": sessions.SessionTranscript,
    "TurnEvent": sessions.Turn,
    "UsageLineView": account.UsageRow,
    "UsagePointView": account.UsagePoint,
    "UsageSeriesView": account.UsageSeries,
    "UsageView": account.UsageSummary,
    "VoiceProviderView": providers.VoiceProvider,
    "VoiceView": providers.Voice,
    "VoicesView": providers.VoiceList,
}


def test_every_answer_has_a_model() -> None:
    found: set[str] = set()
    for path, operations in DOCUMENT["paths"].items():
        for operation in operations.values():
            if path.startswith("/v1/") and OTHER_CLIENTS not in operation.get("tags", ()):
                for status, answer in operation["responses"].items():
                    if status.startswith("2"):
                        _reach(answer, found)
    assert found == set(MODELS)


@pytest.mark.parametrize("view", MODELS)
def test_every_member_has_a_field(view: str) -> None:
    fields = {field.alias for field in MODELS[view].model_fields.values()}
    assert set(SCHEMAS[view]["properties"]) == fields


@pytest.mark.parametrize("view", MODELS)
@pytest.mark.parametrize("known", [True, False], ids=["everything is known", "what may be null is null"])
def test_what_the_document_allows_can_be_read(view: str, known: bool) -> None:
    answer = _example({"$ref": f"/{view}"}, known)
    read = MODELS[view].model_validate(answer).model_dump(by_alias=True)
    assert set(answer) <= set(read)
    for name, value in answer.items():
        assert (value is None) == (read[name] is None), name


def _reach(part: Any, found: set[str]) -> None:
    """The names of all schemas that a part of the document is made of."""
    for name in _referred(part):
        if name not in found:
            found.add(name)
            _reach(SCHEMAS[name], found)


def _referred(part: Any) -> Iterator[str]:
    if isinstance(part, dict):
        if "$ref" in part:
            yield part["$ref"].rpartition("/")[2]
        for inner in part.values():
            yield from _referred(inner)
    elif isinstance(part, list):
        for inner in part:
            yield from _referred(inner)


def _example(schema: dict[str, Any], known: bool) -> Any:
    """A value of a schema. `known`: nothing in it is null that need not be."""
    if "$ref" in schema:
        return _example(SCHEMAS[schema["$ref"].rpartition("/")[2]], known)
    choices = schema.get("oneOf") or schema.get("anyOf") or [schema]
    types = [choice | {"type": kind} for choice in choices for kind in _types(choice)]
    null = next((choice for choice in types if choice["type"] == "null"), None)
    if null is not None and not known:
        return None
    chosen = next(choice for choice in types if choice["type"] != "null")
    if "$ref" in chosen:
        return _example({"$ref": chosen["$ref"]}, known)
    fixed = [value for value in (chosen.get("default"), *chosen.get("enum", ())) if value is not None]
    if fixed:
        return fixed[0]
    return {
        "string": "12",
        "integer": 16000,
        "number": 1.5,
        "boolean": True,
        "object": {name: _example(member, known) for name, member in chosen.get("properties", {}).items()},
        "array": [_example(chosen["items"], known)] if "items" in chosen else [],
    }[chosen["type"]]


def _types(schema: dict[str, Any]) -> list[str]:
    found = schema.get("type", "object")
    return found if isinstance(found, list) else [found]
