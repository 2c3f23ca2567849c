"""Who serves a request, and in which order: one pure function of intent, constraint, scores and policy.

The contract's sections 3 to 6 run per snapshot, over the candidates that no earlier snapshot has decided about; the
chain is the rankings one after the other. Credentials and health play no part.

Scores are IEEE 754 doubles. Each is computed from its own row and the extremes of the set in one fixed expression, so
the same input gives the same bits whatever the order of the rows.
"""

from collections.abc import Iterable, Mapping, Sequence, Set
from math import inf

from msgspec import Struct

from speko.providers.catalogue import Modality
from speko.routing.intent import AllowList, RoutingIntent
from speko.routing.metrics import (
    COST_METRIC,
    HIGHER_QUALITY_IS_BETTER,
    LLM_MODE_KEY,
    QUALITY_METRIC,
    latency_metric,
    mode_key,
)
from speko.routing.policy import DEFAULT, ModalityPolicy, Policy
from speko.routing.ranking import Axis, Cause, Entry, LeftOut, Ranking
from speko.routing.snapshot import ScoreRow, Snapshot

S2S_DEFAULT_REGION = "us-east4"
"""Speech to speech has no global figures; these stand in."""
_OPEN_TO_DECLARED: Set[Cause] = frozenset({"language", "no_data", "provisional"})
"""Not scored, as opposed to refused: a usable model may still come in through a declared snapshot."""
_ROUNDING = 1e-9
"""Scores whose distance is the tie margin in decimal notation are within it."""

Key = tuple[str, str]
"""Provider and model."""
Refusal = tuple[Cause, str]


class _Query(Struct, frozen=True):
    modality: Modality
    intent: RoutingIntent
    allowed: AllowList
    policy: ModalityPolicy

    def left_out(self, key: Key, mode: str, refusal: Refusal, snapshot: Snapshot) -> LeftOut:
        return LeftOut(
            modality=self.modality,
            provider=key[0],
            model=key[1],
            mode=mode,
            cause=refusal[0],
            reason=refusal[1],
            scores_run_id=snapshot.id,
        )


class _Scored(Struct):
    score: float
    row: ScoreRow
    axes: tuple[Axis, ...]


class _Found(Struct):
    """What one measured snapshot says."""

    entries: list[Entry]
    left_out: dict[Key, LeftOut]
    knows_language: bool
    note: str | None


def rank(
    modality: Modality,
    intent: RoutingIntent,
    allowed: AllowList,
    snapshots: Sequence[Snapshot],
    policy: Policy = DEFAULT,
) -> Ranking:
    """Ranks all candidates of one modality.

    A measured snapshot decides about every (provider, model) it has any row of this modality for, unless an earlier
    one did: scored or left out, a later measured snapshot does not see it. A declared snapshot adds, in its own order,
    the models that declare the language and that nobody before it scored or refused, so also those left out for want
    of a row for the language or the region, or as provisional.
    """
    query = _Query(modality, intent, allowed, policy.of(modality))
    entries: dict[Key, Entry] = {}
    left_out: dict[Key, LeftOut] = {}
    decided: set[Key] = set()
    notes: list[str] = []
    languages_known: list[bool] = []
    for snapshot in snapshots:
        if snapshot.kind == "declared":
            _add_declared(query, snapshot, entries, left_out)
            decided.update(entries)
            continue
        candidates = _candidates(snapshot, modality, decided)
        if not candidates:
            continue
        found = _rank_measured(query, snapshot, candidates)
        for entry in found.entries:
            entries[entry.provider, entry.model] = entry
            left_out.pop((entry.provider, entry.model), None)
        left_out.update(found.left_out)
        decided.update(candidates)
        languages_known.append(found.knows_language)
        if found.note:
            notes.append(found.note)
    if languages_known and not any(languages_known):
        notes.append(f"{modality}: no scores for language {intent.language}")
    return Ranking(
        modality=modality,
        intent=intent,
        entries=tuple(entries.values()),
        left_out=tuple(left_out[key] for key in sorted(left_out)),
        notes=tuple(notes),
    )


def _candidates(snapshot: Snapshot, modality: Modality, decided: Set[Key]) -> dict[Key, list[ScoreRow]]:
    """The rows of each candidate, in the snapshot's order."""
    candidates: dict[Key, list[ScoreRow]] = {}
    for row in snapshot.rows:
        if row.modality == modality:
            key = (row.provider, row.model)
            if key not in decided:
                candidates.setdefault(key, []).append(row)
    return candidates


def _for_language(rows: Iterable[ScoreRow], tag: str) -> list[ScoreRow]:
    """The rows of one candidate that speak for a language: the exact tag's, else the primary tag's, else `*`."""
    by_language: dict[str, list[ScoreRow]] = {}
    for row in rows:
        by_language.setdefault(row.language, []).append(row)
    for language in (tag, tag.split("-", 1)[0], "*"):
        if language in by_language:
            return by_language[language]
    return []


def _add_declared(query: _Query, snapshot: Snapshot, entries: dict[Key, Entry], left_out: dict[Key, LeftOut]) -> None:
    language = query.intent.language
    for key, rows in _candidates(snapshot, query.modality, entries.keys()).items():
        earlier = left_out.get(key)
        if earlier and earlier.cause not in _OPEN_TO_DECLARED:
            continue
        spoken = _for_language(rows, language)
        refusal: Refusal | None = None
        if not spoken:
            refusal = ("language", f"does not declare language {language}")
        elif not query.allowed.admits(*key):
            refusal = ("not_allowed", "not in allowedProviders")
        if refusal is None:
            left_out.pop(key, None)
            entries[key] = Entry(
                provider=key[0],
                model=key[1],
                score=None,
                scores_run_id=snapshot.id,
                axes=(),
                row=spoken[0],
                reason=earlier.reason if earlier else "no row",
            )
        elif earlier is None:
            left_out[key] = query.left_out(key, _wanted_mode(query), refusal, snapshot)


def _rank_measured(query: _Query, snapshot: Snapshot, candidates: Mapping[Key, list[ScoreRow]]) -> _Found:
    refusals: dict[Key, Refusal] = {}
    spoken: dict[Key, list[ScoreRow]] = {}
    matched = 0
    for key, rows in candidates.items():
        speaking = _for_language(rows, query.intent.language)
        matched += bool(speaking)
        if not speaking:
            refusals[key] = ("language", f"no row for language {query.intent.language}")
        elif not query.allowed.admits(*key):
            refusals[key] = ("not_allowed", "not in allowedProviders")
        else:
            spoken[key] = speaking
    mode, note = _choose_mode(query, snapshot, spoken)
    survivors: list[ScoreRow] = []
    for key, rows in spoken.items():
        outcomes = [(row, _refusal(query, mode, row)) for row in rows if mode_key(row) == mode]
        passing = [row for row, refusal in outcomes if refusal is None]
        if passing:
            survivors += passing
        else:
            # Of several rows, the one that keeps the candidate out for good tells the reason.
            told = [refusal for _, refusal in outcomes if refusal]
            refusals[key] = min(told, key=lambda r: (r[0] in _OPEN_TO_DECLARED, r), default=("no_data", "no data"))
    chain = _order(query, mode, _best_rows(_score(query, mode, survivors)))
    return _Found(
        entries=[_entry(one, snapshot) for one in chain],
        left_out={key: query.left_out(key, mode, refusal, snapshot) for key, refusal in refusals.items()},
        knows_language=matched > 0,
        note=note,
    )


def _wanted_mode(query: _Query) -> str:
    region = query.intent.region
    if query.modality == "llm":
        return LLM_MODE_KEY
    if query.modality == "s2s":
        return f"realtime.{S2S_DEFAULT_REGION if region == 'global' else region}"
    return "batch" if region == "global" else f"streaming.{region}"


def _choose_mode(query: _Query, snapshot: Snapshot, spoken: Mapping[Key, list[ScoreRow]]) -> tuple[str, str | None]:
    """The mode key that all candidates of the snapshot are compared in, and a note where its figures stand in.

    They fall back together: as soon as one candidate was measured in the region, the others are without data there.
    """
    wanted = _wanted_mode(query)
    measured = {mode_key(row) for rows in spoken.values() for row in rows}
    if query.modality == "llm" or not measured:
        return wanted, None
    default = f"realtime.{S2S_DEFAULT_REGION}" if query.modality == "s2s" else "batch"
    used = wanted if wanted in measured else default
    region, own_region = query.intent.region, "global" if used == "batch" else used.partition(".")[2]
    if region == own_region or used not in measured:
        return used, None
    return used, f"{query.modality}: no figures for region {region} in {snapshot.id}, those of {own_region} are used"


def _refusal(query: _Query, mode: str, row: ScoreRow) -> Refusal | None:
    """The hard filter that a row fails, or None."""
    if row.status == "warned":
        return "warned", f"warned: {row.note}" if row.note else "warned"
    if row.status == "provisional":
        return "provisional", "provisional"
    kind, _, region = mode.partition(".")
    if region and not row.streaming:
        return "no_protocol", f"no {kind} endpoint"
    return _cutoff(query, mode, row)


def _cutoff(query: _Query, mode: str, row: ScoreRow) -> Refusal | None:
    limit, latency = query.policy.max_latency_ms, row.latency_ms
    if mode != "batch" and limit is not None and latency is not None and latency > limit:
        if query.modality == "tts":
            return "cutoff", f"streaming TTFB {latency:.15g}ms > cutoff {limit:.15g}ms"
        return "cutoff", f"{latency_metric(query.modality, False)} {latency:.15g} > {limit:.15g}ms cutoff"
    floor, quality = query.policy.min_quality, row.quality
    if floor is not None and quality is not None and quality < floor:
        return "cutoff", f"{QUALITY_METRIC[query.modality]} {quality:.15g} < {floor:.15g} floor"
    return None


def _norms(values: Sequence[float | None], higher_is_better: bool) -> list[float]:
    known = [value for value in values if value is not None]
    low, high = min(known, default=0.0), max(known, default=0.0)
    if low == high:
        return [0.5 if value is None else 1.0 for value in values]
    if higher_is_better:
        return [0.5 if value is None else (value - low) / (high - low) for value in values]
    return [0.5 if value is None else (high - value) / (high - low) for value in values]


def _score(query: _Query, mode: str, rows: Sequence[ScoreRow]) -> list[_Scored]:
    weights = query.policy.presets.of(query.intent.optimize_for)
    quality = _norms([row.quality for row in rows], query.modality in HIGHER_QUALITY_IS_BETTER)
    latency = _norms([row.latency_ms for row in rows], False)
    cost = _norms([row.cost_per_minute for row in rows], False)
    quality_name = QUALITY_METRIC[query.modality]
    latency_name = latency_metric(query.modality, mode == "batch")
    scored = []
    for row, q, ms, usd in zip(rows, quality, latency, cost, strict=True):
        axes = (
            Axis(quality_name, row.quality, q, weights.quality),
            Axis(latency_name, row.latency_ms, ms, weights.latency),
            Axis(COST_METRIC, row.cost_per_minute, usd, weights.cost),
        )
        scored.append(_Scored(weights.quality * q + weights.latency * ms + weights.cost * usd, row, axes))
    return scored


def _best_rows(scored: Iterable[_Scored]) -> list[_Scored]:
    """One per candidate. Between equal scores the text of the row decides, so that the order of rows does not."""
    best: dict[Key, _Scored] = {}
    for one in scored:
        key = (one.row.provider, one.row.model)
        other = best.get(key)
        if other is None or one.score > other.score or (one.score == other.score and repr(one.row) < repr(other.row)):
            best[key] = one
    return list(best.values())


def _order(query: _Query, mode: str, scored: Iterable[_Scored]) -> list[_Scored]:
    """Best first; near ties in groups, each made by the leader of what is left and ordered by the tie rule."""
    breakers = query.policy.batch_tie if mode == "batch" else query.policy.live_tie

    def by_score(one: _Scored) -> tuple[float, str, str]:
        return -one.score, one.row.provider, one.row.model

    def by_tie_rule(one: _Scored) -> list[float]:
        figures: list[float | None] = [getattr(one.row, name) for name in breakers]
        return [inf if figure is None else figure for figure in figures]

    rest = sorted(scored, key=by_score)
    ordered: list[_Scored] = []
    while rest:
        threshold = rest[0].score - query.policy.tie_margin - _ROUNDING
        group = [one for one in rest if one.score >= threshold]
        ordered += sorted(group, key=by_tie_rule)  # stable: among equals the order by score stays
        rest = rest[len(group) :]
    return ordered


def _entry(one: _Scored, snapshot: Snapshot) -> Entry:
    return Entry(
        provider=one.row.provider,
        model=one.row.model,
        score=one.score,
        scores_run_id=snapshot.id,
        axes=one.axes,
        row=one.row,
    )
