"""What somebody may use at most: from the settings, and from what an operator has set for one key or organisation."""

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from speko.settings import Settings

Scope = Literal["key", "organization"]
Kind = Literal["requests", "sessions", "spend", "credits"]
MICRO = 1_000_000
"""Micro-USD of a USD."""


class Ceilings(Struct, frozen=True):
    """Limits of one subject: an API key or an organisation. None = no limit."""

    requests_per_minute: int | None = None
    concurrent_sessions: int | None = None
    monthly_spend_micro_usd: int | None = None


class Override(Struct, frozen=True):
    """What an operator has set for one subject. None = as the settings say; 0 = no limit."""

    requests_per_minute: int | None = None
    concurrent_sessions: int | None = None
    monthly_spend_micro_usd: int | None = None

    def over(self, defaults: Ceilings) -> Ceilings:
        """The limits that hold."""
        return Ceilings(*(_chosen(getattr(self, name), getattr(defaults, name)) for name in self.__struct_fields__))


class Exceeded(Struct, frozen=True):
    """A limit that keeps something from being served."""

    kind: Kind
    scope: Scope
    most: int
    """The limit: requests a minute, sessions, or micro-USD; 0 for a credit that is used up."""
    retry_after: float
    """Seconds until another try is of use, as far as anybody knows."""


class CeilingTable:
    """The limits of everybody, looked up by the id of an API key or an organisation."""

    def __init__(self, of_keys: Ceilings, of_organizations: Ceilings) -> None:
        self.of_keys = of_keys
        self.of_organizations = of_organizations
        # By subject, whatever it is.
        self._as_keys: Mapping[str, Ceilings] = {}
        self._as_organizations: Mapping[str, Ceilings] = {}
        self.any_requests = _limits_requests(of_keys, of_organizations)
        """Whether anybody's requests are limited at all."""
        self.any_spend = _limits_spend(of_keys, of_organizations)
        """Whether anybody's spend is."""

    @classmethod
    def of(cls, settings: Settings) -> "CeilingTable":
        """With the defaults of the settings."""
        return cls(
            Ceilings(
                settings.key_requests_per_minute,
                settings.key_concurrent_sessions,
                micro_usd(settings.key_monthly_spend_usd),
            ),
            Ceilings(
                settings.organization_requests_per_minute,
                settings.organization_concurrent_sessions,
                micro_usd(settings.organization_monthly_spend_usd),
            ),
        )

    def replace(self, overrides: Mapping[str, Override]) -> None:
        """Takes over what is set for single subjects."""
        self._as_keys = {subject: override.over(self.of_keys) for subject, override in overrides.items()}
        self._as_organizations = {
            subject: override.over(self.of_organizations) for subject, override in overrides.items()
        }
        everybody = (
            self.of_keys,
            self.of_organizations,
            *self._as_keys.values(),
            *self._as_organizations.values(),
        )
        self.any_requests = _limits_requests(*everybody)
        self.any_spend = _limits_spend(*everybody)

    def key(self, key_id: str) -> Ceilings:
        """The limits of an API key."""
        return self._as_keys.get(key_id, self.of_keys)

    def organization(self, organization_id: str) -> Ceilings:
        """The limits of an organisation."""
        return self._as_organizations.get(organization_id, self.of_organizations)

    def subjects(self, organization_id: str, key_id: str | None) -> list[tuple[Scope, str, Ceilings]]:
        """Whose limits hold for a caller; without a key (the web console) the organisation's alone."""
        own: list[tuple[Scope, str, Ceilings]] = [("key", key_id, self.key(key_id))] if key_id is not None else []
        return [*own, ("organization", organization_id, self.organization(organization_id))]


def micro_usd(usd: float | None) -> int | None:
    """USD as whole micro-USD."""
    return None if usd is None else round(usd * MICRO)


def _chosen(value: int | None, default: int | None) -> int | None:
    return default if value is None else value or None


def _limits_requests(*everybody: Ceilings) -> bool:
    return any(ceilings.requests_per_minute is not None for ceilings in everybody)


def _limits_spend(*everybody: Ceilings) -> bool:
    return any(ceilings.monthly_spend_micro_usd is not None for ceilings in everybody)
