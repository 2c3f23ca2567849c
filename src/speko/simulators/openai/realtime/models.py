"""Models of the Realtime API."""

import re

from speko.simulators.script import Script

MODELS = ("gpt-realtime", "gpt-realtime-mini")
"""What `/v1/models` lists of them."""
_SERVED = re.compile(r"(gpt-realtime|gpt-4o(-mini)?-realtime-preview|gpt-audio)(-[a-z0-9][a-z0-9.-]*)?")


def is_served(model: str, script: Script) -> bool:
    """Whether a session with that model can be opened: the vendor's families, and those that the script adds."""
    return _SERVED.fullmatch(model) is not None or model in script.realtime.models
