"""All doors."""

from typing import Any

from speko.api.openai.chat import chat_completions
from speko.api.openai.models import get_model, list_models
from speko.api.openai.speech import speech
from speko.api.openai.transcriptions import transcriptions

OPENAI_ROUTES: tuple[Any, ...] = (chat_completions, transcriptions, speech, list_models, get_model)
