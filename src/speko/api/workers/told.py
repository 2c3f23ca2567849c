"""The metrics of one worker, as they travel to another one."""

import msgspec
from msgspec import Struct
from prometheus_client import CollectorRegistry


class Value(Struct, frozen=True, array_like=True):
    """One line of the text format."""

    name: str
    labels: dict[str, str]
    value: float


class Family(Struct, frozen=True, array_like=True):
    """One metric of one worker."""

    name: str
    help: str
    kind: str
    values: tuple[Value, ...]


class Told(Struct, frozen=True, array_like=True):
    """All metrics of one worker."""

    worker: str
    families: tuple[Family, ...]


encoded = msgspec.msgpack.Encoder().encode
decoded = msgspec.msgpack.Decoder(Told).decode


def told_by(registry: CollectorRegistry, worker: str) -> Told:
    """What a registry holds now."""
    return Told(
        worker,
        tuple(
            Family(m.name, m.documentation, m.type, tuple(Value(s.name, s.labels, s.value) for s in m.samples))
            for m in registry.collect()
        ),
    )
