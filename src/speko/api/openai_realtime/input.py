"""The user's side: sound until it is an item, and the words in it.

Source: https://platform.openai.com/docs/api-reference/realtime-server-events/input_audio_buffer/committed
"""

from dataclasses import dataclass
from typing import Any

from speko.api.openai_realtime.complaints import Complaint
from speko.api.openai_realtime.items import Items
from speko.api.openai_realtime.server_events import Numbered
from speko.api.openai_realtime.settings import RATE
from speko.api.openai_realtime.wanted import Hear, Wanted
from speko.providers.s2s import UserTranscript

_BYTES_PER_MS = RATE * 2 // 1000
_LEAST_MS = 100
"""Of sound in an item."""
_MOST_BYTES = 120_000 * _BYTES_PER_MS
"""That are kept for a client that ends its turns by itself."""
_PIECE = 65_536
_MOST_UTTERANCES = 64


@dataclass(slots=True, eq=False)
class Utterance:
    """Sound of the user that is an item, or will be one."""

    item_id: str
    name: str | None = None
    """As the engine calls it."""
    committed: bool = False
    words: str = ""
    told: str = ""
    """Of the words, what the client knows."""
    final: bool = False


class Input:
    """Of one session."""

    def __init__(self, numbers: Numbered, items: Items, out: list[Wanted]) -> None:
        self.transcribes = False
        self.commits = False
        """The client has ended a turn, and the end of it has not come back."""
        self.heard_bytes = 0
        """Of all sound that came."""
        self._numbers = numbers
        self._items = items
        self._out = out
        self._turned = 0
        """Bytes of them that are in items."""
        self._speaking: Utterance | None = None
        self._utterances: list[Utterance] = []
        self._kept = bytearray()
        self._committed: list[bytes] = []

    # ---- an engine finds the turns

    def started(self, ago_ms: int) -> None:
        """The user speaks."""
        if self._speaking is None:
            self._speaking = self._new()
            at = max(0, self.heard_bytes // _BYTES_PER_MS - ago_ms)
            self._say("speech_started", item_id=self._speaking.item_id, audio_start_ms=at)

    def stopped(self, ago_ms: int) -> None:
        """The turn is over: found by the engine, or after a commit of the client."""
        utterance, self._speaking = self._speaking, None
        if utterance is not None:
            at = max(0, self.heard_bytes // _BYTES_PER_MS - ago_ms)
            self._say("speech_stopped", item_id=utterance.item_id, audio_end_ms=at)
        elif self.commits:
            self.commits = False
        else:
            return  # the next engine has heard the same once more
        self._commit(utterance or self._new())

    @property
    def fresh_ms(self) -> int:
        """Sound that is in no item."""
        return (self.heard_bytes - self._turned) // _BYTES_PER_MS

    def check_fresh(self) -> None:
        """Raises Complaint: there is too little sound for an item."""
        if self.fresh_ms < _LEAST_MS:
            raise Complaint(
                f"The buffer holds {self.fresh_ms} ms of sound, and an item needs {_LEAST_MS}",
                "input_audio_buffer_commit_empty",
            )

    def clear(self) -> None:
        """Forgets the sound that is in no item."""
        self._turned = self.heard_bytes
        self._kept.clear()
        if self._speaking is not None:
            self._utterances = [known for known in self._utterances if known is not self._speaking]
            self._speaking = None
        self._say("cleared")

    # ---- the client finds the turns

    def keep(self, pcm: bytes) -> None:
        """The next sound, which no engine hears before the client asks for a response.

        Raises:
            Complaint: that is too much.
        """
        if len(self._kept) + len(pcm) + sum(map(len, self._committed)) > _MOST_BYTES:
            raise Complaint("The buffer is full: clear it, or ask for a response", "input_audio_buffer_full")
        self.heard_bytes += len(pcm)
        self._kept += pcm

    def commit(self) -> None:
        """What was kept is an item. Raises Complaint: it is too little."""
        self.check_fresh()
        self._commit(self._new())
        self._committed.append(bytes(self._kept))
        self._kept.clear()

    @property
    def waits(self) -> bool:
        """There is sound that was committed and that no engine has heard."""
        return bool(self._committed)

    def take(self) -> list[Hear]:
        """What was kept and committed, for the engine."""
        pcm = b"".join(self._committed)
        self._committed.clear()
        return [Hear(pcm[at : at + _PIECE]) for at in range(0, len(pcm), _PIECE)]

    # ---- words

    def engine_changed(self) -> None:
        """Another engine has its own names."""
        for utterance in self._utterances:
            utterance.name = None

    def transcript(self, event: UserTranscript) -> None:
        """Words that the engine has heard."""
        utterance = self._of(event)
        if utterance.final:
            return
        utterance.words, utterance.final = event.text, event.final
        self._tell(utterance)

    def _of(self, event: UserTranscript) -> Utterance:
        utterance = next((known for known in self._utterances if known.name == event.utterance), None)
        if utterance is None:
            open_ = (known for known in self._utterances if known.name is None and not known.final)
            utterance = next(open_, None) or self._new()
            utterance.name = event.utterance
            if not utterance.committed and utterance is not self._speaking:
                self._commit(utterance)
        return utterance

    def _tell(self, utterance: Utterance) -> None:
        if not self.transcribes or not utterance.committed:
            return
        kind = "conversation.item.input_audio_transcription"
        place = {"item_id": utterance.item_id, "content_index": 0}
        words = utterance.words
        if words.startswith(utterance.told) and len(words) > len(utterance.told):
            # A recogniser that has changed its mind is believed at the end.
            self._out.append(self._numbers.event(f"{kind}.delta", **place, delta=words[len(utterance.told) :]))
            utterance.told = words
        if utterance.final:
            usage = {"type": "tokens", "input_tokens": 0, "output_tokens": 0, "total_tokens": 0}
            self._out.append(self._numbers.event(f"{kind}.completed", **place, transcript=words, usage=usage))

    # ---- items

    def _new(self) -> Utterance:
        utterance = Utterance(self._numbers.new("item"))
        self._utterances.append(utterance)
        if len(self._utterances) > _MOST_UTTERANCES:
            del self._utterances[0]
        return utterance

    def _commit(self, utterance: Utterance) -> None:
        utterance.committed = True
        self._turned = self.heard_bytes
        self._say("committed", item_id=utterance.item_id, previous_item_id=self._items.last)
        content = [{"type": "input_audio", "transcript": utterance.words if utterance.final else None}]
        self._items.add({"id": utterance.item_id, "type": "message", "role": "user", "content": content})
        if utterance.words:
            self._tell(utterance)

    def _say(self, what: str, **members: Any) -> None:
        self._out.append(self._numbers.event(f"input_audio_buffer.{what}", **members))
