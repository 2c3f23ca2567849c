"""What a session knows of its engine."""

from speko.providers.s2s import AnswerTool, Configure, EngineCommand, HistoryItem, S2sCapabilities
from speko.realtime.actions import Connect, Tell
from speko.realtime.outbox import Outbox

_NONE = S2sCapabilities((), ())


class EngineSide:
    """The engine in service, or none while one is being connected."""

    def __init__(self, out: Outbox) -> None:
        self._out = out
        self.up = False
        self.number = 0
        """Counts engines: a response belongs to the one that gave it."""
        self.provider: str | None = None
        self.model: str | None = None
        self.capabilities = _NONE
        self.finds_speech = False
        """It has reported speech, so it would report more."""
        self.owes = False
        """It was asked for a response that has not begun."""
        self.sign = 0.0
        """When it last showed that it is alive."""
        self.held = False
        """Nothing is read from it, nor from the next one, until the client is back."""
        self.unread = False
        """The bridge reads nothing from it, because the client does not keep up."""
        self._later: list[AnswerTool] = []
        self._configured: Configure | None = None
        """What counts from the next response on; None = what the session was created with."""
        self._knows: Configure | None = None
        """The same, as the engine was told it."""

    def connect(
        self, history: tuple[HistoryItem, ...], *, continue_answer: bool, heard: tuple[HistoryItem, ...]
    ) -> None:
        """Asks for one; see `Connect`."""
        self._knows = self._configured
        self._out.do(Connect(history, continue_answer, heard, self._configured))

    def ready(self, provider: str, model: str, capabilities: S2sCapabilities, now: float) -> None:
        """One is connected."""
        self.up = True
        self.number += 1
        self.provider, self.model, self.capabilities = provider, model, capabilities
        self.finds_speech = False
        self.sign = now
        self._tell_configured()
        later, self._later = self._later, []
        for answer in later:
            self.tell(answer)

    def lost(self) -> None:
        """It is gone. The next one gets the conversation as it is now."""
        self.up = False
        self._later.clear()

    def tell(self, command: EngineCommand) -> None:
        """A command. While there is no engine, only answers of tools are kept: the next one knows of the calls."""
        if self.up:
            self._out.do(Tell(command))
        elif isinstance(command, AnswerTool):
            self._later.append(command)

    def configure(self, configured: Configure) -> None:
        """The client has changed what it wants: of the engine in service, and of those after it."""
        self._configured = configured
        if self.up:
            self._tell_configured()

    def _tell_configured(self) -> None:
        if self._configured is not None and self._configured != self._knows:
            self._knows = self._configured
            self.tell(self._configured)

    def owe(self, now: float) -> None:
        """It was asked for a response."""
        self.owes = True
        self.sign = now
