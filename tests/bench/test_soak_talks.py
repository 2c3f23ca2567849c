"""The judge of the soak's conversations must not be blind either."""

from typing import Any

import pytest
from bench.soak.talks import Talked, talk_problems

from tests.bench.test_soak_books import rows

TOLD: dict[str, Any] = {
    "total_tokens": 320,
    "input_tokens": 200,
    "output_tokens": 120,
    "input_token_details": {
        "audio_tokens": 150,
        "cached_tokens": 64,
        "cached_tokens_details": {"text_tokens": 14, "audio_tokens": 50},
    },
    "output_token_details": {"text_tokens": 20, "audio_tokens": 100},
}
NOTHING = TOLD | {"total_tokens": 0}
ROW: dict[str, Any] = {"session_id": "ses_1", "provider": "openai", "model": "gpt-realtime"}
# 36 text tokens at 4 USD a million, 100 of sound at 32, 64 cached at 0.40; then 20 of text at 16, 100 of sound at 64
HEARD = ROW | {"metric": "s2s_input_audio_tokens", "quantity": 150.0, "cost_micro_usd": 3370}
SPOKEN = ROW | {"metric": "s2s_output_audio_tokens", "quantity": 100.0, "cost_micro_usd": 6720}
CUT = ROW | {"metric": "s2s_seconds", "quantity": 2.0, "cost_micro_usd": 0}
TALKED = Talked("ses_1", input_audio_tokens=150, output_audio_tokens=100, whole=True)


def found(usage: list[dict[str, Any]], talked: Talked, told: list[dict[str, Any]], connections: int = 0) -> list[str]:
    return list(talk_problems(rows(*usage), [talked], {"openai": told}, {"openai": connections}))


def test_books_that_fit() -> None:
    assert found([HEARD, SPOKEN], TALKED, [TOLD, NOTHING]) == []
    assert found([HEARD, SPOKEN], Talked("ses_1"), [TOLD]) == []
    assert found([HEARD, SPOKEN], TALKED, [TOLD, TOLD], connections=1) == []
    assert found([HEARD, SPOKEN, CUT], TALKED, [TOLD], connections=1) == []


@pytest.mark.parametrize(
    ("usage", "talked", "told", "words"),
    [
        ([HEARD], TALKED, [TOLD], "0 s2s_output_audio_tokens, the caller was told of 100"),
        ([HEARD, HEARD, SPOKEN], TALKED, [TOLD, TOLD], "300 s2s_input_audio_tokens, the caller was told of 150"),
        ([HEARD, HEARD, SPOKEN], Talked("ses_1"), [TOLD], "never told of"),
        ([HEARD | {"cost_micro_usd": 3371}, SPOKEN], TALKED, [TOLD], "3371 micro-USD, which it never told of"),
        ([HEARD, SPOKEN | {"provider": "groq"}], TALKED, [TOLD], "groq: 1 times"),
        ([HEARD, SPOKEN], TALKED, [TOLD, TOLD], "1 responses are not in the books, 0 were cut, with 0 connections"),
        ([HEARD, SPOKEN, CUT], TALKED, [TOLD], "1 were cut, with 0 connections"),
        ([HEARD, SPOKEN, CUT | {"cost_micro_usd": 1}], TALKED, [TOLD], "for 1 micro-USD, which it never told of"),
        ([HEARD | {"session_id": "ses_2"}, HEARD, SPOKEN], TALKED, [TOLD, TOLD], "nobody had that conversation"),
    ],
)
def test_a_mistake_is_found(
    usage: list[dict[str, Any]], talked: Talked, told: list[dict[str, Any]], words: str
) -> None:
    problems = found(usage, talked, told)
    assert any(words in problem for problem in problems), problems
