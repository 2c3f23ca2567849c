"""From an intent to the chain of candidates that can be called now.

Ranking is the pure function `rank`; what is added here is who is usable, for whom. Preview and real calls both come
through `Router.chain`, so they cannot disagree. Source: contract, routing 7 and 8.
"""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from speko.providers.catalogue import Modality, Model
from speko.providers.registry import Registration, Registry
from speko.routing.access import Access, EmbeddedMode, OwnKeys, PlatformAccess, access
from speko.routing.attempts import Candidate
from speko.routing.declared import DeclaredModel, declared_snapshot
from speko.routing.health import Health
from speko.routing.intent import AllowList, RoutingIntent
from speko.routing.policy import DEFAULT, Policy
from speko.routing.ranking import Entry, Ranking
from speko.routing.selection import rank
from speko.routing.snapshot import Snapshot

_CACHED_CHAINS = 1024
_CACHED_TEXT = 1024
"""Characters of a caller's own text in one cache key: what callers choose freely must not fill the memory."""
_NO_ACCESS = PlatformAccess()


@dataclass(frozen=True, slots=True)
class Skipped:
    """A ranked candidate that cannot be called now; not counted as failover."""

    provider: str
    model: str
    reason: str
    hint: str | None


@dataclass(frozen=True, slots=True)
class Chain:
    """What one call will try, in order, and why not the others."""

    ranking: Ranking
    candidates: tuple[Candidate, ...]
    skipped: tuple[Skipped, ...]


class Router:
    """Holds scores, policy, platform credentials and health of one process.

    `snapshots` is the deployment's ordered list of measured snapshots; those of embedded engines come last.
    """

    def __init__(
        self,
        *,
        registry: Registry,
        snapshots: Sequence[Snapshot],
        embedded_snapshots: Sequence[Snapshot],
        platform: Mapping[str, PlatformAccess],
        embedded: EmbeddedMode,
        health: Health,
        policy: Policy = DEFAULT,
    ) -> None:
        self.registry = registry
        self.snapshots = tuple(snapshots)
        self.embedded_snapshots = tuple(embedded_snapshots)
        self.health = health
        self._platform = platform
        self._embedded = embedded
        self._policy = policy
        self._engines = tuple(r for r in registry.vendors.values() if r.vendor.embedded)
        self._chains: OrderedDict[object, Chain] = OrderedDict()

    def access(self, provider: str, modality: Modality, own_keys: OwnKeys) -> Access:
        """Whether an organisation with these keys can call a vendor, and how."""
        return access(
            self.registry.get(provider),
            modality,
            own_keys.get(provider),
            self._platform.get(provider, _NO_ACCESS),
            self._embedded,
        )

    def usable_models(self, modality: Modality, own_keys: OwnKeys) -> list[tuple[str, str]]:
        """(vendor, model) of everything that an organisation with these keys can call now, as the catalogue and the
        configuration name it."""
        return [(found.vendor.id, model) for found, model, _ in self._declared(modality, AllowList(), own_keys)]

    def scored_models(self, modality: Modality) -> frozenset[tuple[str, str]]:
        """(vendor, model) pairs that some snapshot has figures for."""
        return frozenset(
            (row.provider, row.model)
            for snapshot in (*self.snapshots, *self.embedded_snapshots)
            for row in snapshot.rows
            if row.modality == modality and row.status != "provisional"
        )

    def chain(self, modality: Modality, intent: RoutingIntent, allowed: AllowList, own_keys: OwnKeys) -> Chain:
        """The candidates of one call, in order.

        Cached by everything it depends on; own keys have another id when they change, and programs of embedded
        engines may come and go.
        """
        keys = tuple([(vendor, key.id) for vendor, key in own_keys.items()])
        engines = tuple([engine.missing() is None for engine in self._engines])
        cache_key = (modality, intent, allowed, keys, engines)
        chain = self._chains.get(cache_key)
        if chain is not None:
            self._chains.move_to_end(cache_key)
            return chain
        chain = self._make_chain(modality, intent, allowed, own_keys)
        if _text_length(intent, allowed) <= _CACHED_TEXT:
            self._chains[cache_key] = chain
            if len(self._chains) > _CACHED_CHAINS:
                self._chains.popitem(last=False)
        return chain

    def _make_chain(self, modality: Modality, intent: RoutingIntent, allowed: AllowList, own_keys: OwnKeys) -> Chain:
        ranking = rank(modality, intent, allowed, self._all_snapshots(modality, allowed, own_keys), self._policy)
        candidates: list[Candidate] = []
        skipped: list[Skipped] = []
        for entry in ranking.entries:
            found = self.access(entry.provider, modality, own_keys)
            if found.credential is None:
                skipped.append(Skipped(entry.provider, entry.model, found.reason or "", found.hint))
            else:
                candidates.append(self._candidate(modality, entry, found))
        own = [c for c in candidates if _composite(c.spec)]
        vendors = [c for c in candidates if not c.embedded and c not in own]
        engines = [c for c in candidates if c.embedded]
        if self._embedded == "auto" and vendors:
            # A toy answer in place of an error is worse than the error.
            hint = "embedded engines serve only when no other provider is usable (setting `embedded`)"
            skipped += [Skipped(c.provider, c.model, "EMBEDDED_NOT_NEEDED", hint) for c in engines]
            engines = []
        skipped += self._unranked_pins(modality, allowed, own_keys, ranking)
        return Chain(ranking, (*vendors, *engines, *own), tuple(skipped))

    def _candidate(self, modality: Modality, entry: Entry, found: Access) -> Candidate:
        spec = self.registry.model(entry.provider, modality, entry.model)
        assert found.credential is not None  # noqa: S101 - asked by the caller
        embedded = self.registry.vendors[entry.provider].vendor.embedded and not _composite(spec)
        candidate = Candidate(
            modality=modality,
            provider=entry.provider,
            model=entry.model,
            wire_model=spec.wire_name if spec else entry.model,
            credential=found.credential,
            credential_id=found.credential_id,
            spec=spec,
            embedded=embedded,
            scores_run_id=entry.scores_run_id,
        )
        return replace(candidate, unpriced=self._is_unpriced(candidate))

    def _is_unpriced(self, candidate: Candidate) -> bool:
        spec, credential = candidate.spec, candidate.credential
        if (
            credential.source != "MANAGED"
            or credential.api_key is None
            or (spec is not None and spec.price is not None)
        ):
            return False
        offered = self._platform.get(candidate.provider, _NO_ACCESS).models
        return not _composite(spec) and (candidate.modality, candidate.model) not in offered

    def renewed(self, candidate: Candidate, own_keys: OwnKeys) -> Candidate | None:
        """The same with the credential that an organisation has now; None = it has none any more."""
        found = self.access(candidate.provider, candidate.modality, own_keys)
        if found.credential is None:
            return None
        candidate = replace(candidate, credential=found.credential, credential_id=found.credential_id)
        return replace(candidate, unpriced=self._is_unpriced(candidate))

    def _all_snapshots(self, modality: Modality, allowed: AllowList, own_keys: OwnKeys) -> Sequence[Snapshot]:
        """The deployment's list with the two snapshots that depend on who asks: what is usable but was never measured,
        once for vendors, once (at the very end) for embedded engines."""
        vendors: list[DeclaredModel] = []
        engines: list[DeclaredModel] = []
        for registration, model, languages in self._declared(modality, allowed, own_keys):
            row = DeclaredModel(modality, registration.vendor.id, model, languages)
            (engines if registration.vendor.embedded else vendors).append(row)
        return (
            *self.snapshots,
            declared_snapshot(vendors),
            *self.embedded_snapshots,
            declared_snapshot(engines, "declared-embedded"),
        )

    def _declared(
        self, modality: Modality, allowed: AllowList, own_keys: OwnKeys
    ) -> list[tuple[Registration, str, tuple[str, ...]]]:
        """Usable models in the contract's order: configuration file, own keys by the time they were stored, catalogue.
        Models that the catalogue lacks but somebody names are passed through."""
        everything = ("*",)
        found: list[tuple[Registration, str, tuple[str, ...]]] = []
        configured = [vendor for vendor, platform in self._platform.items() if platform.models]
        order = dict.fromkeys([*configured, *own_keys, *self.registry.vendors])
        for vendor_id in order:
            registration = self.registry.get(vendor_id)
            if registration is None or not self.access(vendor_id, modality, own_keys).usable:
                continue
            platform = self._platform.get(vendor_id, _NO_ACCESS)
            names = {m: everything for kind, m in platform.models if kind == modality}
            known = {m.id: m.languages for m in registration.vendor.models if m.modality == modality}
            pinned = dict.fromkeys(allowed.pinned_models(vendor_id), everything)
            found += [(registration, model, languages) for model, languages in {**pinned, **names, **known}.items()]
        return found

    def _unranked_pins(
        self, modality: Modality, allowed: AllowList, own_keys: OwnKeys, ranking: Ranking
    ) -> list[Skipped]:
        """Vendors that the caller named and that no ranking mentions: says why."""
        mentioned = {entry.provider for entry in ranking.entries}
        skipped = []
        for vendor_id, model in sorted(allowed.entries, key=lambda pin: (pin[0], pin[1] or "")):
            if vendor_id not in mentioned:
                found = self.access(vendor_id, modality, own_keys)
                if found.reason is not None:
                    hint = f"unknown provider {vendor_id}" if found.reason == "UNKNOWN_PROVIDER" else found.hint
                    skipped.append(Skipped(vendor_id, model or "*", found.reason, hint))
        return skipped


def _composite(spec: Model | None) -> bool:
    return spec is not None and spec.composite


def _text_length(intent: RoutingIntent, allowed: AllowList) -> int:
    return len(intent.region) + sum(len(vendor) + len(model or "") for vendor, model in allowed.entries)
