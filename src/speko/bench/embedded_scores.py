"""Measures the embedded engines and writes their score snapshot.

    python -m speko.bench.embedded_scores --out src/speko/routing/data/embedded.csv

| Engine | Quality | Latency (p50) |
|---|---|---|
| pocketsphinx | WER on `data/sentences.txt`, spoken by four flite voices in turn | batch: whole sound to last final; \
streaming: from the start of sound played in real time to the first transcript |
| flite, espeak | CER of the sentences spoken, then heard by pocketsphinx | to the first sound |
| rules | share of right answers to `data/questions.json` | to the first text |

The engines run inside the gateway, so a region makes no difference: the local figure stands in every region's row.
"""

import argparse
import asyncio
import datetime as dt
import io
import os
import platform
import re
import sys
import time
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import TypeVar, cast

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from speko.audio import Recording
from speko.bench.error_rate import character_error_rate, word_error_rate
from speko.providers.call import Call, Credential
from speko.providers.catalogue import Modality
from speko.providers.embedded.flite import DEFAULT_VOICE
from speko.providers.embedded.rules.responder import Rules
from speko.providers.llm import ChatMessage, LanguageModel, LlmRequest, TextDelta
from speko.providers.registry import Connectors, Registry, Runtime
from speko.providers.stt import SttRequest, Transcript
from speko.providers.tts import TtsRequest
from speko.routing.score_rows import format_rows
from speko.routing.snapshot import ScoreRow

_T = TypeVar("_T")
DATA = Path(__file__).with_name("data")
VOICES = ("slt", "rms", "awb", "kal16")
REGIONS = ("us-east4", "europe-west3", "asia-southeast1")
COMMAND = "python -m speko.bench.embedded_scores"
_NOW = dt.datetime(2025, 11, 21, 15, 5, tzinfo=dt.UTC)
"""The clock that the questions were written for."""
_LIVE_STEP = 0.02
"""Seconds of sound per piece when it is played in real time."""
CAVEAT = (
    "Not held out: flite's default voice was chosen on these sentences, and the second of sound from which the "
    "recogniser takes its cepstral mean on the first 16 of them."
)
_NOTE = "measured in the gateway's process, the same in every region"


class Question(Struct, frozen=True, forbid_unknown_fields=True):
    """What a user says turn by turn, and patterns of which the last answer has to match one."""

    turns: tuple[str, ...]
    accept: tuple[str, ...]


def sentences() -> list[str]:
    """The sentences that are spoken."""
    return (DATA / "sentences.txt").read_text(encoding="utf-8").splitlines()


def questions() -> list[Question]:
    """The questions that are asked."""
    return msgspec.json.decode((DATA / "questions.json").read_bytes(), type=list[Question])


@dataclass(slots=True)
class Bench:
    """Measures, one thing after the other."""

    connectors: Connectors
    limit: int | None = None
    """Only so many sentences and questions, for a quick look."""
    rows: list[ScoreRow] = field(default_factory=list)

    async def run(self) -> list[ScoreRow]:
        """All rows."""
        await self._recogniser()
        await self._voice(
            "flite", "flite", DEFAULT_VOICE, "; its best understood voice of four, chosen on these sentences"
        )
        await self._voice("espeak", "espeak-ng", "en-us")
        await self._responder()
        return self.rows

    async def _recogniser(self) -> None:
        pairs: list[tuple[str, str]] = []
        whole: list[float] = []
        live: list[float] = []
        for at, sentence in enumerate(_shown("pocketsphinx", sentences()[: self.limit])):
            pcm, rate, _ = await self._speak("flite", "flite", VOICES[at % len(VOICES)], sentence)
            started = time.perf_counter()
            pairs.append((sentence, await self._hear(pcm, rate)))
            whole.append(_ms_since(started))
            if at % 3 == 0:
                live.append(await self._first_words(pcm, rate))
        wer = word_error_rate(pairs).percent
        self._add(_row("stt", "pocketsphinx", "en-us", wer, median(live)), batch=median(whole))

    async def _voice(self, vendor: str, model: str, voice: str, caveat: str = "") -> None:
        pairs: list[tuple[str, str]] = []
        first: list[float] = []
        for sentence in _shown(vendor, sentences()[: self.limit]):
            pcm, rate, latency = await self._speak(vendor, model, voice, sentence)
            first.append(latency)
            pairs.append((sentence, await self._hear(pcm, rate)))
        cer = character_error_rate(pairs).percent
        row = _row("tts", vendor, model, cer, median(first))
        self._add(replace(row, voice=voice, note=row.note + caveat), batch=median(first))

    async def _responder(self) -> None:
        model = Rules(lambda: _NOW)
        right, latencies = 0, []
        asked = questions()[: self.limit]
        for question in _shown("rules", asked):
            answer, latency = await _ask(model, question)
            right += any(re.search(pattern, answer, re.IGNORECASE) for pattern in question.accept)
            latencies.append(latency)
        self.rows.append(_row("llm", "speko", "rules", 100 * right / len(asked), median(latencies)))

    async def _speak(self, vendor: str, model: str, voice: str, text: str) -> tuple[bytes, int, float]:
        """The sound of a text, its rate in Hz, and the time to its first chunk in ms."""
        started, first, rate = time.perf_counter(), 0.0, 0
        pcm = bytearray()
        request = TtsRequest(model, text, "en", voice)
        async for batch in self.connectors.tts(vendor).synthesize(request, _call()):
            first = first or _ms_since(started)
            for chunk in batch:
                pcm += chunk.pcm
                rate = chunk.sample_rate
        return bytes(pcm), rate, first

    async def _hear(self, pcm: bytes, rate: int) -> str:
        recording = Recording.read(io.BytesIO(pcm), len(pcm), f"audio/pcm;rate={rate}")
        heard = self.connectors.stt("pocketsphinx").transcribe(SttRequest("en-us", "en"), recording, _call())
        return " ".join([words.text async for batch in heard for words in batch if words.is_final])

    async def _first_words(self, pcm: bytes, rate: int) -> float:
        """Time from the start of sound that is played in real time to the first transcript, in ms."""

        async def played() -> AsyncIterator[bytes]:
            step = int(rate * _LIVE_STEP) * 2
            for number, start in enumerate(range(0, len(pcm), step)):
                await asyncio.sleep(max(0.0, started + number * _LIVE_STEP - time.perf_counter()))
                yield pcm[start : start + step]

        started = time.perf_counter()
        request = SttRequest("en-us", "en", sample_rate=rate)
        heard = self.connectors.stt("pocketsphinx").listen(request, played(), _call())
        async with aclosing(cast(AsyncGenerator[Sequence[Transcript], None], heard)) as batches:
            async for _ in batches:
                break
        return _ms_since(started)

    def _add(self, measured: ScoreRow, *, batch: float) -> None:
        """The streaming figure for every region, and the row of the batch mode."""
        self.rows += [replace(measured, region=region) for region in REGIONS]
        self.rows.append(replace(measured, mode="batch", latency_ms=round(batch, 1)))


def _row(modality: Modality, vendor: str, model: str, quality: float, latency: float) -> ScoreRow:
    return ScoreRow(
        modality=modality,
        provider=vendor,
        model=model,
        language="en",
        region="global",
        mode="streaming",
        quality=round(quality, 2),
        latency_ms=round(latency, 1),
        cost_per_minute=0.0,
        note=_NOTE,
    )


async def _ask(model: LanguageModel, question: Question) -> tuple[str, float]:
    """The last answer, and the time to its first text in ms."""
    messages: list[ChatMessage] = []
    answer, latency = "", 0.0
    for turn in question.turns:
        messages.append(ChatMessage("user", turn))
        started, latency = time.perf_counter(), 0.0
        said: list[str] = []
        async for batch in model.complete(LlmRequest(model="rules", messages=tuple(messages)), _call()):
            latency = latency or _ms_since(started)
            said += [event.text for event in batch if isinstance(event, TextDelta)]
        answer = "".join(said)
        messages.append(ChatMessage("assistant", answer))
    return answer, latency


def _call() -> Call:
    return Call(Credential(), connect_timeout=20.0)


def _ms_since(started: float) -> float:
    return (time.perf_counter() - started) * 1000


def _shown(name: str, items: Sequence[_T]) -> Iterator[_T]:
    """`items`, with a counter on stderr."""
    for number, item in enumerate(items, start=1):
        sys.stderr.write(f"\r{name} {number}/{len(items)}")
        sys.stderr.flush()
        yield item
    sys.stderr.write("\n")


def main(arguments: Sequence[str] | None = None) -> None:
    """The command."""
    parser = argparse.ArgumentParser(prog=COMMAND, description="Measure the embedded engines.")
    parser.add_argument("--out", type=Path, required=True, help="CSV file to write; a JSON file goes beside it")
    parser.add_argument("--limit", type=int, help="only so many sentences and questions, for a quick look")
    options = parser.parse_args(arguments)
    load = os.getloadavg()[0]
    rows = asyncio.run(_measure(options.limit))
    options.out.write_text(format_rows(rows), encoding="utf-8", newline="")
    origin = {
        "title": "Embedded engines",
        "source": "measured by speko.bench.embedded_scores",
        "date": dt.datetime.now(dt.UTC).date().isoformat(),
        "command": f"{COMMAND} --out {options.out}",
        "machine": f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the start",
        "caveat": CAVEAT,
    }
    options.out.with_suffix(".json").write_bytes(msgspec.json.format(msgspec.json.encode(origin)) + b"\n")


async def _measure(limit: int | None) -> list[ScoreRow]:
    registry, runtime = Registry.load(), Runtime(stt_workers=1)
    for vendor in ("pocketsphinx", "flite", "espeak"):
        if (missing := registry.vendors[vendor].missing()) is not None:
            raise SystemExit(f"not found: {missing}")
    try:
        start = registry.vendors["pocketsphinx"].start
        if start is not None:
            await start(runtime)
        return await Bench(Connectors(registry, runtime), limit).run()
    finally:
        await runtime.close()


if __name__ == "__main__":
    main()
