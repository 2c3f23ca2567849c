"""What a session wants done, in order; frames for a client that is away wait for it."""

from collections import deque

from speko.events.s2s import ServerFrame, TranscriptFrame
from speko.realtime.actions import Action, Send


class Outbox:
    """Actions until they are taken, and frames until a client has been told `ready`."""

    __slots__ = ("_actions", "kept", "open")

    def __init__(self) -> None:
        self._actions: list[Action] = []
        self.kept: deque[ServerFrame] = deque()
        self.open = False
        """A client is there and has got `ready`."""

    def do(self, action: Action) -> None:
        """The next thing to be done."""
        self._actions.append(action)

    def send(self, frame: ServerFrame) -> None:
        """The next frame for the client."""
        if self.open:
            self._actions.append(Send(frame))
            return
        last = self.kept[-1] if self.kept else None
        if isinstance(frame, TranscriptFrame) and isinstance(last, TranscriptFrame) and _grows(last, frame):
            self.kept.pop()
        self.kept.append(frame)

    def reopen(self) -> None:
        """The client is back and has got `ready`: what it missed comes next."""
        self.open = True
        while self.kept:
            self._actions.append(Send(self.kept.popleft()))

    def take(self) -> list[Action]:
        """Everything to be done; each is given out once."""
        actions, self._actions = self._actions, []
        return actions

    @property
    def waiting(self) -> bool:
        """There is something to be done."""
        return bool(self._actions)


def _grows(older: TranscriptFrame, newer: TranscriptFrame) -> bool:
    """Text is cumulative: the newer one says all that the older one said."""
    return not older.final and older.role == newer.role
