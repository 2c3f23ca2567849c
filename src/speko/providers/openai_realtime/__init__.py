"""OpenAI's Realtime interface (GA event names), for every vendor that speaks it.

What happens to a frame of audio: `Connection.audio` encodes it and writes it to the socket; a frame from the vendor is
decoded by `server_events.decode` and handed to the sink by `Conversation`. There is no queue on either way.
"""

from speko.providers.openai_realtime.engine import OpenAIRealtime
from speko.providers.openai_realtime.facts import RealtimeFacts

__all__ = ["OpenAIRealtime", "RealtimeFacts"]
