"""Two hundred rough sessions for some minutes: memory, tasks and sockets of the gateway must stay flat.

    python -m bench.soak_s2s [--minutes M] [--sessions N] [--seed S]

The upstream is the packaged simulator. Each session talks, commits, interrupts, sends nonsense, loses its socket and
attaches again, vanishes without a word, or ends well, at random from the seed; a new one takes its place. Samples of
the gateway are taken from its own /metrics. The exit code is 0 only when memory has stopped growing, nothing is left
when all have gone, and no session was answered with an error of the gateway's own.
"""

import argparse
import asyncio
import json
import os
import random
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.processes import LOAD_CORE, MEASURED_CORE, SPEKO, first_json, spawn

_FRAME = b"\x01\x00" * 2400
"""100 ms at 24 kHz."""
_SESSION = {"mode": "s2s", "s2s": {"provider": "openai", "model": "gpt-realtime"}}
_NONSENSE = ('{"t":"nonsense"}', "{", '{"t":"played","ms":-1e308}', '{"t":"tool_result","callId":"x","output":1}')
_GROWTH = 1.05
"""How much the memory may grow from the second to the last quarter of the run."""
_WATCHED = {
    "memory_mb": r"^process_resident_memory_bytes (\S+)",
    "sockets": r"^process_open_fds (\S+)",
    "tasks": r"^speko_tasks (\S+)",
    "live": r"^speko_sessions_live (\S+)",
}


@dataclass
class Tally:
    """What the sessions saw."""

    begun: int = 0
    answered: int = 0
    interrupted: int = 0
    attached_again: int = 0
    vanished: int = 0
    ended: int = 0
    failures: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Gateway:
    """Where it is and who asks."""

    url: str
    http: httpx.AsyncClient
    seed: random.Random
    tally: Tally


async def session(gateway: Gateway) -> None:
    """One session from its creation to whatever end its dice want."""
    tally, dice = gateway.tally, gateway.seed
    made = (await gateway.http.post("/v1/sessions", json=_SESSION)).raise_for_status().json()
    tally.begun += 1
    for _ in range(1 + dice.randrange(3)):
        socket = await connect(
            made["wsUrl"], subprotocols=[made["wsToken"]], compression=None, proxy=None, open_timeout=20
        )
        reader = asyncio.create_task(_read(socket, tally))
        try:
            await _talk(socket, dice)
        except ConnectionClosed:
            return  # the gateway says why in the frame before, which the reader has counted
        finally:
            fate = dice.random()
            if fate < 0.5:
                await socket.close()
            else:
                socket.transport.abort()
            with suppress(ConnectionClosed):
                await reader
        if fate < 0.5:
            tally.ended += 1
            return
        if fate < 0.7:
            tally.vanished += 1
            return
        tally.attached_again += 1


async def _talk(socket: ClientConnection, dice: random.Random) -> None:
    for _ in range(1 + dice.randrange(4)):
        for _ in range(5 + dice.randrange(30)):
            await socket.send(_FRAME)
            await asyncio.sleep(0.1)
        what = dice.random()
        if what < 0.6:
            await socket.send('{"t":"control","action":"commit"}')
            await asyncio.sleep(dice.random() * 3)
        elif what < 0.8:
            await socket.send('{"t":"interrupt"}')
        elif what < 0.9:
            await socket.send('{"t":"user_message","text":"hello there"}')
        else:
            await socket.send(dice.choice(_NONSENSE))


async def _read(socket: ClientConnection, tally: Tally) -> None:
    with suppress(ConnectionClosed):
        async for message in socket:
            if isinstance(message, bytes):
                continue
            frame = json.loads(message)
            if frame["t"] == "turn" and frame["stage"] == "response_done":
                tally.answered += 1
            elif frame["t"] == "interruption":
                tally.interrupted += 1
            elif frame["t"] == "error" and frame["code"] not in ("INVALID_FRAME", "UNKNOWN_TOOL_CALL"):
                tally.failures.append(f"{frame['code']}: {frame['message'][:120]}")


async def keep_going(gateway: Gateway, until: float) -> None:
    """Sessions one after the other."""
    await asyncio.sleep(gateway.seed.random() * 10)
    while time.monotonic() < until:
        try:
            await session(gateway)
        except (httpx.HTTPError, OSError, TimeoutError) as error:
            gateway.tally.failures.append(type(error).__name__)
            await asyncio.sleep(1)


async def sample(http: httpx.AsyncClient) -> dict[str, float]:
    """What the gateway says of itself."""
    text = (await http.get("/metrics")).raise_for_status().text
    found = {}
    for name, pattern in _WATCHED.items():
        match = re.search(pattern, text, re.MULTILINE)
        found[name] = float(match[1]) if match else float("nan")
    found["memory_mb"] /= 2**20
    return found


async def soak(url: str, key: str, args: argparse.Namespace) -> int:
    """Runs, prints, judges."""
    tally = Tally()
    limits = httpx.Limits(max_connections=50)
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=30, limits=limits, trust_env=False) as http:
        first = await sample(http)
        print(f"{'seconds':>8} {'live':>5} {'tasks':>6} {'sockets':>8} {'memory MB':>10}")
        began = time.monotonic()
        until = began + args.minutes * 60
        running = [
            asyncio.create_task(keep_going(Gateway(url, http, random.Random(args.seed * 1000 + n), tally), until))
            for n in range(args.sessions)
        ]
        samples = []
        while time.monotonic() < until:
            await asyncio.sleep(min(10.0, args.minutes * 6))
            samples.append(seen := await sample(http))
            print(
                f"{time.monotonic() - began:8.0f} {seen['live']:5.0f} {seen['tasks']:6.0f} {seen['sockets']:8.0f} "
                f"{seen['memory_mb']:10.1f}",
                flush=True,
            )
        await asyncio.gather(*running)
        for _ in range(60):  # those that vanished may come back for 15 s
            last = await sample(http)
            if last["live"] == 0:
                break
            await asyncio.sleep(0.5)
    return _judge(first, samples, last, tally)


def _judge(first: dict[str, float], samples: list[dict[str, float]], last: dict[str, float], tally: Tally) -> int:
    quarter = max(1, len(samples) // 4)
    early = statistics.median(s["memory_mb"] for s in samples[quarter : 2 * quarter] or samples[:1])
    late = statistics.median(s["memory_mb"] for s in samples[-quarter:])
    problems = []
    if late > early * _GROWTH:
        problems.append(f"memory grew from {early:.1f} to {late:.1f} MB")
    if last["live"]:
        problems.append(f"{last['live']:.0f} sessions are left")
    for name, slack in (("sockets", 60), ("tasks", 20)):  # kept HTTP connections of this load
        if last[name] > first[name] + slack:
            problems.append(f"{last[name]:.0f} {name} at the end, {first[name]:.0f} at the beginning")
    if not tally.answered or not tally.interrupted or not tally.attached_again:
        problems.append("the dice did not reach everything: run longer")
    problems += sorted(set(tally.failures))[:10]
    print(
        f"\n{tally.begun} sessions, {tally.answered} answers, {tally.interrupted} interruptions, "
        f"{tally.attached_again} attached again, {tally.vanished} vanished, {tally.ended} ended well"
    )
    print(
        f"memory {early:.1f} MB early, {late:.1f} MB late; "
        f"after the last: {last['live']:.0f} live, {last['tasks']:.0f} tasks, {last['sockets']:.0f} sockets"
    )
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


def main() -> int:
    """Starts the parties and the load."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--sessions", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="speko-soak-"))
    try:
        with ExitStack() as stack:
            simulate = [*SPEKO, "simulate", "openai", "--port", "0", "--no-engines", "--json"]
            simulator = first_json(spawn(stack, LOAD_CORE, simulate))
            data = str(folder / "data")
            made = subprocess.check_output([*SPEKO, "keys", "create", "--name", "soak", "--data", data, "--json"])
            env = {
                **os.environ,
                "OPENAI_API_KEY": "soak",
                "OPENAI_BASE_URL": simulator["base_url"],
                "SPEKO_EMBEDDED": "never",
                "SPEKO_AGENT_PROCESSES": "0",
            }
            serve = [*SPEKO, "serve", "--port", "0", "--data", data, "--log-level", "error", "--json"]
            url = first_json(spawn(stack, MEASURED_CORE, serve, env))["url"]
            return asyncio.run(soak(url, json.loads(made)["key"], args))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
