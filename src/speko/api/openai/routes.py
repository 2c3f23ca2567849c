"""All doors."""

from typing import Any

from speko.api.openai.chat import chat_completions

OPENAI_ROUTES: tuple[Any, ...] = (chat_completions,)
