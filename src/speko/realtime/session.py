"""One conversation as a state machine without I/O: client frames and engine events in, client frames and engine
commands out. Times are seconds of a monotonic clock that the caller passes in; audio is counted in samples.

This module knows the session as a whole: its sockets, its clocks and its end. What is said in it is in `talk`.

Source: contract, S2S WebSocket 2 to 11.
"""

from collections.abc import Callable, Iterator, Sequence

from speko.events.s2s import (
    ClientFrame,
    EndFrame,
    EndReason,
    ErrorFrame,
    Interrupt,
    Played,
    Ready,
    Received,
    ServerFrame,
    ToolResult,
    decode_client_frame,
)
from speko.providers.errors import ProviderError
from speko.providers.s2s import Configure, EngineEvent, HistoryItem, S2sCapabilities
from speko.realtime.actions import Action, Close, HoldEngine, Play, Send
from speko.realtime.config import SessionConfig
from speko.realtime.outbox import Outbox
from speko.realtime.playout import Playout
from speko.realtime.receipts import Receipts
from speko.realtime.talk import Talk

__all__ = ["Session", "SessionConfig"]

_MOST_INVALID = 50
"""Frames that cannot be read."""
_MOST_UNHEARD = 30.0
"""Seconds of sound kept for a client that is away, and of a farewell."""
_MANY_FRAMES = 1000
"""Kept for a client that is away; then nothing more is read from the engine, and at four times that it ends."""
_FAREWELL = 15.0
"""Seconds for a client that has not said that it has heard the agent's last words: its socket may be dead."""
_PIECE = 65_536
"""Bytes of one frame of kept audio."""
_END_CODES: dict[EndReason, int] = {"server_shutdown": 1001, "limit_reached": 1008, "insufficient_credits": 1008}


class Session:
    """The state of one conversation. Every method but the audio ones returns what is to be done, in order."""

    has_pending: bool = False
    """An audio method has left something in `pending`."""

    def __init__(self, config: SessionConfig, now: float) -> None:
        self._config = config
        self._playout = playout = Playout(config.output_rate)
        self._out = Outbox(playout)
        self._talk = talk = Talk(self._out, playout, config)
        self._engine = talk.engine
        self._responses = talk.responses
        self._ring = talk.ring
        self._closed = False
        self._attached = False
        self._connecting = False
        self._listening = False
        """Audio of the client goes straight to the engine."""
        self._ready_at: float | None = None
        self._invalid = 0
        self._client_at = now
        """When something came from the client, or when it was lost."""
        self._receipts = Receipts()
        self._told_by: float | None = None
        """Until when a client that is back may say how much it has: nothing is sent to it meanwhile."""
        self._leave_by: float | None = None
        """The agent has ended the conversation; what it says is heard to its end, but not beyond this."""

    # ---- time

    @property
    def deadline(self) -> float | None:
        """When `tick` is due next; may move with every call."""
        return min((at for at, _ in self._timers()), default=None)

    def tick(self, now: float) -> list[Action]:
        """Time has passed."""
        for _ in range(100):  # what is due may make something else due; more than a few in a row would be a mistake
            due = min(self._timers(), key=lambda timer: timer[0], default=None)
            if due is None or due[0] > now:
                break
            due[1](now)
        return self._done(now)

    def _timers(self) -> Iterator[tuple[float, Callable[[float], None]]]:
        config, talk = self._config, self._talk
        if self._closed:
            return
        yield config.expires_at, self._expired
        if self._ready_at is not None and config.max_duration is not None:
            yield self._ready_at + config.max_duration, self._expired
        if self._attached:
            yield self._client_at + config.idle_timeout, self._idle
        else:
            yield self._client_at + config.attach_again_within, self._not_back
        if self._told_by is not None:
            yield self._told_by, self._go_on
        if (heard_by := self._responses.heard_by) is not None:
            yield heard_by, self._responses.end_finished
        if self._leave_by is not None:
            yield self._leave_at(self._leave_by), self._leave
        if (late := talk.calls.due) is not None:
            yield late, talk.calls.late
        if (since := talk.response_due_since) is not None:
            yield since + config.stall_timeout, self._stalled

    def _expired(self, now: float) -> None:
        self._end("expired", now)

    def _idle(self, now: float) -> None:
        self._end("idle_timeout", now)

    def _not_back(self, now: float) -> None:
        self._finish((), 1001, "client_lost", now)

    # ---- the client

    def remember(self, history: Sequence[HistoryItem]) -> None:
        """What was said before the session. To be told before the first `attached`."""
        self._talk.conversation.remember(history, self._config.wall_clock())

    def configure(self, configured: Configure, now: float) -> list[Action]:
        """The client wants other instructions or tools, from the next response on."""
        if self._closed:
            return []
        self._client_at = now
        self._talk.configure(configured)
        return self._done(now)

    def attached(self, now: float) -> list[Action]:
        """A socket of the client is there: the first, or the next one after `detached`."""
        if self._closed:
            return []
        if self._attached:
            self._detach(now)
        self._attached = True
        self._client_at = now
        if self._ready_at is not None:
            self._greet_client(now)
        elif not self._connecting:
            self._connecting = True
            history = self._talk.conversation.history()
            self._engine.connect(history, continue_answer=False, heard=history)
        return self._done(now)

    def detached(self, code: int | None, now: float) -> list[Action]:
        """The client's socket is gone; `code` as in `ClientHandler.on_closed`. None = it may attach again."""
        if self._closed or not self._attached:
            return []
        self._detach(now)
        if code is not None:
            self._finish((), 1000, "client_closed", now)
        return self._done(now)

    def client_audio(self, pcm: bytes, now: float) -> bytes | None:
        """The client's next sound; returns what the engine gets now, None = nothing (kept, or refused: see
        `pending`)."""
        if not self._listening or len(pcm) & 1:
            self._keep_or_refuse(pcm, now)
            return None
        self._client_at = now
        if self._ring.add(pcm):
            self._talk.tidy()
        return pcm

    def client_text(self, text: bytes, now: float) -> list[Action]:
        """The client's next text frame, whatever is in it."""
        if self._closed or not self._attached:
            return []
        self._client_at = now
        self._receipts.text_frames += 1
        frame: ClientFrame | str
        try:
            frame = decode_client_frame(text)
        except ValueError as error:
            frame = str(error)
        self._client_frame(frame, len(text), now)
        return self._done(now)

    def _client_frame(self, frame: ClientFrame | str, size: int, now: float) -> None:
        """What needs an engine waits for it, in order with the audio; the first `ready` goes before everything."""
        if isinstance(frame, str):
            self._invalid += 1
            if self._invalid > _MOST_INVALID:
                self._refuse("Too many frames that cannot be read", now)
                return
        if isinstance(frame, Received):
            self._receipts.counts = True
            if self._told_by is not None and self._receipts.agreed:
                self._go_on(now, frame)
            return
        if isinstance(frame, Played):
            frame = self._receipts.played(frame)
        at_once = self._ready_at is not None and isinstance(frame, Interrupt | Played | ToolResult | str)
        if self._engine.up or at_once:
            self._talk.client_frame(frame, now, self._ring.end)
        elif not self._talk.early.add(self._ring.end, frame, size):
            self._refuse("Too many frames before the engine is there", now)
        if isinstance(frame, Played):
            self._out.forget(self._playout.reported)
            if self._told_by is not None:
                self._go_on(now)

    def _keep_or_refuse(self, pcm: bytes, now: float) -> None:
        if self._closed or not self._attached:
            return
        self._client_at = now
        if len(pcm) & 1:
            self._receipts.refused_bytes += len(pcm)
            self._client_frame("Half a sample: audio has two bytes for each", 0, now)
            self.has_pending = self._out.waiting
        elif self._ring.add(pcm):
            self._talk.tidy()

    def _refuse(self, message: str, now: float) -> None:
        self._finish((ErrorFrame("INVALID_FRAME", message),), 1008, "flood", now)

    def _greet_client(self, now: float) -> None:
        rates = self._config.input_rate, self._config.output_rate
        self._listening = self._engine.up
        self._out.do(Send(Ready(*rates, *self._receipts.for_ready(self._ring.end))))
        if self._out.untouched and not self._playout.touched:
            self._go_on(now, Received(0, 0))
        else:
            self._told_by = now + self._receipts.patience

    def _go_on(self, now: float, received: Received | None = None) -> None:
        """The client gets what it has not got, frames and sound in their order: by its own count, or from what seems to
        be heard on, and then only the frames that waited."""
        self._told_by = None
        if received is None:
            self._receipts.agreed = False
            frames, sound = self._out.reopen(), self._playout.resume(now)
        else:
            self._responses.received(self._playout.position(received.audio_bytes))
            frames = self._out.reopen(received.text_frames)
            sound = self._playout.resume(now, received.audio_bytes)
        start, at = self._playout.end - len(sound), 0
        for place, frame in frames:
            at = self._play(sound, at, place - start)
            self._out.do(Send(frame))
        self._play(sound, at, len(sound))
        self._responses.leave(now)

    def _play(self, sound: bytes, start: int, end: int) -> int:
        for at in range(start, end, _PIECE):
            self._out.do(Play(sound[at : min(end, at + _PIECE)]))
        return max(start, end)

    def _detach(self, now: float) -> None:
        self._attached = self._listening = self._out.open = False
        self._client_at = now
        self._told_by = None
        self._playout.stop(now)
        self._responses.audible = None

    # ---- the engine

    def engine_ready(self, provider: str, model: str, capabilities: S2sCapabilities, now: float) -> list[Action]:
        """An engine is connected."""
        if self._closed or not self._connecting:
            return []
        self._connecting = False
        if self._ready_at is None:
            self._ready_at = now
            if self._attached:
                self._greet_client(now)
        self._talk.engine_ready(provider, model, capabilities, now)
        self._listening = self._attached
        return self._done(now)

    def engine_audio(self, response: str, pcm: bytes, now: float) -> bytes | None:
        """The next sound of a response, at the client's rate; returns what the client gets now, None = nothing (kept,
        or of a response that is over)."""
        responses, engine = self._responses, self._engine
        if not engine.up:
            return None
        engine.sign = now
        self._ring.alive_at = self._ring.end
        if response == responses.audible:
            self._playout.add(pcm, now)
            return pcm
        out = responses.audio(response, pcm, now)
        self._hold_or_release(now)
        self.has_pending = self._out.waiting
        return out

    def engine_event(self, event: EngineEvent, now: float) -> list[Action]:
        """Something happened at the engine."""
        if not self._engine.up:
            return []
        self._talk.engine_event(event, now)
        if self._talk.agent_ended and self._leave_by is None:
            self._leave_by = now + _MOST_UNHEARD
        if len(self._out.kept) > 4 * _MANY_FRAMES:
            self._finish((), 1008, "client_lost", now)
        return self._done(now)

    def engine_lost(self, error: ProviderError, now: float) -> list[Action]:
        """The engine is gone."""
        if not self._engine.up:
            return []
        self._lose_engine(now)
        return self._done(now)

    def no_engine(self, message: str, now: float) -> list[Action]:
        """No engine could be connected, at the beginning or after a loss. `message` is for people."""
        if self._ready_at is None:
            frame, reason = ErrorFrame("S2S_PROVIDER_CONNECT_FAILED", message), "Provider connect failed"
        else:
            frame, reason = ErrorFrame("PROVIDER_DISCONNECTED", message), "Provider disconnected"
        self._finish((frame,), 1011, reason, now)
        return self._done(now)

    def _stalled(self, now: float) -> None:
        self._lose_engine(now, stalled=True)

    def _lose_engine(self, now: float, *, stalled: bool = False) -> None:
        self._listening = False
        if self._leave_by is not None:
            self._talk.last_words(now)  # of an agent that has ended the conversation, nothing more is wanted
            return
        self._connecting = True
        self._talk.handover.lose(now, stalled=stalled)

    def _hold_or_release(self, now: float) -> None:
        """While the client is away, the engine is not read further than what it says can be kept."""
        engine, away = self._engine, not self._playout.running
        if not away and not engine.held:
            return
        full = self._playout.unheard(now) > _MOST_UNHEARD or len(self._out.kept) > _MANY_FRAMES
        if (away and full) != engine.held:
            engine.held = not engine.held
            engine.sign = now
            self._out.do(HoldEngine(engine.held))

    @property
    def responding(self) -> bool:
        """A response is in flight of which the engine may say more."""
        current = self._responses.current
        return current is not None and not current.finished

    @property
    def awaited(self) -> bool:
        """The engine was asked for a response that has not begun."""
        return self._engine.owes

    def problem(self, message: str, now: float) -> list[Action]:
        """Something went wrong on the way to the engine, and the session goes on. `message` is for people."""
        self._out.send(ErrorFrame("PROVIDER_ERROR", message))
        return self._done(now)

    def client_is_slow(self, slow: bool, now: float) -> None:
        """The bridge reads nothing more from the engine because the client does not keep up, or reads on: meanwhile the
        engine's silence means nothing."""
        self._engine.unread = slow
        self._engine.sign = now

    # ---- the end

    def end(self, reason: EndReason, now: float) -> list[Action]:
        """The gateway ends the session. Idempotent."""
        self._end(reason, now)
        return self._done(now)

    def _leave(self, now: float) -> None:
        self._end("agent_ended", now)

    def _leave_at(self, at_last: float) -> float:
        heard_by = self._playout.heard_by
        if heard_by is None or self._responses.current is not None:
            return at_last
        return min(at_last, heard_by + (_FAREWELL if self._playout.doubtful else 0))

    def _end(self, reason: EndReason, now: float) -> None:
        frames: list[ServerFrame] = []
        if reason == "insufficient_credits":
            frames.append(ErrorFrame("INSUFFICIENT_CREDITS", "The balance is exhausted"))
        elif self._ready_at is None:  # then the first frame has to say that the session never started
            frames.append(ErrorFrame("INTERNAL_ERROR", f"The session ended before an engine was there: {reason}"))
        self._finish((*frames, EndFrame(reason)), _END_CODES.get(reason, 1000), reason, now)

    def _finish(self, frames: tuple[ServerFrame, ...], code: int, reason: str, now: float) -> None:
        """Closes everything, with last frames for the client if it is there."""
        if self._closed:
            return
        if self._told_by is not None:
            self._go_on(now)
        self._talk.over(now)
        if self._attached:
            for frame in frames:
                self._out.do(Send(frame))
        self._out.do(Close(code, reason))
        self._closed = True
        self._listening = False

    def pending(self) -> list[Action]:
        """What the two audio methods want done beside their result; mostly nothing. To be asked after each of them when
        `has_pending` is true."""
        self.has_pending = False
        return self._out.take()

    def _done(self, now: float) -> list[Action]:
        if not self._closed:
            self._hold_or_release(now)
            if self._leave_by is not None and self._leave_at(now + 1) <= now:
                self._leave(now)
        self.has_pending = False
        return self._out.take()
