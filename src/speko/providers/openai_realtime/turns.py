"""Whose turn it is, and which response is still to come.

A server with turn detection of its own answers by itself at the end of a turn. Everything else has to be asked for: an
answer to a turn that the client ends, to tools, and to typed text. Only one response is in flight at a time, so what is
asked for waits until none is.

Messages cross: a response may have begun before the server has read what we sent. The server confirms every item and
every commit, in order with everything else that it says, so that what is not confirmed at the beginning of a response
is not answered by it. Where a server confirms nothing, the end of a turn is taken to answer all that was sent before.
"""

from collections.abc import Callable
from enum import IntEnum

from speko.providers.openai_realtime.client_events import purpose_of

TAIL_MS = 500
"""Audio after the end of a turn that the server found, in which a commit of the client means that same turn."""


class Reason(IntEnum):
    """Why a response is to come; a higher one includes the lower."""

    NOTHING = 0
    TURN = 1
    """The user's turn is over. When the server has found that too, its response is the answer."""
    TOOLS = 2
    """Tools have answered. While the user speaks nothing is asked for: the end of the turn brings a response."""
    TEXT = 3
    """The user typed."""


class Turns:
    """The turns of one session.

    Args:
        rate: Hz of the user's audio.
        respond: asks the server for a response.
    """

    def __init__(self, rate: int, respond: Callable[[], None]) -> None:
        self.speaking = False
        """The server hears the user speak."""
        self._respond = respond
        self._bytes_per_second = rate * 2
        self._appended = 0  # bytes of audio that the server was sent
        self._turned = 0  # the part of them that belongs to turns that are over
        self._padding_ms, self._silence_ms = 300, 500
        self._in_flight = False
        self._due = False  # a response was asked for, by us or by the end of a turn, and has not begun
        self._owed = Reason.NOTHING  # what is still to be asked for
        self._asked = Reason.NOTHING  # what the last response was asked for
        self._confirms = True  # until a whole response has passed without
        self._has_confirmed = False
        self._unconfirmed: dict[str, None] = {}  # items and commits, the oldest first
        self._uncovered: set[str] = set()  # what no response answers that has begun so far
        self._server_commits = False  # the next confirmation of a commit is about the server's own

    @property
    def waiting(self) -> bool:
        """The user waits for a response, or for the rest of one."""
        return self._due or self._in_flight

    @property
    def appended_ms(self) -> int:
        """Audio that the server was sent."""
        return self._appended * 1000 // self._bytes_per_second

    def detects(self, padding_ms: int | None, silence_ms: int | None) -> None:
        """What the server adds before and after speech."""
        self._padding_ms, self._silence_ms = padding_ms or 0, silence_ms or 0

    # ---- the user

    def append(self, size: int) -> None:
        """So many bytes of audio were sent."""
        self._appended += size

    def commit(self) -> bool:
        """The client ends the turn; returns whether the server has to be told."""
        fresh = self._appended - self._turned
        if not fresh:
            return False
        if self.waiting and not self.speaking and fresh * 1000 < TAIL_MS * self._bytes_per_second:
            return False  # the server found the end of this turn first; what is left is silence after it
        self.clear()
        return True

    def clear(self) -> None:
        """No audio is open any more."""
        self._turned = self._appended
        self.speaking = False

    def speech_started(self, at_ms: int | None) -> int:
        """The server hears speech from a position in the user's audio on, its padding included; returns how many ms ago
        that was."""
        self.speaking = True
        return 0 if at_ms is None else self._ago(at_ms + self._padding_ms)

    def speech_stopped(self, at_ms: int | None) -> int:
        """The same for the end of speech, the silence after it included. The server will answer, unless a response that
        was asked for while the user spoke is in its way."""
        self.speaking = False
        self._server_commits = True
        at = self._appended if at_ms is None else at_ms * self._bytes_per_second // 1000
        self._turned = max(self._turned, min(at, self._appended))
        if not self._in_flight:
            if not self._confirms:
                self._owed = Reason.NOTHING
            self.expect(max(Reason.TURN, self._asked) if self._due else Reason.TURN)
        else:
            self._uncovered.add("turn")
            self.owe(Reason.TURN)
        return self._silence_ms if at_ms is None else self._ago(at_ms - self._silence_ms)

    def _ago(self, position_ms: int) -> int:
        return max(0, self.appended_ms - max(0, position_ms))

    # ---- responses

    def sent(self, message_id: str) -> None:
        """An item that is to be answered was sent, or a commit."""
        self._unconfirmed[message_id] = None
        self._uncovered.add(message_id)

    def confirmed(self, item_id: str) -> None:
        """The server has an item."""
        self._confirms = self._has_confirmed = True
        self._unconfirmed.pop(item_id, None)

    def committed(self) -> None:
        """The server has made an item of the audio."""
        self._confirms = self._has_confirmed = True
        if not self._server_commits:
            ours = next((sent for sent in self._unconfirmed if purpose_of(sent) == "commit"), "")
            self._unconfirmed.pop(ours, None)
            self.speaking = False  # our commit ended the speech, of which we may have heard only after it
            self.ask()
        self._server_commits = False

    def declined(self, message_id: str) -> None:
        """The server does not take an item or a commit; there will be no confirmation."""
        self._unconfirmed.pop(message_id, None)
        self._uncovered.discard(message_id)
        if self._confirms and not self._uncovered:
            self._owed = Reason.NOTHING

    def owe(self, reason: Reason) -> None:
        """A response is to be asked for, as soon as that is possible."""
        self._owed = max(self._owed, reason)
        self.ask()

    def expect(self, reason: Reason) -> None:
        """A response was asked for."""
        self._due, self._asked = True, reason

    def announced(self) -> None:
        """The server says that a response begins."""
        self._due = False

    def began(self) -> None:
        """A response is in flight."""
        self._due = False
        self._in_flight = True
        self._uncovered = set(self._unconfirmed)
        if self._confirms and not self._uncovered:  # it answers everything
            self._owed = Reason.NOTHING

    def ended(self) -> None:
        """It is over."""
        self._due = self._in_flight = False
        if self._unconfirmed and not self._has_confirmed:
            self._confirms = False

    def refused(self, *, another_in_flight: bool) -> None:
        """The server gives no response. If that is because of another one, what was not asked about in that one is
        asked for when it is over."""
        self._due = False
        if another_in_flight and (self._uncovered if self._confirms else self._asked > Reason.TURN):
            self._owed = max(self._owed, self._asked)

    def ask(self) -> None:
        """Asks for what is owed, if it is possible now."""
        if not self._owed or self.waiting or (self._owed is Reason.TOOLS and self.speaking):
            return
        reason, self._owed = self._owed, Reason.NOTHING
        self.expect(reason)
        self._respond()
