"""One call's sound through pocketsphinx: segments in, words out. Runs in a worker process."""

import math
from collections.abc import Iterator
from typing import Any

from speko.providers.embedded.sphinx.messages import Words
from speko.providers.embedded.sphinx.segments import SAMPLE_RATE, Segmenter, Sound

_SECOND = SAMPLE_RATE * 2
"""Bytes."""
_INTERIM_BYTES = _SECOND // 5
"""An interim result at most every 200 ms of sound."""


def load_decoder() -> Any:
    """The decoder with the English model of the wheel: 100 MB, about half a second.

    Its own settings: other language weights, insertion penalties and beams were tried and gained nothing.
    """
    from pocketsphinx import Decoder

    return Decoder(loglevel="FATAL", cmn="batch")


class Hearing:
    """Understands one stream of PCM16 mono at 16 kHz.

    Cepstral means decide over the error rate: pocketsphinx starts from a fixed one and adapts slowly (20 % WER), so
    each segment starts from the mean of its own first second (on 16 sentences as good as the mean of all of it).
    """

    def __init__(self, decoder: Any, *, interim: bool) -> None:
        from pocketsphinx import Vad

        vad = Vad(mode=Vad.LOOSE, sample_rate=SAMPLE_RATE, frame_length=0.03)
        self._segmenter = Segmenter(vad.is_speech)
        self._decoder = decoder
        self._interim = interim
        self._opening = bytearray()
        self._decoding = False
        self._since_interim = 0
        self._said = ""

    def push(self, pcm: bytes) -> Iterator[Words]:
        """What is understood after `pcm` (whole samples)."""
        for event in self._segmenter.push(pcm):
            yield from self._hear(event.pcm) if isinstance(event, Sound) else self._end()
        if self._decoding and self._interim and self._since_interim >= _INTERIM_BYTES:
            self._since_interim = 0
            yield from self._guess()

    def finish(self) -> Iterator[Words]:
        """The rest, at the end of the sound."""
        for event in self._segmenter.finish():
            yield from self._hear(event.pcm) if isinstance(event, Sound) else self._end()

    def _hear(self, pcm: bytes) -> Iterator[Words]:
        if self._decoding:
            self._decoder.process_raw(pcm)
            self._since_interim += len(pcm)
        else:
            self._opening += pcm
            if len(self._opening) >= _SECOND:
                self._begin()
        yield from ()

    def _begin(self) -> None:
        opening, decoder = bytes(self._opening), self._decoder
        self._opening.clear()
        # Features start anew: nothing is left of the last segment's mean and noise level.
        decoder.reinit_feat()
        decoder.start_utt()
        decoder.process_raw(opening, no_search=True, full_utt=True)
        mean = decoder.get_cmn()
        decoder.end_utt()
        decoder.set_cmn(mean)
        decoder.start_utt()
        decoder.process_raw(opening)
        self._decoding, self._since_interim, self._said = True, len(opening), ""

    def _guess(self) -> Iterator[Words]:
        hypothesis = self._decoder.hyp()
        text = hypothesis.hypstr if hypothesis else ""
        if text and text != self._said:
            self._said = text
            yield Words(text, False, None)

    def _end(self) -> Iterator[Words]:
        if not self._decoding:
            self._begin()
        self._decoder.end_utt()
        self._decoding = False
        hypothesis = self._decoder.hyp()
        if hypothesis and hypothesis.hypstr:
            yield Words(hypothesis.hypstr, True, _confidence(hypothesis))


def _confidence(hypothesis: Any) -> float:
    """The posterior of the whole sentence, per word: their geometric mean, so that long sentences are no less sure."""
    words = len(hypothesis.hypstr.split())
    posterior: float = min(1.0, max(0.0, hypothesis.prob))
    return math.pow(posterior, 1 / words)
