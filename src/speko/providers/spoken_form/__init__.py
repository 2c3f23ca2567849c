"""Text as one would read it aloud, for voices that take what they are given literally."""

import re

from speko.providers.spoken_form.english import speak_english
from speko.providers.spoken_form.markup import strip_markup
from speko.providers.spoken_form.numerals import is_english
from speko.providers.spoken_form.worldwide import speak_numbers

__all__ = ["spoken_form"]

_BLANK_LINES = re.compile(r"\n{3,}")


def spoken_form(text: str, language: str) -> str:
    """`text` without markdown and addresses, with numbers, money and abbreviations in words.

    English gets the full treatment. Elsewhere plain numbers, decimals, percentages and amounts become words where that
    can be done without grammar; what cannot (dates, times, ordinals, many decimals) stays in digits, which every voice
    reads in its own language.

    Takes time in proportion to the length of the text. Raises nothing. The result may be empty.

    Args:
        text: anything.
        language: BCP-47 tag.
    """
    english = is_english(language)
    bare = strip_markup(text, english=english)
    spoken = speak_english(bare) if english else speak_numbers(bare, language)
    lines = (" ".join(line.split()) for line in spoken.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
