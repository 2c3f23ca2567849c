"""What the translation of a session wants done, in order. An event for the client is its bytes; a `Configure` goes to
the session machine as it is, because the gateway's own protocol has no frame for it."""

from msgspec import Struct

from speko.events.s2s import ClientFrame
from speko.providers.s2s import Configure, HistoryItem


class Tell(Struct, frozen=True, gc=False):
    """A frame for the session machine."""

    frame: ClientFrame


class Hear(Struct, frozen=True, gc=False):
    """Sound for the session machine."""

    pcm: bytes


class Begin(Struct, frozen=True):
    """The session machine is to begin, with the settings as they are now. Once."""

    history: tuple[HistoryItem, ...]
    system: str
    """What system messages said; goes behind the instructions."""


Wanted = bytes | Tell | Hear | Begin | Configure
