"""One reading of a gateway's `/metrics`."""

import argparse
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import httpx
from prometheus_client.parser import text_string_to_metric_families

from speko.cli.connection import base_url_of, explained
from speko.cli.exits import CommandError, Exit

TIMEOUT = 10.0
"""Seconds for one answer."""


@dataclass(frozen=True)
class Scrape:
    """All samples of one moment.

    Args:
        at: when it was read, in seconds of some clock.
        samples: labels and value of each, by name.
    """

    at: float
    samples: Mapping[str, list[tuple[Mapping[str, str], float]]]

    def total(self, name: str) -> float | None:
        """The sum over all labels; None when there is no such metric."""
        found = self.samples.get(name)
        return None if found is None else sum(value for _, value in found)

    def by(self, name: str, *labels: str, **wanted: str) -> dict[tuple[str, ...], float]:
        """Sums by some of the labels, over the samples whose other labels are as wanted."""
        sums: dict[tuple[str, ...], float] = {}
        for key, value in self._matching(name, labels, wanted):
            sums[key] = sums.get(key, 0.0) + value
        return sums

    def worst(self, name: str, *labels: str) -> dict[tuple[str, ...], float]:
        """Likewise, the greatest value."""
        found: dict[tuple[str, ...], float] = {}
        for key, value in self._matching(name, labels, {}):
            found[key] = max(found.get(key, value), value)
        return found

    def _matching(
        self, name: str, labels: tuple[str, ...], wanted: Mapping[str, str]
    ) -> Iterator[tuple[tuple[str, ...], float]]:
        for has, value in self.samples.get(name, ()):
            if all(has.get(label) == word for label, word in wanted.items()):
                yield tuple(has.get(label, "") for label in labels), value


def read_exposition(text: str, at: float) -> Scrape:
    """Parses Prometheus' text format; raises ValueError."""
    samples: dict[str, list[tuple[Mapping[str, str], float]]] = {}
    for family in text_string_to_metric_families(text):
        # There, although nothing was counted yet; the parser takes the suffix away.
        samples.setdefault(f"{family.name}_total" if family.type == "counter" else family.name, [])
        for sample in family.samples:
            samples.setdefault(sample.name, []).append((sample.labels, sample.value))
    return Scrape(at, samples)


class Source:
    """Reads the metrics of the gateway that options and environment name."""

    def __init__(self, args: argparse.Namespace, clock: Callable[[], float]) -> None:
        self.url = base_url_of(args.base_url)
        self._clock = clock
        token = args.admin_token or os.environ.get("SPEKO_ADMIN_TOKEN", "").strip()
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx.Client(headers=headers, timeout=TIMEOUT)

    def close(self) -> None:
        """Ends the connection."""
        self._client.close()

    def read(self) -> Scrape:
        """The metrics now. Raises CommandError."""
        with explained(self.url):
            response = self._client.get(f"{self.url}/metrics")
        if response.status_code in (401, 403, 404):
            text = (
                f"{self.url} does not show its metrics from here; on its own machine none is needed, elsewhere: "
                "export SPEKO_ADMIN_TOKEN=… (the gateway's setting admin_token)"
            )
            raise CommandError(text, "NO_METRICS", Exit.UNAUTHORIZED)
        try:
            response.raise_for_status()
            scrape = read_exposition(response.text, self._clock())
        except (httpx.HTTPStatusError, ValueError) as error:
            raise CommandError(f"{self.url} does not answer like a gateway", "INVALID_RESPONSE") from error
        if not any(name.startswith("speko_") for name in scrape.samples):
            raise CommandError(f"{self.url}/metrics are not those of a gateway", "INVALID_RESPONSE")
        return scrape
