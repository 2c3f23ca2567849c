"""Ten spoken turns with the gateway's own agent, over a real socket, with an agent process and the embedded engines."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from speko.audio.resample import Resampler
from speko.bench.error_rate import normalised, word_error_rate
from tests.api.running import running
from tests.faults.callers import Caller, create
from tests.providers.embedded.spoken import needs_flite

RATE = 24000
TURNS = (
    ("What is twelve times twelve?", "144"),
    ("What is seven plus eight?", "15"),
    ("What is ten minus four?", "6"),
    ("What is three times five?", "15"),
    ("What is nine plus nine?", "18"),
    ("What is twenty minus two?", "18"),
    ("What is six times four?", "24"),
    ("What is two plus two?", "4"),
    ("What is eight times three?", "24"),
    ("What is eleven plus four?", "15"),
)
GREETING = (
    "Welcome to this rather long announcement. It goes on for quite some time, so that there is something to "
    "interrupt. The river is wide, the road is long, and nobody has counted the stones. "
) * 5
"""Nearly a minute: what was heard is told by the clock, and before half of it the user has cut in, however slow the
machine is."""
MOST_WORD_ERRORS = 15.0
"""Percent."""


class Speaker(Caller):
    """A caller whose microphone never stops: speech is followed by silence."""

    async def say(self, speech: bytes) -> None:
        """Faster than real time; the agent counts time in samples."""
        silence = bytes(RATE)  # half a second
        sound = speech + silence * 2
        for at in range(0, len(sound), 960):
            await self.socket.send(sound[at : at + 960])

    def heard(self) -> list[str]:
        """What the agent has understood."""
        return [f["text"] for f in self.of("transcript") if f["role"] == "user" and f["final"]]


async def speech_of(client: httpx.AsyncClient, text: str) -> bytes:
    """Spoken by the embedded voice, at the session's rate."""
    answer = await client.post("/v1/synthesize", json={"text": text, "intent": {"language": "en"}})
    assert answer.status_code == 200, answer.text
    rate = int(answer.headers["content-type"].rsplit("rate=", 1)[1])
    resampler = Resampler(rate, RATE)
    return resampler.push(answer.content) + resampler.flush()


@pytest.fixture
def agent(tmp_path: Path) -> Any:
    """A gateway with one agent process, which keeps words."""
    return running(tmp_path, agent_processes=1, store_transcripts=True)


AGENT = {"s2s": {"provider": "speko", "model": "cascade"}}


@needs_flite
async def test_ten_turns_are_heard_and_answered_each_once(agent: Any) -> None:
    async with agent as gateway:
        speaker = await Speaker.join(await create(gateway.client, **AGENT))
        await speaker.until(lambda: bool(speaker.of("ready")))
        for number, (question, answer) in enumerate(TURNS, start=1):
            await speaker.say(await speech_of(gateway.client, question))
            await speaker.until(lambda answer=answer, n=number: len(speaker.heard()) >= n and answer in speaker.words)  # type: ignore[misc]
            await speaker.tell(t="played", ms=1e6)
            await speaker.ended(number)
        errors = word_error_rate(zip((question for question, _ in TURNS), speaker.heard(), strict=True))
        assert errors.percent <= MOST_WORD_ERRORS, speaker.heard()
        assert speaker.ends == ["done"] * len(TURNS), "no turn lost or doubled"
        finals = [f["text"] for f in speaker.of("transcript") if f["role"] == "assistant" and f["final"]]
        assert all(answer in text for (_, answer), text in zip(TURNS, finals, strict=True))
        assert {"speech_ended", "stt_final", "llm_first_token", "tts_first_byte", "first_audio", "response_done"} <= {
            f["stage"] for f in speaker.of("turn")
        }
        await speaker.leave()
        await check_what_is_stored(gateway.client, speaker)


async def check_what_is_stored(client: httpx.AsyncClient, speaker: Speaker) -> None:
    """Turns, words, attempts and usage of the ten turns."""
    base = f"/v1/sessions/{speaker.session_id}"
    turns = (await client.get(f"{base}/turns")).json()["entries"]
    assert len(turns) == len(TURNS)
    assert not any(turn["interrupted"] for turn in turns)
    entries = (await client.get(f"{base}/transcript")).json()["entries"]
    assert [entry["source"] for entry in entries] == ["user", "agent"] * len(TURNS)
    usage = {row["metric"] for row in (await client.get("/v1/usage")).json()["breakdown"]}
    assert usage >= {"stt_seconds", "llm_tokens", "tts_characters"}


@needs_flite
async def test_an_interruption_cuts_what_was_said_to_what_was_heard(agent: Any) -> None:
    async with agent as gateway:
        speech = await speech_of(gateway.client, "What is seven plus eight?")
        speaker = await Speaker.join(await create(gateway.client, **AGENT, firstMessage=GREETING))
        await speaker.until(lambda: len(speaker.audio) > 4 * RATE)
        await speaker.tell(t="played", ms=1500)
        await speaker.say(speech)
        await speaker.until(lambda: "15" in speaker.words)
        assert speaker.ends[0] == "interrupted"
        greeting = next(f["text"] for f in speaker.of("transcript") if f["role"] == "assistant" and f["final"])
        assert normalised(GREETING).startswith(normalised(greeting))
        assert 0 < len(greeting) < len(GREETING) / 2
        await speaker.leave()
        stored = (await gateway.client.get(f"/v1/sessions/{speaker.session_id}/transcript")).json()["entries"]
        assert (stored[0]["source"], stored[0]["latencyStatus"]) == ("agent", "interrupted")
        assert stored[0]["text"] == greeting.strip()
