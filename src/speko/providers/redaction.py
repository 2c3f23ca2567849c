"""Makes a vendor's words fit to show: no secret, none of the caller's own content, and not too long.

Vendors echo parts of keys ("Incorrect API key provided: sk-ab…yz") and, in validation errors, the offending input.
"""

import re
from collections.abc import Iterable, Sequence

MAX_CHARS = 300
_READ_CHARS = 2000
_READ_CONTENT_CHARS = 2**16
_REDACTED = "[redacted]"
_SECRETS = re.compile(
    r"(?i)\b(?:bearer|basic)\s+\S+"  # an Authorization header
    r"|\b(?:[a-z]{1,6}[-_])?(?:sk|pk|rk|gsk|csk|tgp|fw|xai|key|token)[-_][\w*.…-]{6,}"  # the usual prefixes of keys
    r"|\S*(?:\*{2,}|•{2,}|x{8,})\S*"  # a masked key
    r"|(?=[\w-]*\d)[\w-]{32,}"  # anything long enough to be one
)
_QUOTED = re.compile(r"(?<!\w)(['\"`])(.+?)\1(?!\w)")
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
    text = _QUOTED.sub(lambda found: found[0] if _may_quote(found[2], said) else "…", text)
    if _echoes(text, said):
        return ""
    return text if len(text) <= MAX_CHARS else text[: MAX_CHARS - 1] + "…"


def safe_name(name: object) -> str | None:
    """An error code or a parameter's name if it looks like one, else None."""
    if isinstance(name, int) and not isinstance(name, bool):
        return str(name)
    return name if isinstance(name, str) and _IDENTIFIER.fullmatch(name) else None


def _may_quote(quoted: str, said: str) -> bool:
    return bool(_IDENTIFIER.fullmatch(quoted)) and quoted not in said


def _echoes(text: str, said: str) -> bool:
    words = text.split()
    if any(len(word) >= _LONG_WORD and word in said for word in words):
        return True
    return any(" ".join(words[i : i + _RUN]) in said for i in range(len(words) - _RUN + 1))
