"""A conversation without a socket: the two ends of the state machine."""

import json
from typing import Any

import msgspec

from speko.providers.call import Usage
from speko.providers.errors import ProviderError
from speko.providers.openai_realtime.conversation import Conversation
from speko.providers.openai_realtime.server_events import Session, decode
from speko.providers.s2s import EngineCommand, EngineEvent, S2sRequest
from tests.providers.openai_realtime.events import Event
from tests.providers.openai_realtime.shapes import checked_client_event, checked_server_event
from tests.providers.openai_realtime.vendor import KEY, OPENAI, request

SECOND = bytes(48_000)
"""Of sound, at 24 kHz."""


class Talk:
    """Plays the vendor and the gateway; `told` is what the gateway hears, `sent` what the vendor hears."""

    def __init__(self, asked: S2sRequest | None = None) -> None:
        self.told: list[Any] = []
        self.sent: list[Event] = []
        self.errors: list[ProviderError] = []
        self.usage = Usage()
        self.state = Conversation(
            request=asked or request(),
            facts=OPENAI,
            usage=self.usage,
            sink=self,
            send=self._send,
            lost=self._lost,
            secrets=[KEY],
        )
        self.state.begin(Session())

    # ---- the sink

    def audio(self, response: str, pcm: bytes) -> None:
        self.told.append((response, pcm))

    def event(self, event: EngineEvent) -> None:
        self.told.append(event)

    def lost(self, error: ProviderError) -> None:
        raise AssertionError("the connection says that")

    def pause(self) -> None:
        raise AssertionError("the connection says that")

    def resume(self) -> None:
        raise AssertionError("the connection says that")

    def _send(self, message: bytes) -> None:
        self.sent.append(checked_client_event(json.loads(message)))

    def _lost(self, error: ProviderError) -> None:
        self.errors.append(error)
        self.state.mute()

    # ---- what a test says

    def vendor(self, *events: Event) -> list[Any]:
        """Events of the vendor; returns what the gateway hears of them."""
        self.told.clear()
        for event in events:
            known = decode(msgspec.json.encode(checked_server_event(event)))
            if known is not None:
                self.state.received(known)
        return list(self.told)

    def user(self, ms: int) -> None:
        """The user's audio."""
        self.state.appended(ms * 48)

    def do(self, *commands: EngineCommand) -> list[Event]:
        """Commands; returns what the vendor hears of them."""
        self.sent.clear()
        for command in commands:
            self.state.do(command)
        return list(self.sent)

    def kinds(self) -> list[str]:
        """The types of what the vendor heard since the last command."""
        return [message["type"] for message in self.sent]
