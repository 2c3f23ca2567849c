"""Speech to text through routing: one call per utterance, failed over until its words are there.

The sound of an utterance is kept until then, and whoever is asked next hears all of it, so that no word is lost.
Deadlines count from the end of the speech, however long it is.

An embedded recogniser is asked for its last words at the first pause, while the silence that ends speech still runs,
and an embedded model may think about them. Should the speech go on, that was for nothing, and all of it is heard anew.
Who is paid for what he hears is asked once.
"""

import asyncio
import time
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Sequence
from contextlib import aclosing, asynccontextmanager
from functools import partial
from typing import TypeVar

from livekit.agents import LanguageCode
from livekit.agents.stt import SpeechData, SpeechEvent, SpeechEventType

from speko.agent.context import AgentContext
from speko.agent.failing import complaint, spoken
from speko.agent.utterance import Utterance
from speko.providers.call import Call
from speko.providers.errors import Busy, DeadlineExceeded, Unsupported
from speko.providers.s2s import EngineEvent, EngineProblem, S2sRequest, TurnStage, UserTranscript
from speko.providers.stt import SttRequest, Transcript
from speko.routing.attempts import Attempts, Candidate, Deadlines
from speko.routing.dispatch import CallerFault, Dispatch, NoAnswer
from speko.routing.metering import Meter

_DAY = 86_400.0
_OURS = Deadlines(connect=3.0, first_byte=_DAY, gap=_DAY, total=_DAY, budget=_DAY)
"""For the attempt loop, which counts from the beginning of the speech."""
_LONGEST = 60.0
"""Seconds of one utterance; who speaks on without a breath speaks two."""
_NOISE = 1.8
"""Seconds of sound, with the silence around it, up to which it is believed that there are no words in it; longer ones
get a second opinion."""
_AGAIN = 0.25
"""Seconds after which an engine that was busy is asked once more."""
_MOST_GUESSES = 3
"""Pauses of an utterance after which it is not heard anew any more,"""
_LONGEST_GUESS = 5.0
"""and seconds: pocketsphinx takes a tenth to a fifth of that to hear it anew, and the answer waits for it."""
_SOMETHING_ELSE = "…"
"""Words that AgentSession takes for others than those it thinks about."""
_FORGETTING = 0.25
"""Seconds within which AgentSession has ended what was begun for words that are forgotten, or taken back."""
_DETECT = frozenset({"auto", "multi"})
T = TypeVar("T")


class Hearing:
    """The recogniser of one conversation.

    Args:
        nothing: called when all is recognised, and there were no words in it.
        guess: whether words that may not be the last ones are of use now.
    """

    def __init__(
        self,
        request: S2sRequest,
        context: AgentContext,
        send: Callable[[EngineEvent], None],
        nothing: Callable[[], None],
        guess: Callable[[], bool] = lambda: False,
    ) -> None:
        self._request = request
        self._context = context
        self._send = send
        self._nothing = nothing
        self._guess = guess
        language = request.cascade.stt_language or context.language
        self._language = None if language in _DETECT else language
        self._speaking: Utterance | None = None
        self._silent_since = 0.0
        self._last: asyncio.Task[None] | None = None
        self._tasks: dict[asyncio.Task[None], Utterance] = {}
        self._words: asyncio.Queue[SpeechEvent] = asyncio.Queue()
        self._any_words = False
        """Since nothing was being recognised."""

    @property
    def busy(self) -> bool:
        """Whether words may still come of what was said."""
        return bool(self._tasks)

    # ---- the sound

    def begin(self, pcm: bytes) -> None:
        """An utterance begins with this sound."""
        utterance = self._speaking = Utterance(self._request.input_rate, pcm)
        task = self._last = asyncio.get_running_loop().create_task(self._understand(utterance, self._last))
        self._tasks[task] = utterance
        task.add_done_callback(self._done)

    def add(self, pcm: bytes) -> None:
        """It goes on."""
        if self._speaking is not None:
            self._speaking.add(pcm)
            if self._speaking.seconds >= _LONGEST:
                self.end()
                self.begin(b"")

    def pause(self) -> None:
        """It may be over."""
        if self._speaking is not None and self._speaking.seconds < _LONGEST_GUESS:
            self._speaking.pause()

    def go_on(self) -> None:
        """It was a pause only."""
        if self._speaking is not None:
            self._speaking.go_on()

    @property
    def silent_ms(self) -> float:
        """For how long nobody has been speaking."""
        return 0.0 if self._speaking is not None else (asyncio.get_running_loop().time() - self._silent_since) * 1e3

    async def silence(self) -> None:
        """Returns when nobody is speaking. Who waits for it with an answer to words that were taken back meanwhile is
        ended by AgentSession before, even where sound comes faster than AgentSession works."""
        while (utterance := self._speaking) is not None:
            taken_back = utterance.taken_back
            await utterance.ended.wait()
            if utterance.forgotten or utterance.taken_back > taken_back:
                await asyncio.sleep(_FORGETTING)

    def end(self) -> None:
        """It is over."""
        if self._speaking is not None:
            self._speaking.end()
            self._speaking = None
            self._silent_since = asyncio.get_running_loop().time()

    def nothing_more(self) -> None:
        """There is nothing to recognise in what the relay takes for an utterance; it hears that, unless it is about one
        that is being recognised."""
        if not self.busy:
            self._send(UserTranscript(Utterance(self._request.input_rate).id, "", final=True))

    def drop(self) -> None:
        """Forgets what is being recognised."""
        self.end()
        for task, utterance in self._tasks.items():
            utterance.forgotten = True
            if task.cancel():
                self._send(UserTranscript(utterance.id, "", final=True))
        while not self._words.empty():
            self._words.get_nowait()

    async def close(self) -> None:
        """Ends every call."""
        tasks = list(self._tasks)
        self.drop()
        await asyncio.gather(*tasks, return_exceptions=True)

    # ---- the words

    async def words(self) -> AsyncIterator[SpeechEvent]:
        """What was said, utterance by utterance, in order; an empty text where there were no words. Before them what
        may have been said (preflight), and that it was not (interim). For ever."""
        while True:
            yield await self._words.get()

    async def _understand(self, utterance: Utterance, previous: asyncio.Task[None] | None) -> None:
        text, by = await self._recognised(utterance)
        if previous is not None and not previous.done():
            await asyncio.wait((previous,))
        if by is not None and text:
            self._send(TurnStage("stt_final", by.provider, by.model))
        self._send(UserTranscript(utterance.id, text, final=True))
        self._any_words |= bool(text)
        self._tell(SpeechEventType.FINAL_TRANSCRIPT, utterance, text)

    def _tell(self, kind: SpeechEventType, utterance: Utterance, text: str) -> None:
        said = SpeechData(LanguageCode(self._language or ""), text)
        self._words.put_nowait(SpeechEvent(kind, utterance.id, [said]))

    async def _recognised(self, utterance: Utterance) -> tuple[str, Candidate | None]:
        """The words, and who understood them. While our own engines are busy it waits for them, as long as anybody
        would wait for an answer."""
        guesses = 0
        while True:
            ahead = guesses < _MOST_GUESSES
            meter = Meter(self._context.call_info(), self._context.ledger)
            attempts = Attempts(self._context.candidates["stt"], self._context.health, _OURS, time.monotonic())
            open_stream = partial(self._transcript, utterance, ahead)
            dispatch = Dispatch(attempts, open_stream, partial(_enough, utterance), meter)
            try:
                async with _unless_it_goes_on(utterance):
                    return await self._served(dispatch)
            except _WentOn:
                guesses += 1
                continue
            except (NoAnswer, CallerFault) as failure:
                if utterance.breaks_off and not utterance.ended.is_set():
                    guesses = _MOST_GUESSES  # it fails before its time: it may try again
                    continue
                if attempts.silent is not None and dispatch.silent_call is not None:
                    meter.served(attempts.silent, dispatch.silent_call)  # two have heard nothing: an answer, too
                elif _busy(failure) and self._left(utterance) > _AGAIN:
                    await utterance.ended.wait()
                    await asyncio.sleep(_AGAIN)
                    continue
                else:
                    self._send(EngineProblem(complaint("speech to text", failure)))
                return "", None

    async def _served(self, dispatch: Dispatch[Transcript]) -> tuple[str, Candidate]:
        text, served = "", await dispatch.first()
        try:
            while (batch := await served.next()) is not None:
                text = batch[0].text
        finally:
            await served.close()
        return text, served.candidate

    async def _transcript(
        self, utterance: Utterance, ahead: bool, candidate: Candidate, call: Call
    ) -> AsyncGenerator[Sequence[Transcript], None]:
        """One candidate's transcript of the whole utterance, as the only one; what comes before goes to the relay."""
        ahead = ahead and candidate.embedded
        finals: list[str] = []
        interim = told = ""
        patience = self._patience(utterance, candidate)
        async with _in_time(utterance, patience), aclosing(self._batches(utterance, ahead, candidate, call)) as batches:
            async for batch in batches:
                for heard in batch:
                    interim = heard.text.strip()
                    if heard.is_final:
                        finals, interim = [*finals, interim], ""
                if (text := _joined(finals, interim)) and text != told:
                    told = text
                    self._send(UserTranscript(utterance.id, text, final=False))
        text = _joined(finals, interim)
        if utterance.breaks_off:
            await self._until_over(utterance, text)
        yield [Transcript(text, is_final=True)]

    async def _until_over(self, utterance: Utterance, text: str) -> None:
        """Returns when these are known to be the last words. Meanwhile the session may think about them."""
        first = next(iter(self._tasks.values())) is utterance
        guessed = first and bool(text) and not utterance.ended.is_set() and self._guess()
        if guessed:
            self._tell(SpeechEventType.PREFLIGHT_TRANSCRIPT, utterance, text)
        try:
            await utterance.ended.wait()
        except asyncio.CancelledError:
            if guessed and not utterance.ended.is_set():
                self._tell(SpeechEventType.INTERIM_TRANSCRIPT, utterance, _SOMETHING_ELSE)
            raise

    async def _batches(
        self, utterance: Utterance, ahead: bool, candidate: Candidate, call: Call
    ) -> AsyncGenerator[Sequence[Transcript], None]:
        connector = self._context.connectors.stt(candidate.provider)
        keywords = self._request.cascade.keywords if connector.capabilities.keywords else ()
        request = SttRequest(candidate.wire_model, self._language, keywords, utterance.rate)
        if connector.capabilities.streaming:
            async with aclosing(utterance.sound(to_pause=ahead)) as sound:
                async for batch in connector.listen(request, sound, call):
                    yield batch
        elif connector.capabilities.batch:
            with await utterance.recording() as recording:
                async for batch in connector.transcribe(request, recording, call):
                    yield batch
        else:
            raise Unsupported("takes neither live audio nor recordings")

    def _patience(self, utterance: Utterance, candidate: Candidate) -> float:
        """Seconds from the end of the speech, or from now when that is over, that a candidate has."""
        left = max(0.5, self._left(utterance))
        last = candidate is self._context.candidates["stt"][-1]
        return min(self._context.deadlines.first_byte, left if last else left / 2)

    def _left(self, utterance: Utterance) -> float:
        """Seconds within which there should be words."""
        over = 0.0 if utterance.ended_at is None else asyncio.get_running_loop().time() - utterance.ended_at
        return spoken(self._context.deadlines).budget - over

    def _done(self, task: asyncio.Task[None]) -> None:
        del self._tasks[task]
        if not task.cancelled():
            task.exception()
        if not self._tasks:
            any_words, self._any_words = self._any_words, False
            if not any_words:
                self._nothing()


@asynccontextmanager
async def _in_time(utterance: Utterance, seconds: float) -> AsyncIterator[None]:
    """Gives what runs inside so many seconds from the end of the speech. Raises DeadlineExceeded."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit:
            with utterance.at_end(lambda: limit.reschedule(loop.time() + seconds)):
                yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise DeadlineExceeded("gave no transcript in time", stage="first_byte") from None


class _WentOn(Exception):
    """The speech that seemed to be over goes on."""


@asynccontextmanager
async def _unless_it_goes_on(utterance: Utterance) -> AsyncIterator[None]:
    """Cancels what runs inside when what it was told of the utterance turns out not to be all. Raises _WentOn."""
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(None) as limit:
            with utterance.at_going_on(lambda: limit.reschedule(loop.time())):
                yield
    except TimeoutError:
        if not limit.expired():
            raise
        raise _WentOn from None


def _busy(failure: NoAnswer | CallerFault) -> bool:
    return isinstance(failure, NoAnswer) and any(isinstance(failed.error, Busy) for failed in failure.failures)


def _joined(finals: Sequence[str], interim: str) -> str:
    return " ".join(part for part in (*finals, interim) if part)


def _enough(utterance: Utterance, batch: Sequence[Transcript]) -> bool:
    return bool(batch[0].text) or utterance.seconds < _NOISE
