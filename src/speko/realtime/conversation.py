"""What was said so far, in the order of the conversation, for the next engine.

The place of the user's words is where their speech ended, although a transcript may be ready long after the answer to
it has begun, and transcripts of two utterances in any order.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from speko.providers.s2s import AssistantSaid, HistoryItem, ToolAnswered, ToolCalled, UserSaid
from speko.realtime.unanswered import Span

MOST_ITEMS = 200
MOST_CHARS = 65_536
_MOST_UTTERANCES = 64
"""Whose late transcripts still find their place."""


@dataclass(slots=True, eq=False)
class UserEntry:
    """An utterance of the user, or typed text. Times UTC."""

    started_at: datetime
    ended_at: datetime
    span: Span | None = None
    """Its audio."""
    text: str = ""
    """As far as it is known; a transcript that is not final is not known."""
    answered: bool = False

    def item(self) -> HistoryItem:
        """For the next engine."""
        return UserSaid(self.text)


@dataclass(slots=True, eq=False)
class AnswerEntry:
    """What the user heard of a response."""

    text: str = ""
    unsaid: bool = False
    """The rest of it is still to come, in another response."""

    def item(self) -> HistoryItem:
        """For the next engine."""
        return AssistantSaid(self.text)


@dataclass(slots=True, eq=False)
class CallEntry:
    """A tool call, with its answer when there is one."""

    call_id: str
    name: str
    arguments: str
    answer: ToolAnswered | None = None
    text: str = field(init=False)

    def __post_init__(self) -> None:
        self.text = self.name + self.arguments

    def item(self) -> HistoryItem:
        """For the next engine."""
        return ToolCalled(self.call_id, self.name, self.arguments)


Entry = UserEntry | AnswerEntry | CallEntry


class Conversation:
    """The history of one session. Bounded: the oldest is forgotten, a tool call only together with its answer."""

    def __init__(self) -> None:
        self._entries: deque[Entry] = deque()
        self._utterances: dict[str, UserEntry] = {}
        """By the id that the engine's transcripts share."""
        self._unnamed: deque[UserEntry] = deque(maxlen=_MOST_UTTERANCES)
        """Spoken, oldest first; no transcript of theirs has come yet."""

    def remember(self, history: Sequence[HistoryItem], at: datetime) -> None:
        """What was said before the session, of which nothing waits for an answer. `at`: UTC."""
        calls: dict[str, CallEntry] = {}
        for item in history:
            match item:
                case UserSaid(text):
                    self._entries.append(UserEntry(at, at, text=text, answered=True))
                case AssistantSaid(text):
                    self._entries.append(AnswerEntry(text))
                case ToolCalled(call_id, name, arguments):
                    calls[call_id] = self.called(call_id, name, arguments)
                case ToolAnswered(call_id) if call_id in calls:
                    calls[call_id].answer = item
        self._trim()

    # ---- the user

    def spoken(self, entry: UserEntry, *, named: bool) -> None:
        """The user has stopped speaking here. `named`: a transcript of it has come before that."""
        self._entries.append(entry)
        if not named:
            self._unnamed.append(entry)
        self._trim()

    def typed(self, text: str, at: datetime) -> None:
        """The user typed."""
        self._entries.append(UserEntry(at, at, text=text))
        self._trim()

    def utterance(self, name: str) -> UserEntry | None:
        """Whose words a transcript holds: the one of that name, else the oldest that has no name yet."""
        entry = self._utterances.get(name)
        if entry is None and self._unnamed:
            entry = self._unnamed.popleft()
            self.name(name, entry)
        return entry

    def name(self, name: str, entry: UserEntry) -> None:
        """Transcripts with that name belong to this utterance."""
        self._utterances[name] = entry
        if len(self._utterances) > _MOST_UTTERANCES:
            del self._utterances[next(iter(self._utterances))]

    def place(self, entry: UserEntry, before: AnswerEntry | None) -> None:
        """Words of an utterance whose end nobody reported, which the response `before` may answer."""
        if before is not None and before in self._entries:
            self._entries.insert(self._entries.index(before), entry)
        else:
            self._entries.append(entry)
        self._trim()

    def forget_names(self) -> None:
        """Another engine gives its own names, and hears anew what had no words yet."""
        self._utterances.clear()
        self._unnamed.clear()
        self._entries = deque(
            entry for entry in self._entries if not isinstance(entry, UserEntry) or entry.text or entry.answered
        )

    def waiting(self) -> list[UserEntry]:
        """What the user said and nobody answered."""
        return [entry for entry in self._entries if isinstance(entry, UserEntry) and not entry.answered]

    # ---- the assistant

    def answer(self) -> AnswerEntry:
        """A response begins here."""
        entry = AnswerEntry()
        self._entries.append(entry)
        self._trim()
        return entry

    def called(self, call_id: str, name: str, arguments: str) -> CallEntry:
        """The response asks for a tool."""
        entry = CallEntry(call_id, name, arguments)
        self._entries.append(entry)
        self._trim()
        return entry

    # ---- for the next engine

    def history(self, shown: AnswerEntry | None = None, text: str = "") -> tuple[HistoryItem, ...]:
        """All of it that has words; of the response `shown`, `text`."""
        items: list[HistoryItem] = []
        for entry in self._entries:
            if entry is shown:
                items += [AssistantSaid(text)] if text else []
            elif entry.text:
                items.append(entry.item())
            if isinstance(entry, CallEntry) and entry.answer is not None:
                items.append(entry.answer)
        return tuple(items)

    def last(self) -> Entry | None:
        """The last entry with words."""
        return next((entry for entry in reversed(self._entries) if entry.text), None)

    def _trim(self) -> None:
        items = chars = 0
        for entry in self._entries:
            answer = entry.answer if isinstance(entry, CallEntry) else None
            items += 1 if answer is None else 2
            chars += len(entry.text) + (len(answer.output) if answer else 0)
        while len(self._entries) > 1 and (items > MOST_ITEMS or chars > MOST_CHARS):
            oldest = self._entries.popleft()
            answer = oldest.answer if isinstance(oldest, CallEntry) else None
            items -= 1 if answer is None else 2
            chars -= len(oldest.text) + (len(answer.output) if answer else 0)


def settle(entries: list[UserEntry]) -> None:
    """These were answered, or nobody waits for that."""
    for entry in entries:
        entry.answered = True
        if entry.span is not None:
            entry.span.settled = True
