"""English as one would read it aloud: abbreviations, then numbers with what belongs to them, then signs."""

import re

from speko.providers.spoken_form.abbreviations import expand_abbreviations
from speko.providers.spoken_form.english_numbers import spell_numbers

_SIGNS = (
    (re.compile(r" ?& ?"), " and "),
    (re.compile(r" ?× ?"), " times "),
    (re.compile(r" ?÷ ?"), " divided by "),
    (re.compile(r"(?<=\w) \+ (?=\w)"), " plus "),
    (re.compile(r"(?<=\w) = (?=\w)"), " equals "),
)


def speak_english(text: str) -> str:
    """Everything that a reader of English would not pronounce as it is written."""
    text = spell_numbers(expand_abbreviations(text))
    for sign, words in _SIGNS:
        text = sign.sub(words, text)
    return text
