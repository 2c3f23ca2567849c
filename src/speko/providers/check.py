"""Trying a credential before anybody depends on it."""

from dataclasses import dataclass
from typing import Protocol

from speko.providers.call import Call


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a vendor answered to a credential that it does not refuse."""

    message: str
    """For people; without secrets."""
    status: int | None = None
    """HTTP status, where the vendor was asked over HTTP."""
    models: int | None = None
    """How many models it lists; None = it was not asked, or has no list."""
    shows_key: bool = True
    """Whether a bad key would have been refused; False where the vendor answers anybody."""


class CredentialCheck(Protocol):
    """Asks a vendor whether a credential is good: one request, which costs the account nothing."""

    async def check(self, call: Call) -> CheckReport:
        """Asks with exactly `call.credential`. Deadlines are as in other calls: `call.connect_timeout` is the check's
        own, the rest its caller's, who cancels it. `call.usage` does not count.

        Raises:
            ProviderError: the vendor refuses, or cannot be asked.
        """
