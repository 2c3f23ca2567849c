"""The metrics of several workers as those of one gateway.

Nothing here knows a metric by its name, so that any that is added is summed. What a name says by convention counts:
`process_…` is each worker's own and gets the label `worker`; of gauges that count nothing, the greatest is taken. A
worker that dies takes its counts with it unless they are kept, and a sum that falls would look to Prometheus as if all
counters had begun anew: so the last that such a worker has told goes on being added.
"""

from collections.abc import Iterable

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from speko.api.workers.siblings import Siblings
from speko.api.workers.told import Family, Told
from speko.observability.exposition import text_of

_WITHIN = 2.0
"""Seconds that a worker has to tell its metrics."""
_COUNTS = ("counter", "histogram", "summary")
_GREATEST = ("_info", "_state", "_problem", "_seconds")
"""How gauges end that are no counts of anything: of those, the greatest stands for all. An age is one in seconds."""
_Place = tuple[str, tuple[tuple[str, str], ...]]


async def exposition_of_all(siblings: Siblings) -> bytes:
    """The text format, for all workers together. One that does not answer is missing, and said to be."""
    living, others, silent = await siblings.metrics(_WITHIN)
    workers = GaugeMetricFamily("speko_workers", "Workers, by whether they told their metrics.", labels=["told"])
    workers.add_metric(["yes"], len(living))
    workers.add_metric(["no"], silent)
    return await text_of([*summed([*living, *map(_counts, others)]), workers])


def _counts(told: Told) -> Told:
    """What goes on counting of a worker that is dead or silent."""
    lasting = tuple(f for f in told.families if f.kind in _COUNTS and not f.name.startswith("process_"))
    return Told(told.worker, lasting)


def summed(all_told: Iterable[Told]) -> list[Metric]:
    """One family for each name, in the order in which they were told."""
    families: dict[str, Family] = {}
    values: dict[str, dict[_Place, float]] = {}
    for told in all_told:
        for family in told.families:
            families.setdefault(family.name, family)
            found = values.setdefault(family.name, {})
            for value in family.values:
                labels = value.labels
                if value.name.startswith("process_"):
                    labels = {**labels, "worker": told.worker}
                place = (value.name, tuple(sorted(labels.items())))
                found[place] = _joined(family, found[place], value.value) if place in found else value.value
    return [_metric(family, values[name]) for name, family in families.items()]


def _joined(family: Family, one: float, other: float) -> float:
    if family.kind not in _COUNTS and family.name.endswith(_GREATEST):
        return max(one, other)
    return one + other


def _metric(family: Family, values: dict[_Place, float]) -> Metric:
    metric = Metric(family.name, family.help, family.kind)
    for (name, labels), value in values.items():
        metric.add_sample(name, dict(labels), value)
    return metric
