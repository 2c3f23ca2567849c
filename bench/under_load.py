"""What one number of callers at a time does not show: paced streams, failover, and memory.

python -m bench.under_load
"""

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from bench.clients import OneCaller
from bench.parties import DIRECT, GATEWAY, NGINX, Ask, Party, gateways, own_asks, parties, set_script
from bench.processes import free_port
from bench.report import Table, aim

STREAMS, EVENTS, PACE = 64, 100, 0.02
AIM_FAILOVER_MS = 5.0
REQUESTS = 10_000


async def _stream(port: int, request: bytes) -> list[float]:
    """Arrival of each event, in seconds of one clock."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    arrived: list[float] = []
    ended = b""
    while not ended.endswith(b"0\r\n\r\n"):
        piece = await reader.read(1 << 16)
        if not piece:
            raise SystemExit("a stream was cut")
        arrived += [time.perf_counter()] * piece.count(b"word")
        ended = (ended + piece)[-8:]
    writer.close()
    # The last event of ours repeats the whole text.
    return arrived[:EVENTS]


async def _lateness(party: Party) -> list[float]:
    """By how many ms each event came later than the pace says, counted from the first of its stream."""
    request = party.asks["complete"].on_the_wire(party.port)
    streams = await asyncio.gather(*(_stream(party.port, request) for _ in range(STREAMS)))
    late = []
    for arrived in streams:
        late += [(at - arrived[0] - number * PACE) * 1e3 for number, at in enumerate(arrived)]
    return sorted(late)


def paced(found: list[Party], rounds: int = 3) -> Table:
    """Streams at the pace of speech: nothing may gather."""
    made = Table(f"{STREAMS} paced streams, an event each {PACE * 1e3:.0f} ms", ("", "median lateness", "p99", "CPU"))
    set_script(found[0], chunks=EVENTS, pace=PACE)
    asked = [party for party in found if party.name in (DIRECT, NGINX, GATEWAY)]
    seen: dict[str, list[tuple[float, float, float]]] = {}
    for _ in range(rounds):
        for party in asked:
            before, began = party.cpu_seconds(), time.perf_counter()
            late = asyncio.run(_lateness(party))
            core = (party.cpu_seconds() - before) / (time.perf_counter() - began)
            seen.setdefault(party.name, []).append((statistics.median(late), late[len(late) * 99 // 100], core))
    for name, each in seen.items():
        p50, p99, core = (statistics.median(values) for values in zip(*each, strict=True))
        made.rows.append((name, f"{p50:.2f} ms", f"{p99:.2f} ms", "" if name == DIRECT else f"{core:.0%} of a core"))
    set_script(found[0], chunks=4)
    return made


def failover(simulator: Party, rounds: int = 7, requests: int = 60) -> Table:
    """A vendor whose port is closed, then one that answers; beside the one that answers alone."""
    with ExitStack() as stack:
        data = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="speko-bench-")))
        vendors = {"OPENAI": f"http://127.0.0.1:{free_port()}/v1", "GROQ": f"http://127.0.0.1:{simulator.port}/v1"}
        # A breaker would soon save the callers from what is measured here.
        gateway = gateways(stack, data, vendors, SPEKO_BREAKER_FAILURES="1000000000")[0]
        both = _pinned(gateway, "openai:gpt-4o", "groq:openai/gpt-oss-20b")
        alone = _pinned(gateway, "groq:openai/gpt-oss-20b")
        differences, own = [], []
        for _ in range(rounds):
            times = {}
            for name, party in (("both", both), ("alone", alone)):
                with OneCaller(party, "complete") as caller:
                    times[name] = statistics.median(caller.ask()[0] for _ in range(requests))
            own.append(times["alone"])
            differences.append(times["both"] - times["alone"])
    added = statistics.median(differences)
    made = Table("Failover when a connection is refused", ("", "first event"))
    made.rows = [("the runner-up alone", f"{statistics.median(own):.2f} ms"), ("after a refusal", f"+{added:.2f} ms")]
    made.notes.append(aim("Added by the refusal, ms", added, most=AIM_FAILOVER_MS))
    return made


def _pinned(gateway: Party, *allowed: str) -> Party:
    ask = gateway.asks["complete"]
    key = ask.headers["authorization"].removeprefix("Bearer ")
    body = own_asks(key)["complete"].body.replace(b'["openai:gpt-4o"]', str(list(allowed)).replace("'", '"').encode())
    return Party(gateway.name, gateway.port, gateway.pid, {"complete": Ask(ask.path, ask.headers, body)})


async def _many(party: Party, requests: int, callers: int = 16) -> None:
    request = party.asks["complete"].on_the_wire(party.port)

    async def caller() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", party.port)
        for _ in range(requests // callers):
            writer.write(request)
            await reader.readuntil(b"\r\n0\r\n\r\n")
        writer.close()

    await asyncio.gather(*(caller() for _ in range(callers)))


def memory(gateway: Party) -> Table:
    """What stays of ten thousand calls."""
    made = Table(f"Memory after {REQUESTS:,} calls", ("calls", "resident"))
    done = 0
    for calls in (0, 1_000, REQUESTS // 2, REQUESTS):
        asyncio.run(_many(gateway, calls - done))
        done = calls
        made.rows.append((f"{calls:,}", f"{_resident_mb(gateway.pid):.1f} MB"))
    return made


def _resident_mb(pid: int) -> float:
    line = next(x for x in Path(f"/proc/{pid}/status").read_text().splitlines() if x.startswith("VmRSS"))
    return int(line.split()[1]) / 1024


def tables() -> list[Table]:
    """All three."""
    with parties(with_litellm=False) as found:
        gateway = next(party for party in found if party.name == GATEWAY)
        made = [paced(found), failover(found[0]), memory(gateway)]
    for each in made:
        print(each.text(), flush=True)
    return made


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.parse_args()
    tables()
    return 0


if __name__ == "__main__":
    sys.exit(main())
