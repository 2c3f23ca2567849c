"""The S2S socket: how many live sessions one core holds, what a frame's way costs, and what an idle session weighs,
beside nginx as a pass-through in the same run.

    python -m bench.s2s [--seconds S] [--quick]

The gateway (or nginx) has core 0; the clients and a stub that speaks OpenAI Realtime share one process on core 1
(bench/s2s_load.c), so that both ends of a frame's way have one clock. A session counts as held when the frames of all
sessions arrive and the p99 of their ways stays below 20 ms (medians over half seconds).
"""

import argparse
import asyncio
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx
from websockets.asyncio.client import connect

from bench.clients import missing_programs
from bench.processes import LOAD_CORE, MEASURED_CORE, SPEKO, cpu_of, first_json, free_port, spawn
from bench.report import Table, aim

LIMIT_MS = 20.0
AIM_SESSIONS, AIM_SHARE = 700, 0.6
AIM_ADDED_MS, AIM_ADDED_P99_MS = 0.1, 0.5
AIM_READY_MS, AIM_IDLE_KB = 5.0, 100.0
_SESSION = {"mode": "s2s", "s2s": {"provider": "openai", "model": "gpt-realtime"}}
_NGINX = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 65536;
pid {folder}/nginx.pid;
error_log {folder}/error.log;
events {{ worker_connections 16384; }}
http {{
    access_log off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen 127.0.0.1:{port};
        location / {{
            proxy_pass http://127.0.0.1:{upstream};
            proxy_http_version 1.1;
            proxy_set_header Upgrade $http_upgrade;
            proxy_set_header Connection "upgrade";
            proxy_read_timeout 300s;
        }}
    }}
}}
"""


@dataclass(frozen=True)
class Party:
    """Who is between the clients and the stub."""

    name: str
    port: int
    mode: str
    pid: int
    """0 = nobody."""
    key: str = ""

    def targets(self, sessions: int) -> str:
        """A line per session, as the load wants it."""
        if not self.key:
            return f"127.0.0.1 {self.port} /v1/realtime?model=x -\n" * sessions
        minted = asyncio.run(_mint(f"http://127.0.0.1:{self.port}", self.key, sessions))
        return "".join(
            f"127.0.0.1 {self.port} /v1/realtime/{entry['sessionId']}/ws {entry['wsToken']}\n" for entry in minted
        )


@dataclass(frozen=True)
class Run:
    """What one load saw. Times in ms."""

    sessions: int
    p50: float
    p99: float
    lost: int
    core: float
    """Share of its core that the party used."""

    @property
    def holds(self) -> bool:
        """Whether the party keeps up with so many."""
        return self.lost == 0 and 0 <= self.p99 < LIMIT_MS


async def _mint(url: str, key: str, count: int) -> list[dict[str, str]]:
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as client:
        answers = [await client.post("/v1/sessions", json=_SESSION) for _ in range(count)]
    return [answer.raise_for_status().json() for answer in answers]


class Load:
    """The load generator, compiled, and the port of its stub."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._program = folder / "s2s_load"
        self._targets = folder / "targets"
        source = Path(__file__).with_name("s2s_load.c")
        subprocess.run(["gcc", "-O2", "-o", str(self._program), str(source)], check=True)

    def run(self, party: Party, sessions: int, seconds: float, warm: float = 2.0) -> Run:
        """Lets so many sessions talk."""
        with self._opened(party, sessions, ["--seconds", str(seconds), "--warm", str(warm)]) as process:
            time.sleep(warm)
            before, began = cpu_of(party.pid), time.monotonic()
            time.sleep(max(0.1, seconds - 0.5))
            core = (cpu_of(party.pid) - before) / (time.monotonic() - began)
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
        lost = told["sent_up"] - told["got_up"] + told["sent_down"] - told["got_down"] + told["closed"]
        p50 = statistics.mean([told["up_p50"], told["down_p50"]]) / 1e3
        return Run(sessions, p50, max(told["up_p99"], told["down_p99"]) / 1e3, lost, core)

    def idle_kilobytes(self, party: Party, sessions: int) -> float:
        """Memory that one idle session takes of the party."""
        with self._opened(party, 50, ["--hold", "1"]):
            pass  # so that what is made once is there
        before = _resident(party.pid)
        with self._opened(party, sessions, ["--hold", "4"]):
            time.sleep(2)
            return (_resident(party.pid) - before) / sessions

    @contextmanager
    def _opened(self, party: Party, sessions: int, options: list[str]) -> Iterator[subprocess.Popen[str]]:
        self._targets.write_text(party.targets(sessions))
        command = [str(self._program), "--listen", str(self.port), "--targets", str(self._targets)]
        process = subprocess.Popen(
            ["taskset", "-c", LOAD_CORE, *command, "--mode", party.mode, *options], stdout=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        try:
            if process.stdout.readline() != "open\n":
                raise SystemExit(f"{party.name}: {sessions} sessions could not be opened")
            yield process
        finally:
            process.wait()
        time.sleep(0.5)  # so that both ends have heard of it


def capacity(load: Load, party: Party, seconds: float, most: int) -> Run:
    """The largest load that the party holds, to 25 sessions."""
    best, low, high = Run(0, 0, 0, 0, 0), 0, most
    probe = min(400, most)
    while high - low > 25:
        run = load.run(party, probe, seconds)
        print(
            f"  {party.name:<22} {probe:5} sessions: p50 {run.p50:7.3f} ms, p99 {run.p99:8.3f} ms, "
            f"lost {run.lost}, core {run.core:4.0%}",
            flush=True,
        )
        if run.holds:
            best, low = run, probe
        else:
            high = probe
        probe = min(most, low * 2) if high == most and low * 2 < most else (low + high) // 2
    return best


async def ready_ms(party: Party, times: int) -> list[float]:
    """From asking for a session to `ready`, one after the other, over a kept HTTP connection and a new socket."""
    found = []
    headers = {"authorization": f"Bearer {party.key}"}
    url = f"http://127.0.0.1:{party.port}"
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False) as client:
        for _ in range(times):
            began = time.perf_counter()
            made = (await client.post("/v1/sessions", json=_SESSION)).raise_for_status().json()
            async with connect(made["wsUrl"], subprotocols=[made["wsToken"]], compression=None, proxy=None) as ws:
                frame = json.loads(await ws.recv())
                found.append((time.perf_counter() - began) * 1e3)
                if frame["t"] != "ready":
                    raise SystemExit(f"no ready: {frame}")
    return found


@contextmanager
def parties(load: Load, folder: Path) -> Iterator[tuple[Party, Party, Party]]:
    """Nobody, nginx, and the gateway."""
    with ExitStack() as stack:
        port = free_port()
        config = folder / "nginx.conf"
        config.write_text(_NGINX.format(folder=folder, port=port, upstream=load.port))
        nginx = spawn(stack, MEASURED_CORE, ["nginx", "-c", str(config), "-e", str(folder / "error.log")])
        data = str(folder / "data")
        made = subprocess.check_output([*SPEKO, "keys", "create", "--name", "bench", "--data", data, "--json"])
        env = {
            **os.environ,
            "OPENAI_API_KEY": "bench",
            "OPENAI_BASE_URL": f"http://127.0.0.1:{load.port}/v1",
            "SPEKO_EMBEDDED": "never",
            "SPEKO_AGENT_PROCESSES": "0",
        }
        serve = [*SPEKO, "serve", "--port", "0", "--data", data, "--log-level", "error", "--json"]
        gateway = spawn(stack, MEASURED_CORE, serve, env)
        gateway_port = int(first_json(gateway)["url"].rsplit(":", 1)[1])
        yield (
            Party("nobody between", load.port, "json", 0),
            Party("nginx, pass-through", port, "json", nginx.pid),
            Party("gateway", gateway_port, "pcm", gateway.pid, json.loads(made)["key"]),
        )


class Stub:
    """The stub alone, as an instant engine, while clients of our own connect."""

    def __init__(self, load: Load) -> None:
        self._load = load

    @contextmanager
    def running(self, folder: Path) -> Iterator[None]:
        """Answers until the context ends."""
        empty = folder / "nobody"
        empty.write_text("")
        program = [str(folder / "s2s_load"), "--listen", str(self._load.port), "--targets", str(empty), "--hold", "600"]
        process = subprocess.Popen(["taskset", "-c", LOAD_CORE, *program], stdout=subprocess.DEVNULL)
        try:
            time.sleep(0.2)
            yield
        finally:
            process.kill()
            process.wait()


def tables(seconds: float, *, quick: bool = False) -> list[Table]:
    """Opening, the way of a frame, and how many sessions one core holds."""
    folder = Path(tempfile.mkdtemp(prefix="speko-bench-"))
    try:
        load = Load(folder)
        with parties(load, folder) as (nobody, nginx, gateway):
            made = [opening(load, folder, gateway), way(load, (nobody, nginx, gateway), seconds)]
            if not quick:
                made.append(held(load, nginx, gateway, seconds))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    for each in made:
        print(each.text(), flush=True)
    return made


def opening(load: Load, folder: Path, gateway: Party) -> Table:
    """What a session costs before anybody speaks."""
    with Stub(load).running(folder):
        median = statistics.median(asyncio.run(ready_ms(gateway, 60))[10:])
    weight = load.idle_kilobytes(gateway, 400)
    made = Table("Speech to speech: opening a session", ("", "median"))
    made.rows = [
        ("create to ready, instant engine", f"{median:.2f} ms"),
        ("memory of an idle session", f"{weight:.0f} KB"),
    ]
    made.notes.append(aim("Create to ready, ms", median, most=AIM_READY_MS))
    made.notes.append(aim("Memory of an idle session, KB", weight, most=AIM_IDLE_KB))
    return made


def way(load: Load, between: tuple[Party, ...], seconds: float) -> Table:
    """How long a frame is under way, and what is added to the way with nobody between."""
    made = Table(
        "Speech to speech: a frame's way at 200 sessions", ("", "p50", "p99", "added p50", "added p99", "lost", "core")
    )
    rounds = [[load.run(party, 200, seconds) for party in between] for _ in range(3)]
    added = (0.0, 0.0)
    for place, party in enumerate(between):
        runs = [each[place] for each in rounds]
        p50 = statistics.median(each[place].p50 - each[0].p50 for each in rounds)
        p99 = statistics.median(each[place].p99 - each[0].p99 for each in rounds)
        added = (p50, p99)  # the gateway's are the last
        made.rows.append(
            (
                party.name,
                f"{statistics.median(r.p50 for r in runs):.3f} ms",
                f"{statistics.median(r.p99 for r in runs):.3f} ms",
                f"{p50:+.3f} ms",
                f"{p99:+.3f} ms",
                str(sum(r.lost for r in runs)),
                f"{statistics.median(r.core for r in runs):.0%}",
            )
        )
    made.notes.append(aim("Added by the gateway, median ms", added[0], most=AIM_ADDED_MS))
    made.notes.append(aim("Added by the gateway, p99 ms", added[1], most=AIM_ADDED_P99_MS))
    return made


def held(load: Load, nginx: Party, gateway: Party, seconds: float) -> Table:
    """Searches for the largest load of both."""
    most = {party.name: capacity(load, party, seconds, 1600).sessions for party in (nginx, gateway)}
    made = Table(f"Speech to speech: live sessions on one core, p99 below {LIMIT_MS:.0f} ms", ("", "sessions"))
    made.rows = [(name, str(sessions)) for name, sessions in most.items()]
    share = most[gateway.name] / most[nginx.name] if most[nginx.name] else float("nan")
    made.notes.append(aim("Sessions", most[gateway.name], least=AIM_SESSIONS))
    made.notes.append(aim("Of nginx", share, least=AIM_SHARE) + " Either of the two aims would do.")
    return made


def main() -> int:
    """Measures and prints."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0, help="seconds of load per probe")
    parser.add_argument("--quick", action="store_true", help="no search for the capacity")
    args = parser.parse_args()
    if missing := missing_programs("nginx", "gcc", "taskset"):
        print(missing, file=sys.stderr)
        return 3
    tables(args.seconds, quick=args.quick)
    return 0


def _resident(pid: int) -> float:
    """KB."""
    fields = Path(f"/proc/{pid}/statm").read_text().split()
    return int(fields[1]) * os.sysconf("SC_PAGE_SIZE") / 1024


if __name__ == "__main__":
    raise SystemExit(main())
