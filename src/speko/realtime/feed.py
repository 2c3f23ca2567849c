"""The way down: what one engine says, until it reaches the client's socket."""

from time import monotonic
from typing import TYPE_CHECKING

from speko.audio.resample import Resampler
from speko.providers.errors import ProviderError
from speko.providers.s2s import EngineEvent, Interrupted, ResponseDone, ResponseStarted

if TYPE_CHECKING:
    from speko.realtime.bridge import Bridge

_MOST_EARLY = 2000
"""Things that an engine may say before it is in service: a greeting, and not a novel."""


class Feed:
    """The sink of one engine. It belongs to the session only while that engine serves; what an older one still says
    goes nowhere."""

    __slots__ = ("_bridge", "_early", "_resampler", "live", "output_rate", "spoken_bytes")

    def __init__(self, bridge: "Bridge") -> None:
        self._bridge = bridge
        self.live = True
        self.output_rate = 0
        """Hz of the engine; 0 until it is in service."""
        self.spoken_bytes = 0
        """Sent to the client since the last response was booked."""
        self._resampler: Resampler | None = None
        self._early: list[EngineEvent | ProviderError | tuple[str, bytes]] = []

    def in_service(self, output_rate: int) -> None:
        """The engine has been accepted; what it said before that is heard now."""
        self.output_rate = output_rate
        early, self._early = self._early, []
        for said in early:
            if isinstance(said, tuple):
                self.audio(*said)
            elif isinstance(said, ProviderError):
                self.lost(said)
            else:
                self.event(said)

    def audio(self, response: str, pcm: bytes) -> None:
        """See `EngineSink`."""
        if not self.live:
            return
        if not self.output_rate:
            self._keep((response, pcm))
            return
        bridge = self._bridge
        if self.output_rate != bridge.output_rate:
            if self._resampler is None:
                self._resampler = Resampler(self.output_rate, bridge.output_rate)
            pcm = self._resampler.push(pcm)
            if not pcm:
                return
        self._deliver(response, pcm)

    def _deliver(self, response: str, pcm: bytes) -> None:
        bridge = self._bridge
        session = bridge.session
        try:
            out = session.engine_audio(response, pcm, monotonic())
            if out is not None:
                self.spoken_bytes += len(out)
                bridge.play(out)
            if session.has_pending:
                bridge.carry_out(session.pending())
        except Exception as error:
            bridge.crashed(error)

    def _keep(self, said: EngineEvent | ProviderError | tuple[str, bytes]) -> None:
        if len(self._early) < _MOST_EARLY:
            self._early.append(said)

    def event(self, event: EngineEvent) -> None:
        """See `EngineSink`."""
        if not self.live:
            return
        if not self.output_rate:
            self._keep(event)
            return
        if self._resampler is not None and isinstance(event, ResponseDone | Interrupted | ResponseStarted):
            # The filter's tail belongs to the response that ends here; the next one begins with a filter of its own.
            resampler, self._resampler = self._resampler, None
            if isinstance(event, ResponseDone) and (tail := resampler.flush()):
                self._deliver(event.response, tail)
        try:
            self._bridge.engine_said(self, event)
        except Exception as error:
            self._bridge.crashed(error)

    def lost(self, error: ProviderError) -> None:
        """See `EngineSink`."""
        if not self.live:
            return
        if not self.output_rate:
            self._keep(error)
            return
        self._bridge.engine_lost(self, error)

    def pause(self) -> None:
        """See `EngineSink`."""
        if self.live:
            self._bridge.engine_paused(True)

    def resume(self) -> None:
        """See `EngineSink`."""
        if self.live:
            self._bridge.engine_paused(False)
