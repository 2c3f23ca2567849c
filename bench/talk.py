"""Spoken turns with the gateway's own agent on the embedded engines: how long until it answers, how fast it falls
silent, how often it is wrong about that, and how many such conversations a core carries.

    python -m bench.talk [--turns N] [--sessions K …]

Speech is flite's, sent in real time as a microphone would, silence included. The time to the answer counts from the
last voiced sample that was sent to the first audio that arrived; its stages are the gateway's own `turn` frames.
"""

import argparse
import asyncio
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any, Self

import httpx
import numpy as np
from numpy.typing import NDArray
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from bench.processes import SPEKO, cpu_seconds, first_json, spawn
from speko.audio.resample import Resampler

RATE = 24000
FRAME = RATE // 50
QUESTIONS = (
    "What is twelve times twelve?",
    "What day comes after Monday?",
    "What is seven plus eight?",
    "What is ten minus four?",
    "What is three times five?",
    "What is nine plus nine?",
)
LONG = (
    "This is a long announcement that is meant to be interrupted. It goes on and on about nothing in particular, so "
    "that there is enough time to speak over it. The weather is fine, the road is long, and the river is wide. There "
    "are many stones along the river, and many birds above it, and nobody counts them. It is still not over, and it "
    "will take a while until it is."
)
STAGES = ("speech_ended", "stt_final", "llm_first_token", "tts_first_byte", "first_audio")
NAMES = ("endpointing", "STT final", "LLM first token", "TTS first byte", "to the socket")
AIM_REPLY_MS, AIM_SILENCE_MS = 400, 300
Samples = NDArray[np.int16]


@dataclass
class Talker:
    """A client that sends a frame every 20 ms, of what it has to say or of silence."""

    socket: ClientConnection
    frames: list[tuple[float, dict[str, Any]]] = field(default_factory=list)
    audio_at: list[float] = field(default_factory=list)
    _saying: Samples = field(default_factory=lambda: np.zeros(0, np.int16))
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _said: asyncio.Event = field(default_factory=asyncio.Event)

    @classmethod
    async def join(cls, gateway: httpx.AsyncClient, **extra: object) -> Self:
        """A new session with the agent."""
        body = {"mode": "s2s", "s2s": {"provider": "speko", "model": "cascade"}, "intent": {"language": "en"}, **extra}
        made = (await gateway.post("/v1/sessions", json=body)).raise_for_status().json()
        socket = await connect(made["wsUrl"], subprotocols=[made["wsToken"]], compression=None, proxy=None)
        talker = cls(socket)
        talker._tasks = [asyncio.create_task(talker._read()), asyncio.create_task(talker._send())]
        await talker.until(lambda: talker.count("ready") > 0)
        return talker

    _tasks: list[asyncio.Task[None]] = field(default_factory=list)

    async def leave(self) -> None:
        """Ends the session."""
        await self.socket.close()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    async def say(self, speech: Samples) -> None:
        """Says it, in real time; returns when its last sample was sent."""
        self._said.clear()
        self._saying = speech
        await self._said.wait()

    async def until(self, condition: Any, seconds: float = 15.0) -> bool:
        """Waits for something that a frame brings; whether it came."""
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not condition():
                    self._changed.clear()
                    await self._changed.wait()
                return True
        return False

    def count(self, kind: str, **members: object) -> int:
        """How many such frames came."""
        return sum(f["t"] == kind and all(f.get(k) == v for k, v in members.items()) for _, f in self.frames)

    async def _send(self) -> None:
        silence = np.zeros(FRAME, np.int16)
        due = time.monotonic()
        with suppress(ConnectionClosed):
            while True:
                part, self._saying = self._saying[:FRAME], self._saying[FRAME:]
                frame = silence if not len(part) else np.pad(part, (0, FRAME - len(part)))
                await self.socket.send(frame.tobytes())
                if len(part) and not len(self._saying):
                    self._said.set()
                due += 0.02
                await asyncio.sleep(max(0.0, due - time.monotonic()))

    async def _read(self) -> None:
        with suppress(ConnectionClosed):
            async for message in self.socket:
                now = time.monotonic()
                if isinstance(message, bytes):
                    self.audio_at.append(now)
                else:
                    self.frames.append((now, json.loads(message)))
                self._changed.set()


@dataclass
class Turns:
    """What was measured of several turns; ms."""

    reply: list[float] = field(default_factory=list)
    stages: dict[str, list[float]] = field(default_factory=lambda: {stage: [] for stage in STAGES})
    unanswered: int = 0


async def ask(talker: Talker, speech: Samples, turns: Turns) -> None:
    """One question, until its answer is over."""
    frames, audio = len(talker.frames), len(talker.audio_at)
    done = talker.count("turn", stage="response_done")
    await talker.say(speech)
    spoken = time.monotonic()
    if not await talker.until(lambda: len(talker.audio_at) > audio):
        turns.unanswered += 1
        return
    turns.reply.append((talker.audio_at[audio] - spoken) * 1e3)
    await talker.until(lambda: talker.count("turn", stage="response_done") > done)
    seen: dict[str, float] = {}
    for _, frame in talker.frames[frames:]:
        if frame["t"] == "turn":
            seen.setdefault(frame["stage"], frame["ms"])
    for stage in STAGES:
        if stage in seen:
            turns.stages[stage].append(seen[stage])


async def converse(gateway: httpx.AsyncClient, questions: list[Samples], count: int) -> Turns:
    """One session of some turns."""
    turns = Turns()
    talker = await Talker.join(gateway)
    for number in range(count):
        await ask(talker, questions[number % len(questions)], turns)
        await asyncio.sleep(0.3)
    await talker.leave()
    return turns


async def speak_over(gateway: httpx.AsyncClient, sound: Samples, wait: float = 4.0) -> tuple[float | None, bool]:
    """Makes a sound while the agent speaks: ms from its first sample to the agent's silence (None = it went on), and
    whether the agent went on with what it was saying later."""
    talker = await Talker.join(gateway, firstMessage=LONG)
    await talker.until(lambda: len(talker.audio_at) > 0)
    await asyncio.sleep(1.0)
    began = time.monotonic()
    await talker.say(sound)
    await talker.until(lambda: talker.count("interruption") > 0, max(0.5, wait - (time.monotonic() - began)))
    stopped = next((at for at, frame in talker.frames if frame["t"] == "interruption"), None)
    resumed = False
    if stopped is not None:
        resumed = await talker.until(lambda: talker.audio_at[-1] > stopped + 0.05, 5.0)
    await talker.leave()
    return (None if stopped is None else (stopped - began) * 1e3), resumed


async def synthesize(gateway: httpx.AsyncClient, text: str) -> Samples:
    """Speech of the embedded voice, without silence at its ends."""
    body = {"text": text, "intent": {"language": "en"}}
    answer = (await gateway.post("/v1/synthesize", json=body)).raise_for_status()
    rate = (
        int(answer.headers["content-type"].rsplit("rate=", 1)[1]) if "rate=" in answer.headers["content-type"] else RATE
    )
    resampler = Resampler(rate, RATE)
    samples = np.frombuffer(resampler.push(answer.content) + resampler.flush(), "<i2")
    loud = np.flatnonzero(np.abs(samples.astype(np.int32)) > 300)
    return samples[loud[0] : loud[-1] + 1]


def noises() -> dict[str, Samples]:
    """Sounds that are no speech."""
    dice = np.random.default_rng(1)

    def burst(ms: int, level: float) -> NDArray[np.float64]:
        n = RATE * ms // 1000
        return dice.standard_normal(n) * level * np.hanning(n)

    typing = np.concatenate([np.concatenate([burst(8, 0.2), np.zeros(RATE // 8)]) for _ in range(12)])
    cough = np.concatenate([burst(120, 0.35), np.zeros(RATE // 20), burst(180, 0.25)])
    t = np.arange(RATE * 2) / RATE
    hum = 0.05 * np.sin(2 * np.pi * 100 * t) + 0.01 * dice.standard_normal(len(t))
    door = burst(250, 0.5) * np.sin(2 * np.pi * 60 * np.arange(RATE // 4) / RATE)
    return {
        name: np.clip(sound * 32767, -32768, 32767).astype(np.int16)
        for name, sound in {"typing": typing, "cough": cough, "hum": hum, "door": door}.items()
    }


async def measure(url: str, key: str, pid: int, args: argparse.Namespace) -> None:
    """All parts, one after the other."""
    headers = {"authorization": f"Bearer {key}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, timeout=60, trust_env=False) as gateway:
        questions = [await synthesize(gateway, question) for question in QUESTIONS]
        await _report_turns(gateway, questions, args.turns)
        await _report_barge_in(gateway, questions[0])
        await _report_load(gateway, questions, args.sessions, pid)


async def _report_turns(gateway: httpx.AsyncClient, questions: list[Samples], count: int) -> None:
    turns = await converse(gateway, questions, count)
    print(f"end of speech to the first audio of the answer, {len(turns.reply)} turns, {turns.unanswered} unanswered:")
    print(
        f"  median {statistics.median(turns.reply):.0f} ms, from {min(turns.reply):.0f} to {max(turns.reply):.0f} "
        f"(aim {AIM_REPLY_MS})"
    )
    medians = [0.0] + [
        statistics.median(turns.stages[stage]) if turns.stages[stage] else float("nan") for stage in STAGES
    ]
    for name, (before, after) in zip(NAMES, pairwise(medians), strict=True):
        print(f"    {name:<16} {after - before:6.0f} ms, at {after:5.0f}")
    print(f"    {'to the client':<16} {statistics.median(turns.reply) - medians[-1]:6.0f} ms\n")


async def _report_barge_in(gateway: httpx.AsyncClient, speech: Samples) -> None:
    found = [await speak_over(gateway, speech) for _ in range(8)]
    silent = [ms for ms, _ in found if ms is not None]
    print(f"user's first sound to the agent's silence, {len(silent)} of {len(found)} times:")
    print(f"  median {statistics.median(silent):.0f} ms, at most {max(silent):.0f} (aim {AIM_SILENCE_MS})\n")
    print("sounds that are no speech, while the agent speaks (4 times each):")
    for name, sound in noises().items():
        results = [await speak_over(gateway, sound) for _ in range(4)]
        stops = sum(ms is not None for ms, _ in results)
        print(f"  {name:<8} stopped it {stops} times, and it went on {sum(resumed for _, resumed in results)} times")
    print()


async def _report_load(gateway: httpx.AsyncClient, questions: list[Samples], steps: list[int], pid: int) -> None:
    print("conversations at the same time (gateway, agent and recognisers on all cores):")
    for sessions in steps:
        before, began = cpu_of_tree(pid), time.monotonic()
        results = await asyncio.gather(
            *(_later(n * 0.7, converse(gateway, questions, 4)) for n in range(sessions)), return_exceptions=True
        )
        cores = (cpu_of_tree(pid) - before) / (time.monotonic() - began)
        turns = [turn for turn in results if isinstance(turn, Turns)]
        replies = [ms for turn in turns for ms in turn.reply]
        lost = sum(turn.unanswered for turn in turns) + 4 * (sessions - len(turns))
        median = statistics.median(replies) if replies else float("nan")
        print(
            f"  {sessions:3} sessions: answer after {median:5.0f} ms, {lost} of {4 * sessions} turns lost, "
            f"{cores:4.2f} cores, {cores / sessions:.3f} each ({sessions / cores if cores else 0:4.1f} per core)",
            flush=True,
        )


async def _later(seconds: float, conversation: Any) -> Turns:
    await asyncio.sleep(seconds)
    result: Turns = await conversation
    return result


def cpu_of_tree(pid: int) -> float:
    """CPU seconds of a process and all below it."""
    told = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False).stdout.split()
    return cpu_seconds(pid) + sum(cpu_of_tree(int(child)) for child in told)


def main() -> int:
    """Starts a gateway and talks to it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--turns", type=int, default=18)
    parser.add_argument("--sessions", type=int, nargs="*", default=[1, 4, 8, 12])
    args = parser.parse_args()
    print(f"{platform.machine()}, {os.cpu_count()} cores shared with the clients, Python {platform.python_version()}\n")
    with tempfile.TemporaryDirectory(prefix="speko-bench-") as data, ExitStack() as stack:
        made = subprocess.check_output([*SPEKO, "keys", "create", "--name", "bench", "--data", data, "--json"])
        env = {**os.environ, "SPEKO_AGENT_SESSIONS": "40"}
        serve = [*SPEKO, "serve", "--port", "0", "--data", data, "--log-level", "error", "--json"]
        process = spawn(stack, ",".join(map(str, range(os.cpu_count() or 1))), serve, env)
        asyncio.run(measure(first_json(process)["url"], json.loads(made)["key"], process.pid, args))
    return 0


if __name__ == "__main__":
    sys.exit(main())
