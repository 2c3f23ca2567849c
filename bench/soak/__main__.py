"""An hour of flapping: mixed traffic while the vendors die and recover at random, then a look into the books.

    python -m bench.soak [--minutes M] [--callers N] [--seed S]

Three simulated vendors serve speech, models, voices and conversations, and fall ill in every way they know. Every
request has to be answered or to fail honestly; memory, sockets and tasks have to stay flat; attempts have to be what
the vendors counted, usage what was served, and money what the price list says, to the micro-USD. The exit code is 0
only then.
"""

import argparse
import asyncio
import json
import logging
import os
import random
import re
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from bench.processes import SPEKO, first_json
from bench.soak.books import problems, read_rows
from bench.soak.chaos import Chaos
from bench.soak.talks import Talked
from bench.soak.traffic import Caller, Dishonest, Seen

_PATIENCE = {
    "SPEKO_FIRST_BYTE_TIMEOUT": "1.5",
    "SPEKO_GAP_TIMEOUT": "1.5",
    "SPEKO_CONNECT_TIMEOUT": "1",
    "SPEKO_ANSWER_BUDGET": "8",
    "SPEKO_TOTAL_TIMEOUT": "20",
    "SPEKO_BREAKER_OPEN_SECONDS": "2",
    "SPEKO_DRAIN_SECONDS": "20",
}
_GROWTH = 1.06
"""How much the memory may grow from the second to the last quarter of the run."""
_WATCHED = {
    "memory_mb": r"^process_resident_memory_bytes (\S+)",
    "sockets": r"^process_open_fds (\S+)",
    "tasks": r"^speko_tasks (\S+)",
    "live": r"^speko_sessions_live (\S+)",
    "in_flight": r"^speko_calls_in_flight (\S+)",
}
Sample = dict[str, float]


@dataclass
class Run:
    """What was seen so far."""

    seen: list[Seen] = field(default_factory=list)
    wrong: Counter[str] = field(default_factory=Counter)
    talks: list[Talked] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)


async def keep_calling(caller: Caller, run: Run, dice: random.Random, until: float) -> None:
    """Calls one after the other, with a breath between."""
    while time.monotonic() < until:
        try:
            run.seen.append(await caller.call())
        except Dishonest as error:
            run.wrong[str(error)] += 1
        await asyncio.sleep(dice.expovariate(1.5))


async def keep_talking(caller: Caller, run: Run, until: float) -> None:
    """Conversations one after the other."""
    while time.monotonic() < until:
        try:
            if talked := await caller.converse():
                run.talks.append(talked)
        except Dishonest as error:
            run.wrong[str(error)] += 1


async def sample(http: httpx.AsyncClient) -> Sample:
    """What the gateway says of itself."""
    text = (await http.get("/metrics")).raise_for_status().text
    found = {name: re.search(pattern, text, re.MULTILINE) for name, pattern in _WATCHED.items()}
    values = {name: float(match[1]) if match else float("nan") for name, match in found.items()}
    values["memory_mb"] /= 2**20
    return values


async def watch(http: httpx.AsyncClient, run: Run, minutes: float) -> None:
    """A line every ten seconds."""
    began = time.monotonic()
    print(f"{'seconds':>8}{'calls':>8}{'sessions':>10}{'in flight':>11}{'tasks':>7}{'sockets':>9}{'memory MB':>11}")
    while (passed := time.monotonic() - began) < minutes * 60:
        seen = await sample(http)
        run.samples.append(seen)
        print(
            f"{passed:8.0f}{len(run.seen):8}{len(run.talks):10}{seen['in_flight']:11.0f}{seen['tasks']:7.0f}"
            f"{seen['sockets']:9.0f}{seen['memory_mb']:11.1f}",
            flush=True,
        )
        await asyncio.sleep(10)


async def soak(args: argparse.Namespace, data: Path, stack: ExitStack) -> int:
    """Runs everything and judges."""
    dice = random.Random(args.seed)
    chaos, run = Chaos(dice), Run()
    await chaos.start()
    process, url, key = start_gateway(chaos, data)
    stack.callback(process.kill)
    headers = {"authorization": f"Bearer {key}"}
    limits = httpx.Limits(max_connections=None, max_keepalive_connections=20)
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, limits=limits, trust_env=False) as http:
        first = await sample(http)
        until = time.monotonic() + args.minutes * 60
        chaos.unleash()
        tasks = [asyncio.create_task(watch(http, run, args.minutes))]
        for number in range(args.callers):
            own = random.Random(dice.random())
            tasks.append(asyncio.create_task(keep_calling(Caller(number, http, own), run, own, until)))
        for number in range(args.callers // 6 + 1):
            own = random.Random(dice.random())
            tasks.append(asyncio.create_task(keep_talking(Caller(1000 + number, http, own), run, until)))
        await asyncio.gather(*tasks)
        await chaos.calm()
        last = await at_rest(http)
    process.send_signal(signal.SIGTERM)
    if await asyncio.to_thread(process.wait, 60) != 0:
        run.wrong["the gateway did not end well"] += 1
    heard, told = chaos.heard(), chaos.responses()
    await chaos.stop()
    attempts, usage = read_rows(data)
    hedged = os.environ.get("SPEKO_HEDGE", "off") != "off"  # the gateway has inherited it
    run.wrong.update(problems(attempts, usage, run.seen, heard, talks=run.talks, told=told, hedged=hedged))
    run.wrong.update(flatness(first, run.samples, last))
    report(run, chaos, len(attempts), sum(row["cost_micro_usd"] for row in usage), last)
    return 1 if run.wrong else 0


def start_gateway(chaos: Chaos, data: Path) -> tuple[subprocess.Popen[str], str, str]:
    """A gateway in a process of its own, its address and a key."""
    made = subprocess.check_output([*SPEKO, "keys", "create", "--name", "soak", "--data", str(data), "--json"])
    own = {"SPEKO_EMBEDDED": "never", "SPEKO_AGENT_PROCESSES": "0", "SPEKO_LOG_LEVEL": "error", **_PATIENCE}
    for vendor, simulator in chaos.vendors.items():
        own |= {f"{vendor.upper()}_API_KEY": f"soak-{vendor}", f"{vendor.upper()}_BASE_URL": simulator.base_url}
    serve = [*SPEKO, "serve", "--port", "0", "--data", str(data), "--json"]
    process = subprocess.Popen(serve, stdout=subprocess.PIPE, text=True, env={**os.environ, **own})
    return process, first_json(process)["url"], json.loads(made)["key"]


async def at_rest(http: httpx.AsyncClient) -> Sample:
    """What is left when everybody has gone; clients that vanished may come back for 15 s."""
    async with asyncio.timeout(60):
        while True:
            seen = await sample(http)
            if seen["live"] == 0 and seen["in_flight"] == 0:
                return seen
            await asyncio.sleep(0.5)


def flatness(first: Sample, samples: list[Sample], last: Sample) -> list[str]:
    """What has grown. Runs under four minutes are still warming up, and their memory is only shown."""
    found = []
    early, late = _memory(samples)
    if len(samples) >= 24 and late > early * _GROWTH:
        found.append(f"memory grew from {early:.1f} to {late:.1f} MB")
    for name, slack in (("sockets", 80), ("tasks", 20)):  # kept connections to callers and vendors
        if last[name] > first[name] + slack:
            found.append(f"{last[name]:.0f} {name} at the end, {first[name]:.0f} at the beginning")
    return found


def _memory(samples: list[Sample]) -> tuple[float, float]:
    quarter = max(1, len(samples) // 4)
    early = statistics.median(s["memory_mb"] for s in samples[quarter : 2 * quarter] or samples[:1])
    return early, statistics.median(s["memory_mb"] for s in samples[-quarter:])


def report(run: Run, chaos: Chaos, attempts: int, cost: int, last: Sample) -> None:
    """What happened, and what was wrong with it."""
    outcomes = Counter(seen.outcome for seen in run.seen)
    failovers = sum(seen.failovers or 0 for seen in run.seen)
    early, late = _memory(run.samples)
    print(f"\n{len(run.seen)} calls: " + ", ".join(f"{count} {name}" for name, count in outcomes.most_common()))
    print(f"{len(run.talks)} conversations, {attempts} attempts, {failovers} failovers that callers never noticed")
    print("faults: " + ", ".join(f"{count} {name}" for name, count in sorted(chaos.done.items())))
    print(f"charged: {cost} micro-USD; memory {early:.1f} MB early, {late:.1f} MB late", end="; ")
    print(f"at the end {last['tasks']:.0f} tasks, {last['sockets']:.0f} sockets")
    for text, count in run.wrong.most_common(30):
        print(f"PROBLEM ({count}): {text}")


def main() -> int:
    """Reads the arguments and cleans up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--callers", type=int, default=24)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    # The vendors' own server complains of each connection that they are made to break.
    logging.getLogger("aiohttp").setLevel(logging.CRITICAL)
    folder = Path(tempfile.mkdtemp(prefix="speko-soak-"))
    try:
        with ExitStack() as stack:
            return asyncio.run(soak(args, folder, stack))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
