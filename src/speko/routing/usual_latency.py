"""What a candidate usually takes to its first useful output, learned from the calls of this process.

Pure and in memory. It says nothing until it has seen enough, because a figure from elsewhere (the scores' own, measured
on another network) would ask a runner-up too early on every call, and both bill.
"""

import math
from collections import OrderedDict, deque
from dataclasses import dataclass, field

from speko.providers.catalogue import Modality
from speko.routing.attempts import Candidate

_LEAST_SAMPLES = 20
"""With fewer, the 95th percentile is little more than the slowest call so far."""
_KEPT = 128
"""Samples per kind of call: the last ones, so that a vendor that has become slower is soon known to be."""
_MOST_KINDS = 1024
"""Models may be named freely by callers, and what they name must not fill the memory; those unused longest go first."""
_QUANTILE = 0.95
_SMALL: dict[Modality, float] = {"stt": 4.0, "llm": 1024.0, "tts": 128.0}
"""Seconds of audio, characters of text: inputs up to this size are of one kind, and each fourfold is a kind more."""
_LARGEST = 6
"""Kinds of sizes: beyond 4**5 small inputs all are alike."""


@dataclass(slots=True)
class UsualLatency:
    """The latencies of all candidates of one process, in seconds, by (modality, provider, model, size of the input)."""

    least: float = 0.25
    """Seconds: no call is called slow before."""
    _seen: OrderedDict[tuple[str, ...], deque[float]] = field(default_factory=OrderedDict)

    def answered(self, candidate: Candidate, size: float, seconds: float) -> None:
        """A call had its first useful output after so many seconds."""
        key = _key(candidate, size)
        seen = self._seen.get(key)
        if seen is None:
            seen = self._seen[key] = deque(maxlen=_KEPT)
            if len(self._seen) > _MOST_KINDS:
                self._seen.popitem(last=False)
        else:
            self._seen.move_to_end(key)
        seen.append(seconds)

    def overtaken(self, candidate: Candidate, size: float, seconds: float) -> None:
        """A call was cancelled after so many seconds without output, because another was faster.

        It counts when it was slow by then. Were such calls left out, only the fast ones would be remembered: what is
        usual would shrink from call to call, and more and more calls would be hedged.
        """
        usual = self.p95(candidate, size)
        if usual is not None and seconds >= usual:
            self.answered(candidate, size, seconds)

    def p95(self, candidate: Candidate, size: float) -> float | None:
        """Seconds within which 95 of 100 such calls had their first useful output (nearest rank); None = not enough is
        known."""
        seen = self._seen.get(_key(candidate, size))
        if seen is None or len(seen) < _LEAST_SAMPLES:
            return None
        return sorted(seen)[math.ceil(_QUANTILE * len(seen)) - 1]

    def patience(self, candidate: Candidate, size: float) -> float | None:
        """Seconds after which the runner-up is asked as well; None = it is not."""
        if candidate.embedded:
            return None  # our own processor would do the work twice
        usual = self.p95(candidate, size)
        return None if usual is None else max(usual, self.least)


def _key(candidate: Candidate, size: float) -> tuple[str, ...]:
    small = _SMALL.get(candidate.modality, 1.0)
    kind = 0 if size <= small else min(_LARGEST - 1, math.ceil(math.log(size / small, 4)))
    return (candidate.modality, candidate.provider, candidate.model, str(kind))
