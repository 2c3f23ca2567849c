"""What each part of a call costs the processor, measured inside one process: authentication, limits, routing, metering,
metrics with tracing, and a log line. The parts of a real gateway are used, opened on a folder of their own.

    python -m bench.costs
"""

import argparse
import asyncio
import io
import logging
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bench.report import Table
from speko.api.gateway import Gateway
from speko.cli.logs import JsonFormatter
from speko.providers.call import Call, Usage
from speko.routing.attempts import Attempt
from speko.routing.intent import PipelineConstraints, RoutingIntent
from speko.routing.metering import CallInfo, Meter
from speko.settings import ProviderSettings, Settings

_ROUNDS, _CALLS = 9, 2_000


def microseconds(work: Callable[[], object], calls: int = _CALLS) -> float:
    """Processor time of one call of `work`: the median of several rounds."""
    found = []
    for _ in range(_ROUNDS):
        began = time.thread_time()
        for _ in range(calls):
            work()
        found.append((time.thread_time() - began) / calls * 1e6)
    return statistics.median(found)


async def costs(data: Path, **settings: Any) -> dict[str, float]:
    """Microseconds per call, by part."""
    providers = {"openai": ProviderSettings(api_key="bench"), "groq": ProviderSettings(api_key="bench")}
    chosen: dict[str, Any] = {
        "data": data,
        "embedded": "never",
        "agent_processes": 0,
        "console": False,
        "providers": providers,
    }
    gateway = Gateway(Settings(**{**chosen, **settings}))
    await gateway.open()
    try:
        organization = await gateway.store.default_organization()
        _, key = await gateway.store.create_api_key(organization.id, "bench")
        found = _of_calls(gateway, organization.id, key)
        found["metering: attempt and usage, with metrics"] = await _metering(gateway, organization.id)
        return found
    finally:
        await gateway.close()


def _of_calls(gateway: Gateway, organization_id: str, key: str) -> dict[str, float]:
    directory = gateway.store.directory
    known = directory.authenticate(key)
    assert known is not None

    def authenticate() -> None:
        found = directory.authenticate(key)
        assert found is not None
        directory.touched(found.id)

    intent, anything = RoutingIntent(language="en"), PipelineConstraints().allow_list("llm")
    own_keys = gateway.own_keys(organization_id)
    numbers = iter(range(1 << 30))

    def route_anew() -> None:
        region = f"r{next(numbers)}"
        gateway.router.chain("llm", RoutingIntent(language="en", region=region), anything, own_keys)

    return {
        "authentication": microseconds(authenticate),
        "limits: request and spend": microseconds(
            lambda: (
                gateway.limits.request(organization_id, known.id),
                gateway.limits.spending(organization_id, known.id),
            )
        ),
        "routing, intent known": microseconds(lambda: gateway.router.chain("llm", intent, anything, own_keys)),
        "routing, intent new": microseconds(route_anew, calls=100),
        "a log line, JSON": microseconds(_log_line()),
    }


async def _metering(gateway: Gateway, organization_id: str) -> float:
    """Booking one served call, as a call does it; writing it down happens behind its back and is not in the figure."""
    chain = gateway.router.chain(
        "llm", RoutingIntent(language="en"), PipelineConstraints().allow_list("llm"), gateway.own_keys(organization_id)
    )
    candidate = chain.candidates[0]
    meter = Meter(CallInfo("complete", "req_bench", organization_id, api_key_id="key_bench"), gateway.ledger)
    call = Call(candidate.credential, usage=Usage(input_tokens=100, output_tokens=20))

    def book() -> None:
        now = time.monotonic()
        attempt = Attempt(candidate, 0, now - 0.1, 1.0, now, False)
        meter.attempt(attempt, call, "served", now=now, first_byte_at=now - 0.05)
        meter.served(candidate, call)

    found = []
    for _ in range(_ROUNDS):
        found.append(microseconds(book, calls=100))
        await gateway.store.ledger.flush()
    return statistics.median(found)


def _log_line() -> Callable[[], None]:
    logger = logging.getLogger("speko.bench")
    logger.propagate = False
    handler = logging.StreamHandler(io.StringIO())
    handler.setFormatter(JsonFormatter())
    logger.addHandler(handler)
    attributes = {"endpoint": "complete", "request_id": "req_1", "from": "openai/a", "to": "groq/b", "cause": "timeout"}
    return lambda: logger.warning("failover", extra=attributes)


def tables() -> list[Table]:
    """Everything off, as it is by default, and everything on."""
    made = Table("What the parts of a call cost", ("microseconds per call", "as it comes", "limits and traces on"))
    limits = {f"{who}_{what}": 1_000_000 for who in ("key", "organization") for what in _LIMITS}
    on: dict[str, Any] = {**limits, "otlp_endpoint": "http://127.0.0.1:9", "trace_ratio": 1.0, "hedge": "p95"}
    with tempfile.TemporaryDirectory(prefix="speko-bench-") as folder:
        plain = asyncio.run(costs(Path(folder, "a")))
        full = asyncio.run(costs(Path(folder, "b"), **on))
    made.rows = [(name, f"{cost:.1f}", f"{full[name]:.1f}") for name, cost in plain.items()]
    made.notes.append("A failover writes one log line; a call that goes well writes none.")
    print(made.text(), flush=True)
    return [made]


_LIMITS = ("requests_per_minute", "concurrent_sessions", "monthly_spend_usd")


def main() -> int:
    """Measures and prints."""
    argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter).parse_args()
    tables()
    return 0


if __name__ == "__main__":
    sys.exit(main())
