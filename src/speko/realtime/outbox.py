"""What a session wants done, in order; frames for a client that is away wait for it, and those that were sent last are
kept, since the socket may have been dead already."""

from collections import deque

from speko.events.s2s import ServerFrame, TranscriptFrame
from speko.realtime.actions import Action, Send
from speko.realtime.playout import Playout

_MOST_SENT = 256
"""Frames that were sent and are kept, where a client does not say what it plays: more than come in the time that it
takes to find a socket dead."""


class Outbox:
    """Actions until they are taken; frames until a client has been told `ready`, and until it is sure to have them.

    Each frame has its place in the sound: the position of the first byte behind it.
    """

    __slots__ = ("_actions", "_count", "_sent", "_stream", "kept", "open")

    def __init__(self, stream: Playout) -> None:
        self._stream = stream
        self._actions: list[Action] = []
        self._sent: deque[tuple[int, int, ServerFrame]] = deque()
        """With their numbers and places."""
        self._count = 0
        """Frames that were sent to the client, over all its sockets."""
        self.kept: deque[tuple[int, ServerFrame]] = deque()
        self.open = False
        """A client is there, and gets what there is."""

    def do(self, action: Action) -> None:
        """The next thing to be done."""
        self._actions.append(action)

    def send(self, frame: ServerFrame) -> None:
        """The next frame for the client."""
        place = self._stream.end
        if self.open:
            self._actions.append(Send(frame))
            self._note(place, frame)
            return
        if self.kept and _grows(self.kept[-1][1], frame):
            self.kept.pop()
        self.kept.append((place, frame))

    @property
    def untouched(self) -> bool:
        """Nothing was ever sent."""
        return self._count == 0

    def forget(self, position: int | None) -> None:
        """The client has played up to there, and so has got what was sent before."""
        while self._sent and position is not None and self._sent[0][1] < position:
            self._sent.popleft()

    def reopen(self, received: int | None = None) -> list[tuple[int, ServerFrame]]:
        """A client is back: what it is to be sent first, with places. `received`: how many frames had come to it over
        all its sockets; None = it does not say, and gets only those that waited."""
        self.open = True
        frames: list[tuple[int, ServerFrame]] = []
        if received is not None:
            frames += [(place, frame) for number, place, frame in self._sent if number > received]
            self._count = received
        frames += self.kept
        self.kept.clear()
        self._sent.clear()
        for place, frame in frames:
            self._note(place, frame)
        return frames

    def _note(self, place: int, frame: ServerFrame) -> None:
        self._count += 1
        if self._sent and _grows(self._sent[-1][2], frame):
            self._sent.pop()
        self._sent.append((self._count, place, frame))
        if len(self._sent) > _MOST_SENT:
            self._sent.popleft()

    def take(self) -> list[Action]:
        """Everything to be done; each is given out once."""
        actions, self._actions = self._actions, []
        return actions

    @property
    def waiting(self) -> bool:
        """There is something to be done."""
        return bool(self._actions)


def _grows(older: ServerFrame, newer: ServerFrame) -> bool:
    """Text is cumulative: the newer one says all that the older one said."""
    if not isinstance(older, TranscriptFrame) or not isinstance(newer, TranscriptFrame):
        return False
    return not older.final and older.role == newer.role
