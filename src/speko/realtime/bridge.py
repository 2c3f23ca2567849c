"""Ties one session to a client's socket and to an engine: carries out what the state machine decides, and owns the
sockets, the timer, the resamplers and the queue upwards.

Downwards there is no queue of ours: what the client has not taken stands in the buffer of its socket.
"""

import asyncio
import logging
import time
import traceback
from collections.abc import Sequence

from speko.events.s2s import EndReason, ErrorFrame, ServerFrame, encode_server_frame
from speko.providers.errors import DeadlineExceeded, ProviderError
from speko.providers.s2s import Configure, EngineEvent, ResponseDone, ResponseUsage
from speko.realtime import actions as do
from speko.realtime.engines import Engine, Engines, Resume, explained
from speko.realtime.feed import Feed
from speko.realtime.link import ClientLink
from speko.realtime.observer import Observer, Watcher
from speko.realtime.session import Session, SessionConfig
from speko.realtime.slow_client import SlowClient
from speko.realtime.upward import Upward
from speko.routing.attempts import Candidate
from speko.routing.dispatch import NoAnswer

log = logging.getLogger(__name__)
_PAUSE_SECONDS = 15
"""Of audio in the client's socket, from which on nothing more is read from the engine."""
_MOST_SECONDS = 30
"""Of audio in the client's socket, beyond which a client that takes nothing is given up soon."""
CLIENT_LOST = "client_lost"
"""End reason of a session whose client vanished and did not come back."""
_PIECE = 64 * 1024
"""Bytes of one frame to the client: engines send more in one go than most clients take in one message."""
_MOST_TEXT = 16 * 2**20
"""Bytes in the client's socket, beyond which it is given up at once: no sound, which stops long before, but answers to
frames that it goes on sending."""
_SAMPLE = 2
"""Bytes."""


class Bridge:
    """One live session. `attach` gives it the client's socket; it ends by itself and tells the observer."""

    def __init__(self, config: SessionConfig, engines: Engines, observer: Observer) -> None:
        self.session = Session(config, time.monotonic())
        self.input_rate = config.input_rate
        self.output_rate = config.output_rate
        self.link: ClientLink | None = None
        self.over = False
        self.watcher: Watcher | None = None
        self._engines = engines
        self._observer = observer
        self._engine: Engine | None = None
        self._feed: Feed | None = None
        self._connecting: asyncio.Task[None] | None = None
        self._upward: Upward | None = None
        self._drop_told = False
        self._heard_bytes = 0
        self._held: set[str] = set()
        """Why nothing is read from the engine: `session`, `client`."""
        self._served_by: Candidate | None = None
        """The engine in service, or the last one that was."""
        self._timer: asyncio.TimerHandle | None = None
        self._timer_due = 0.0
        self._slow: SlowClient | None = None
        self._given_up = False
        """The client took nothing of what it was sent."""
        self._loop = asyncio.get_running_loop()

    # ---- the client's side

    def attach(self, link: ClientLink) -> None:
        """A socket of the client, the first or another one in place of one that was lost."""
        self.link = link
        self.carry_out(self.session.attached(time.monotonic()))

    def detach(self, link: ClientLink, code: int | None) -> None:
        """A socket is gone."""
        if link is not self.link or self.over:
            return
        self.link = None
        self._client_keeps_up()
        self.carry_out(self.session.detached(code, time.monotonic()))

    def on_audio(self, pcm: bytes) -> None:
        """The client's next sound."""
        session = self.session
        try:
            out = session.client_audio(pcm, time.monotonic())
            if out is not None:
                upward = self._upward
                if upward is not None and upward.straight:
                    self._heard_bytes += len(out)
                    upward.connection.audio(out)
                else:
                    self._hear(out)
            if session.has_pending:
                self.carry_out(session.pending())
        except Exception as error:
            self.crashed(error)

    def on_text(self, text: bytes) -> None:
        """The client's next text frame."""
        try:
            self.carry_out(self.session.client_text(text, time.monotonic()))
        except Exception as error:
            self.crashed(error)

    def configure(self, configured: Configure) -> None:
        """The client wants other instructions or tools; may be told before the first `attach`."""
        try:
            self.carry_out(self.session.configure(configured, time.monotonic()))
        except Exception as error:
            self.crashed(error)

    def on_drained(self) -> None:
        """The client's socket has room again."""
        try:
            self._client_keeps_up()
        except Exception as error:
            self.crashed(error)

    def end(self, reason: EndReason) -> None:
        """The gateway ends the session."""
        self.carry_out(self.session.end(reason, time.monotonic()))

    def play(self, pcm: bytes) -> None:
        """Audio to the client."""
        link = self.link
        if link is None:
            return
        if len(pcm) <= _PIECE:
            link.send_audio(pcm)
        else:
            for at in range(0, len(pcm), _PIECE):
                link.send_audio(pcm[at : at + _PIECE])
        if link.buffered > self.output_rate * _SAMPLE * _PAUSE_SECONDS:
            self._client_is_slow(link)

    def _client_is_slow(self, link: ClientLink) -> None:
        most = self.output_rate * _SAMPLE * _MOST_SECONDS
        if self._slow is None:
            self._slow = SlowClient(link, most, self._give_client_up)
            self._hold("client", True)
            self.session.client_is_slow(True, time.monotonic())

    def _client_keeps_up(self) -> None:
        if self._slow is not None:
            self._slow.stop()
            self._slow = None
            self._hold("client", False)
            self.session.client_is_slow(False, time.monotonic())

    def _give_client_up(self) -> None:
        link, self.link = self.link, None
        if link is None:
            return
        self._given_up = True
        link.send_text(encode_server_frame(ErrorFrame("CLIENT_TOO_SLOW", "What was sent is not read")))
        link.close(1008, "too slow")
        try:
            self._client_keeps_up()
            self.carry_out(self.session.detached(1008, time.monotonic()))
        except Exception as error:
            self.crashed(error)

    # ---- the engine's side

    def engine_said(self, feed: Feed, event: EngineEvent) -> None:
        """An event of the engine in service."""
        engine, watcher = self._engine, self.watcher
        if watcher is not None:
            watcher.engine_says(event)
        if engine is not None:
            if isinstance(event, ResponseDone) and event.status == "completed":
                engine.answered = True
            elif isinstance(event, ResponseUsage):
                self._book(engine, feed, event)
        self.carry_out(self.session.engine_event(event, time.monotonic()))
        if watcher is not None:
            session = self.session
            watcher.engine_said(event, responding=session.responding, awaited=session.awaited)

    def _book(self, engine: Engine, feed: Feed, usage: ResponseUsage) -> None:
        sound = self._heard_bytes / self.input_rate + feed.spoken_bytes / self.output_rate
        self._heard_bytes = feed.spoken_bytes = 0
        self._observer.responded(engine.candidate, usage, int(sound * 1000 / _SAMPLE))

    def engine_lost(self, feed: Feed, error: ProviderError) -> None:
        """The engine in service is gone."""
        try:
            self._drop_engine(error)
            self.carry_out(self.session.engine_lost(error, time.monotonic()))
        except Exception as mistake:
            self.crashed(mistake)

    def engine_paused(self, full: bool) -> None:
        """The engine takes no more audio, or does again."""
        if self._upward is not None:
            (self._upward.pause if full else self._upward.resume)()

    def _hear(self, pcm: bytes, *, kept: bool = False) -> None:
        upward = self._upward
        if upward is None:
            return
        self._heard_bytes += len(pcm)
        upward.audio(pcm, kept=kept)
        if upward.dropped and not self._drop_told:
            self._drop_told = True
            self.carry_out(self.session.problem("The engine does not keep up: audio was dropped", time.monotonic()))

    def _connect(self, resume: Resume) -> None:
        if self._engine is not None:
            # The machine has given it up: it is there and says nothing.
            self._drop_engine(DeadlineExceeded("stalled in the middle of its answer", stage="gap"))
        if self._connecting is not None:
            self._connecting.cancel()  # what it was told is not true any more
        self._connecting = self._loop.create_task(self._open_engine(resume))

    async def _open_engine(self, resume: Resume) -> None:
        # One that is cancelled leaves everything alone: another may have taken its place already.
        try:
            engine = await self._engines.open(resume, self._new_feed)
        except NoAnswer as failure:
            self._connecting = None
            self._no_engine(explained(failure))
        except Exception as error:
            self._connecting = None
            self.crashed(error)
        else:
            self._connecting = None
            try:
                self._serve(engine)
            except Exception as error:
                self.crashed(error)

    def _no_engine(self, message: str) -> None:
        try:
            self.carry_out(self.session.no_engine(message, time.monotonic()))
        except Exception as error:
            self.crashed(error)

    def _new_feed(self) -> Feed:
        if self._feed is not None:
            self._feed.live = False
        self._feed = Feed(self)
        return self._feed

    def _serve(self, engine: Engine) -> None:
        self._engine = engine
        self._upward = Upward(engine.connection, self.input_rate, engine.rates.input)
        candidate = self._served_by = engine.candidate
        self._observer.active(candidate)
        feed = self._feed
        self.carry_out(
            self.session.engine_ready(candidate.provider, candidate.model, engine.capabilities, time.monotonic())
        )
        if self.watcher is not None:
            self.watcher.engine_changed(awaited=self.session.awaited)
        if self._held and self._engine is engine:
            engine.connection.pause_reading()
        if feed is not None and feed.live and self._engine is engine:
            feed.in_service(engine.rates.output)

    def _drop_engine(self, error: ProviderError) -> None:
        engine, self._engine, self._upward = self._engine, None, None
        self._end_feed(engine)
        if engine is not None:
            self._engines.lost(engine, error)

    def _end_feed(self, engine: Engine | None) -> None:
        feed = self._feed
        if feed is None:
            return
        feed.live = False
        if engine is not None and feed.spoken_bytes:
            # Of a response that was cut short nobody tells the tokens: its seconds are booked.
            self._book(engine, feed, ResponseUsage(""))

    def _hold(self, why: str, hold: bool) -> None:
        before = bool(self._held)
        (self._held.add if hold else self._held.discard)(why)
        if self._engine is not None and bool(self._held) != before:
            connection = self._engine.connection
            if hold:
                connection.pause_reading()
            else:
                connection.resume_reading()

    # ---- what the state machine wants

    def carry_out(self, wanted: Sequence[do.Action]) -> None:
        """Does it, in order."""
        for action in wanted:
            if self.over:
                return
            self._do(action)
        if not self.over:
            self._watch_the_clock()

    def _do(self, action: do.Action) -> None:
        match action:
            case do.Send():
                self._send(action.frame)
            case do.Play():
                self.play(action.pcm)
            case do.Hear():
                self._hear(action.pcm, kept=True)
            case do.Tell():
                if self._upward is not None:
                    self._upward.tell(action.command)
            case do.Record():
                self._observer.record(action.what, self._served_by)
            case do.Connect():
                self._connect(Resume(action.history, action.history_heard, action.continue_answer, action.configured))
            case do.HoldEngine():
                self._hold("session", action.hold)
            case do.Close():
                self._finish(action.code, action.reason)

    def _send(self, frame: ServerFrame) -> None:
        link = self.link
        if link is None:
            return
        link.send_text(encode_server_frame(frame))
        if link.buffered > self.output_rate * _SAMPLE * _PAUSE_SECONDS:
            self._client_is_slow(link)
            if link.buffered > _MOST_TEXT:
                self._give_client_up()

    def _watch_the_clock(self) -> None:
        due = self.session.deadline
        if due is None:
            return
        if self._timer is not None:
            # Our own note of when: for what is due at once, uvloop gives a handle that knows no time.
            if self._timer_due <= due + 0.001:
                return  # it looks again when it fires
            self._timer.cancel()
        self._timer_due = due
        self._timer = self._loop.call_later(max(0.0, due - time.monotonic()), self._time_has_passed)

    def _time_has_passed(self) -> None:
        self._timer = None
        try:
            due = self.session.deadline
            if due is not None and due <= time.monotonic():
                self.carry_out(self.session.tick(time.monotonic()))
            else:
                self._watch_the_clock()
        except Exception as error:
            self.crashed(error)

    def crashed(self, error: Exception) -> None:
        """A mistake of ours in the middle of handling something: this session ends, and nothing else. Where it was is
        logged, and not the exception's text, which may hold a person's words."""
        frames = traceback.extract_tb(error.__traceback__)[-4:]
        where = " > ".join(f"{frame.filename.rsplit('/', 1)[-1]}:{frame.lineno}" for frame in frames)
        log.error("session crashed", extra={"type": type(error).__name__, "where": where})
        if not self.over:
            self._send(ErrorFrame("INTERNAL_ERROR", "The session failed"))
            self._finish(1011, "Internal error")

    def _finish(self, code: int, reason: str) -> None:
        self.over = True
        if self._timer is not None:
            self._timer.cancel()
        if self._slow is not None:
            self._slow.stop()
        if self._connecting is not None:
            self._connecting.cancel()
        engine, self._engine, self._upward = self._engine, None, None
        self._end_feed(engine)
        if engine is not None:
            cause = "caller_stalled" if self._given_up else _why_cut_short(code, reason, engine)
            self._engines.ended(engine, cause=cause)
        link, self.link = self.link, None
        if link is not None:
            link.close(code, reason)
        failed = code == 1011 and self._served_by is None
        self._observer.ended("failed" if failed else "ended", "client_too_slow" if self._given_up else reason)


def _why_cut_short(code: int, reason: str, engine: Engine) -> str | None:
    """`cause` of the attempt that served when the session ended; None = it served in good order."""
    if code == 1011:
        return "crash"
    if engine.answered:
        return None
    return "gateway_stopped" if reason == "server_shutdown" else "caller_left"
