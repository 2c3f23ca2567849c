"""The callers: what they ask, what they got, and whether that was honest."""

import asyncio
import json
import random
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Literal

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.typing import Subprotocol

from bench.parties import recording
from bench.soak.talks import Talked

PATIENCE = 30.0
"""Seconds after which an answer counts as never given. All the gateway's own deadlines are shorter in a soak."""
_SECONDS = 1.5
_HONEST = {"TRANSCRIBE_FAILED", "SYNTHESIZE_FAILED", "COMPLETE_FAILED", "SESSION_CREATE_FAILED"}
_SAMPLES = b"\x01\x00" * 2400
Outcome = Literal["served", "silent", "broken", "failed", "left"]


@dataclass
class Seen:
    """One call as its caller saw it."""

    request_id: str
    endpoint: str
    outcome: Outcome
    """`served`: whole; `silent`: whole, and no vendor has heard a word; `broken`: begun, and then an honest failure;
    `failed`: refused with every vendor's fault; `left`: the caller went away."""
    failovers: int | None = None
    provider: str | None = None
    quantity: float | None = None
    """What a whole answer uses, in the unit of its metric."""


class Dishonest(Exception):
    """An answer that is none. The text is for people."""


class Caller:
    """One caller with its own dice and its own numbers."""

    def __init__(self, number: int, http: httpx.AsyncClient, dice: random.Random) -> None:
        self._number = number
        self._http = http
        self._dice = dice
        self._calls = 0
        self._wav = recording(_SECONDS)

    async def call(self) -> Seen:
        """One call of a kind that the dice choose. Raises Dishonest."""
        kind = self._dice.choice((self.complete, self.complete, self.transcribe, self.synthesize, self.chat))
        self._calls += 1
        request_id = f"soak-{self._number}-{self._calls}"
        try:
            async with asyncio.timeout(PATIENCE):
                return await kind(request_id)
        except TimeoutError:
            raise Dishonest(f"{kind.__name__}: no answer within {PATIENCE:.0f} s") from None
        except httpx.HTTPError as error:
            raise Dishonest(f"{kind.__name__}: {type(error).__name__}") from None

    async def complete(self, request_id: str) -> Seen:
        """A language model's answer, read to its end or left in the middle."""
        body = {"messages": [{"role": "user", "content": "count"}], "intent": {"language": "en"}}
        leaves = self._dice.random() < 0.1
        async with self._stream("/v1/complete", request_id, json=body) as answer:
            if answer.status_code != 200:
                return await _failed(answer, request_id, "complete")
            last = ""
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    last = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
                    if last == "delta" and leaves:
                        return _seen(answer, request_id, "complete", "left")
            return _ended(answer, request_id, "complete", last, data)

    async def transcribe(self, request_id: str) -> Seen:
        """A recording's words."""
        headers = {"x-speko-intent": '{"language":"en"}', "content-type": "audio/wav"}
        async with self._stream("/v1/transcribe", request_id, content=self._wav, headers=headers) as answer:
            if answer.status_code != 200:
                return await _failed(answer, request_id, "transcribe")
            last, data = "", {}
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    last = line[7:]
                elif line.startswith("data: "):
                    data = json.loads(line[6:])
            seen = _ended(answer, request_id, "transcribe", last, data)
            if seen.outcome == "served":
                seen.quantity = _SECONDS
                seen.outcome = "served" if data["text"] else "silent"
            return seen

    async def synthesize(self, request_id: str) -> Seen:
        """A voice; a transfer that is cut is how it says that it broke off."""
        text = "Good day. " * self._dice.randint(1, 5)
        body = {"text": text, "intent": {"language": "en"}}
        async with self._stream("/v1/synthesize", request_id, json=body) as answer:
            if answer.status_code != 200:
                return await _failed(answer, request_id, "synthesize")
            try:
                sound = b"".join([piece async for piece in answer.aiter_bytes()])
            except httpx.RemoteProtocolError:
                return _seen(answer, request_id, "synthesize", "broken")
            if not sound:
                raise Dishonest("synthesize: 200 without a sound")
            return _seen(answer, request_id, "synthesize", "served", float(len(text)))

    async def chat(self, request_id: str) -> Seen:
        """The same model by the other door."""
        body = {"model": "auto", "stream": True, "messages": [{"role": "user", "content": "count"}]}
        body["stream_options"] = {"include_usage": True}
        async with self._stream("/v1/chat/completions", request_id, json=body) as answer:
            if answer.status_code != 200:
                await answer.aread()
                if answer.status_code != 500 or "error" not in answer.json():
                    raise Dishonest(f"chat: {answer.status_code} {answer.text[:200]}")
                return _seen(answer, request_id, "complete", "failed")
            lines = [line[6:] async for line in answer.aiter_lines() if line.startswith("data: ")]
            if lines[-1] != "[DONE]":
                if "error" not in json.loads(lines[-1]):
                    raise Dishonest("chat: ended without [DONE] and without an error")
                return _seen(answer, request_id, "complete", "broken")
            usage = next(u for line in reversed(lines[:-1]) if (u := json.loads(line).get("usage")))
            return _seen(answer, request_id, "complete", "served", float(usage["total_tokens"]))

    async def converse(self) -> Talked | None:
        """A conversation with a speech-to-speech engine; None = none could be had. Raises Dishonest."""
        session = {"mode": "s2s", "s2s": {"provider": "openai", "model": "gpt-realtime"}}
        made = await self._http.post("/v1/sessions", json=session)
        if made.status_code != 201:
            if made.json().get("code") in _HONEST:
                return None
            raise Dishonest(f"session: {made.status_code}")
        talked = Talked(made.json()["sessionId"])
        try:
            async with asyncio.timeout(PATIENCE + 30):
                await self._talk(made.json()["wsUrl"], made.json()["wsToken"], talked)
        except InvalidStatus as refused:
            raise Dishonest(f"session: {refused.response.status_code} instead of a socket") from None
        except (OSError, TimeoutError) as error:
            raise Dishonest(f"session: {type(error).__name__}") from None
        return talked

    async def _talk(self, url: str, token: str, talked: Talked) -> None:
        frames: list[str] = []

        async def read() -> None:
            with suppress(ConnectionClosed):
                async for message in socket:
                    if isinstance(message, str):
                        frame = json.loads(message)
                        frames.append(frame["t"])
                        if frame["t"] == "usage":
                            talked.input_audio_tokens += frame["inputAudioTokens"]
                            talked.output_audio_tokens += frame["outputAudioTokens"]

        async with connect(url, subprotocols=[Subprotocol(token)], compression=None, proxy=None) as socket:
            reading = asyncio.create_task(read())
            try:
                for _ in range(1 + self._dice.randrange(3)):
                    for _ in range(5):
                        await socket.send(_SAMPLES)
                        await asyncio.sleep(0.1)
                    await socket.send('{"t":"control","action":"commit"}')
                    await asyncio.sleep(self._dice.uniform(0.5, 3))
                await socket.close()
            except ConnectionClosed:
                await reading
                if not frames or frames[-1] not in ("end", "error"):
                    raise Dishonest(f"session: closed by the gateway after {frames[-1:]}") from None
            await reading
            talked.whole = frames[-1:] == ["end"]

    def _stream(self, path: str, request_id: str, **asked: Any) -> Any:
        headers = {"x-request-id": request_id, **asked.pop("headers", {})}
        return self._http.stream("POST", path, headers=headers, **asked)


async def _failed(answer: httpx.Response, request_id: str, endpoint: str) -> Seen:
    await answer.aread()
    body = answer.json()
    if answer.status_code != 500 or body.get("code") not in _HONEST or not body.get("errors"):
        raise Dishonest(f"{endpoint}: {answer.status_code} {answer.text[:200]}")
    return _seen(answer, request_id, endpoint, "failed")


def _ended(answer: httpx.Response, request_id: str, endpoint: str, last: str, data: dict[str, Any]) -> Seen:
    if last == "done":
        usage = data.get("usage")
        tokens = None if usage is None else float(usage["promptTokens"] + usage["completionTokens"])
        return _seen(answer, request_id, endpoint, "served", tokens)
    if last == "error":
        return _seen(answer, request_id, endpoint, "broken")
    raise Dishonest(f"{endpoint}: ended after {last or 'nothing'}")


def _seen(
    answer: httpx.Response, request_id: str, endpoint: str, outcome: Outcome, quantity: float | None = None
) -> Seen:
    failovers = answer.headers.get("x-speko-failover-count")
    provider = answer.headers.get("x-speko-provider")
    return Seen(request_id, endpoint, outcome, None if failovers is None else int(failovers), provider, quantity)
