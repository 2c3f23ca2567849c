"""Makes a vendor's words fit to show: no secret, none of the caller's own content, and not too long.

Vendors echo parts of keys ("Incorrect API key provided: sk-ab…yz") and, in validation errors, the offending input.
"""

import re
from collections.abc import Iterable, Sequence

MAX_CHARS = 300
_READ_CHARS = 2000
_READ_CONTENT_CHARS = 2**16
_REDACTED = "[redacted]"
# Each alternative that may scan far begins where a word or a run begins and nowhere else, so that a long word is read
# once and not once per character.
_SECRETS = re.compile(
    r"(?i)(?<!\S)\S*(?:\*{2,}|•{2,}|x{8,})\S*"  # a masked key
    r"|\b(?:bearer|basic)\s+\S+"  # an Authorization header
    r"|\b(?:[a-z]{1,6}[-_])?(?:sk|pk|rk|gsk|csk|tgp|fw|xai|key|token)[-_][\w*.…-]{6,}"  # the usual prefixes of keys
    r"|(?<![\w-])(?=[\w-]*\d)[\w-]{32,}"  # anything long enough to be one
)
_OPENER = re.compile(r"(?<!\w)['\"`]")
_CLOSER = {quote: re.compile(rf"{quote}(?!\w)") for quote in "'\"`"}
_IDENTIFIER = re.compile(r"[\w.:/\[\]-]{1,64}")
_RUN = 4  # so many words in a row that stand in the caller's content too are an echo
_LONG_WORD = 20


def safe_words(text: str, secrets: Iterable[str] = (), content: Sequence[str] = ()) -> str:
    """A vendor's message without secrets and without the caller's content, at most 300 characters.

    Args:
        text: what the vendor said.
        secrets: keys that were sent with the request.
        content: the caller's own texts. Quotations are kept only where they name a parameter or a model, and when the
            message repeats the content outside of quotes it is dropped as a whole.

    Returns:
        The empty string where nothing may be shown.
    """
    text = " ".join(text[:_READ_CHARS].split())
    for secret in secrets:
        if secret and secret in text:
            if len(secret) < 8:
                return ""  # cutting so short a string out would show by its gaps what it was
            text = text.replace(secret, _REDACTED)
    text = "".join(c if c.isprintable() else " " for c in _SECRETS.sub(_REDACTED, text))
    if sum(map(len, content)) > _READ_CONTENT_CHARS:
        return ""  # too much to compare with
    said = " ".join(" ".join(content).split())
    text = _checked_quotations(text, said)
    if _echoes(text, said):
        return ""
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1] + "…"


def safe_name(name: object) -> str | None:
    """An error code or a parameter's name if it looks like one, else None."""
    if isinstance(name, int) and not isinstance(name, bool):
        return str(name)
    return name if isinstance(name, str) and _IDENTIFIER.fullmatch(name) else None


def _checked_quotations(text: str, said: str) -> str:
    """The text with `…` for every quotation that may not be shown."""
    parts: list[str] = []
    shown, unclosed = 0, set[str]()
    for opener in _OPENER.finditer(text):
        quote, start = opener[0], opener.start()
        if start < shown or quote in unclosed:
            continue
        closer = _CLOSER[quote].search(text, start + 2)
        if closer is None:
            unclosed.add(quote)
            continue
        quoted = text[start + 1 : closer.start()]
        parts += [text[shown:start], f"{quote}{quoted}{quote}" if _may_quote(quoted, said) else "…"]
        shown = closer.end()
    return "".join([*parts, text[shown:]])


def _may_quote(quoted: str, said: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(quoted)) and quoted not in said


def _echoes(text: str, said: str) -> bool:
    words = text.split()
    if any(len(word) >= _LONG_WORD and word in said for word in words):
        return True
    return any(" ".join(words[i : i + _RUN]) in said for i in range(len(words) - _RUN + 1))
