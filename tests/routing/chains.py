"""Candidates and ledgers for tests."""

from speko.providers.call import Credential
from speko.providers.catalogue import Modality
from speko.routing.attempts import Candidate
from speko.routing.dispatch import Served
from speko.routing.ledger import AttemptRow, UsageRow


def candidate(name: str, modality: Modality = "llm") -> Candidate:
    """`vendor/model`."""
    vendor, model = name.split("/")
    return Candidate(modality, vendor, model, model, Credential("secret-key"), "platform")


async def read(served: Served[str]) -> list[str]:
    """An answer to its end."""
    words: list[str] = []
    try:
        while (batch := await served.next()) is not None:
            words += batch
    finally:
        await served.close()
    return words


class Books:
    """A ledger in memory."""

    def __init__(self) -> None:
        self.attempts: list[AttemptRow] = []
        self.usages: list[UsageRow] = []

    def attempt(self, row: AttemptRow) -> None:
        self.attempts.append(row)

    def usage(self, row: UsageRow) -> None:
        self.usages.append(row)

    @property
    def story(self) -> list[tuple[str, str, str | None]]:
        """(vendor, outcome, cause) of each attempt."""
        return [(row.provider, row.outcome, row.cause) for row in self.attempts]
