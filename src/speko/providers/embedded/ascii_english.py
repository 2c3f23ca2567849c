"""Text for engines that know English in ASCII only: accents go, signs become words, other scripts fall away."""

import re
import unicodedata

_WORDS = {
    "€": " euros ",
    "£": " pounds ",
    "¥": " yen ",
    "₹": " rupees ",
    "°": " degrees ",
    "©": " copyright ",
    "×": " times ",
    "÷": " divided by ",
    "±": " plus or minus ",
    "≈": " about ",
    "≤": " at most ",
    "≥": " at least ",
    "≠": " is not ",
    "→": " to ",
    "½": " one half ",
    "¼": " one quarter ",
    "¾": " three quarters ",
    "§": " section ",
    "µ": " micro ",
}
# Letters that Unicode does not take apart, and punctuation that flite would drop without a pause.
_LETTERS = {
    "ß": "ss",
    "æ": "ae",
    "Æ": "Ae",
    "œ": "oe",
    "Œ": "Oe",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
    "đ": "d",
    "Đ": "D",
    "ð": "th",
    "Ð": "Th",
    "þ": "th",
    "Þ": "Th",
    "ı": "i",
    "‘": "'",
    "’": "'",
    "“": '"',
    "”": '"',
    "«": '"',
    "»": '"',
    "–": ", ",
    "—": ", ",
    "…": "... ",
    "•": ", ",
    "·": " ",
    "−": "-",
}
_TABLE = str.maketrans(_WORDS | _LETTERS)
_RUNS = re.compile(r"([^A-Za-z0-9\s])\1{3,}")


def ascii_english(text: str) -> str:
    """`text` in printable ASCII; empty when no letter or digit is left.

    Runs of one sign are cut to three: flite aborts on hundreds of full stops.
    """
    plain = unicodedata.normalize("NFKD", text.translate(_TABLE)).encode("ascii", "ignore").decode()
    plain = _RUNS.sub(r"\1\1\1", plain)
    return plain if any(char.isalnum() for char in plain) else ""
