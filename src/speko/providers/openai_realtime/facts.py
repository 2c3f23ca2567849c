"""How the vendors that speak OpenAI's Realtime protocol differ, as data."""

from typing import Literal

import msgspec


class RealtimeFacts(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the engine has to know about one vendor. The defaults are what OpenAI does."""

    rates: tuple[int, ...] = (24000,)
    """Hz of PCM that it hears and speaks, its own first."""
    session_form: Literal["nested", "flat"] = "nested"
    """`flat`: voice and turn detection stand in the session itself and not under its `audio`, and the members that only
    OpenAI knows (`type`, `model`, `output_modalities`, `tool_choice`, what follows a turn) are not sent."""
    transcriber: str | None = None
    """The model that writes down what the user says. None = the vendor does it unasked."""
    language_field: str = "language"
    """What the language is called in the settings of that model."""
    continues: bool = True
    """Goes on with an answer in the middle when it is told to."""
