"""The assistant's message in a response: its text and its sound, as far as they are sent.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events/response/output_audio
"""

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Literal

import pybase64

from speko.simulators.faults import FaultKind, Stage
from speko.simulators.openai.realtime.delivery import Manner, deliveries
from speko.simulators.openai.realtime.input_audio import BYTES_PER_MS
from speko.simulators.openai.realtime.items import Item, Part, SpokenWord
from speko.simulators.openai.realtime.sabotage import Saboteur
from speko.simulators.openai.realtime.seen import SeenResponse
from speko.simulators.openai.realtime.usage import Tokens, audio_tokens, text_tokens
from speko.simulators.openai.realtime.voice import Word
from speko.simulators.script import Script, pieces

if TYPE_CHECKING:
    from speko.simulators.openai.realtime.session import Session


class Full(Exception):
    """`max_output_tokens` are reached."""


class Message:
    """One message, from `content_part.added` to `content_part.done`."""

    def __init__(
        self,
        session: "Session",
        item: Item,
        where: dict[str, Any],
        *,
        number: int,
        seen: SeenResponse,
        max_tokens: int | Literal["inf"],
    ) -> None:
        """
        Args:
            session: that sends.
            item: the message, empty so far.
            where: what all its events name: response, item, and its index.
            number: of the response in the session, from 1.
            seen: the report of the response.
            max_tokens: of the whole response.
        """
        self._session = session
        self._item = item
        self._where = {**where, "content_index": 0}
        self._number = number
        self._seen = seen
        self._max_tokens = max_tokens

    @property
    def tokens(self) -> Tokens:
        """What was said so far."""
        return Tokens(text_tokens(self._item.text), audio_tokens(self._item.audio_ms, of_user=False))

    async def say(self, words: Sequence[Word]) -> None:
        """Sends the words and their sound at the script's pace.

        Raises:
            Full: and the rest is not said.
        """
        session, item, saboteur = self._session, self._item, self._session.saboteur
        pace, loop = session.script.realtime.pace, asyncio.get_running_loop()
        ends, begin = _ends_ms(words), loop.time()
        complete, struck = 0, False
        for delivery in deliveries(words, _manner(session.script, saboteur, self._number)):
            if not struck and saboteur.is_due(self._number, self._seen.deltas, complete):
                struck = True
                await saboteur.strike(Stage.AUDIO, self._number)
            for word in delivery.words:
                await self._announce(word, ends[len(item.words)])
            if pace:
                await asyncio.sleep(max(begin + item.audio_ms / 1000 / pace - loop.time(), 0))
            await self._sound(delivery.pcm)
            complete = delivery.complete
            self._seen.spoken = "".join(word.text for word in words[:complete])
        if not struck:
            await saboteur.strike(Stage.AUDIO, self._number)
        for word in words[len(item.words) :]:
            await self._announce(word, ends[len(item.words)])

    async def write(self, text: str) -> None:
        """Sends a text.

        Raises:
            Full: and the rest is not written.
        """
        for piece in pieces(text):
            await self._send("response.output_text.delta", delta=piece)
            self._grow(piece)
        await self._session.saboteur.strike(Stage.AUDIO, self._number)

    async def begin(self, kind: Literal["output_audio", "output_text"]) -> None:
        """Shows the message's only part."""
        self._item.parts.append(Part(kind, ""))
        await self._send("response.content_part.added", part=self._part())

    async def end(self) -> None:
        """Says that the part is complete, as it is."""
        if not self._item.parts:
            return
        text = self._item.parts[0].text
        if self._item.parts[0].type == "output_audio":
            await self._send("response.output_audio.done")
            await self._send("response.output_audio_transcript.done", transcript=text)
        else:
            await self._send("response.output_text.done", text=text)
        await self._send("response.content_part.done", part=self._part())

    async def _announce(self, word: Word, end_ms: float) -> None:
        await self._send("response.output_audio_transcript.delta", delta=word.text)
        self._item.words.append(SpokenWord(word.text, end_ms))
        self._grow(word.text)

    async def _sound(self, pcm: bytes) -> None:
        await self._send("response.output_audio.delta", delta=pybase64.b64encode(pcm).decode())
        self._item.audio_ms += len(pcm) / BYTES_PER_MS
        self._seen.deltas += 1
        self._seen.audio_ms = self._item.audio_ms
        self._session.notify()
        self._check()

    def _grow(self, text: str) -> None:
        part = self._item.parts[0]
        part.text = self._seen.text = (part.text or "") + text
        self._check()

    def _check(self) -> None:
        if self._max_tokens != "inf" and sum(self.tokens) >= self._max_tokens:
            raise Full

    async def _send(self, type_: str, **members: Any) -> None:
        await self._session.send(type_, **self._where, **members)

    def _part(self) -> dict[str, Any]:
        """The part as its events show it, which name its type otherwise than items do."""
        part = self._item.parts[0]
        if part.type == "output_audio":
            return {"type": "audio", "transcript": part.text}
        return {"type": "text", "text": part.text}


def _manner(script: Script, saboteur: Saboteur, number: int) -> Manner:
    return Manner(
        script.realtime.delta_ms,
        script.realtime.in_step,
        text_last=saboteur.suffers(FaultKind.DISORDER, number),
        giant=saboteur.suffers(FaultKind.GIANT, number),
        cut_after=saboteur.cut_after(number),
    )


def _ends_ms(words: Sequence[Word]) -> list[float]:
    ends, at = [], 0.0
    for word in words:
        at += len(word.pcm) / BYTES_PER_MS
        ends.append(at)
    return ends
