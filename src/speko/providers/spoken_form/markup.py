"""Markdown, tags and addresses: out of the text, their words stay."""

import re

_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_HEADING = re.compile(r" {0,3}#{1,6}[ \t]+")
_LIST_ITEM = re.compile(r"[ \t]*[-*+•][ \t]+(?:\[[ xX]\][ \t]+)?")
_NUMBERED = re.compile(r"[ \t]*[0-9]{1,9}[.)][ \t]")
_DEFINITION = re.compile(r" {0,3}\[[^\[\]^\n]{1,200}\]:[ \t]")

# Bounds on every repeat that something must follow, so that a text of brackets costs no more than any other.
_LINK = re.compile(r"!?\[([^\[\]\n]{0,1000})\]\((?:[^()\n]|\([^()\n]{0,500}\)){0,1000}\)")
_REFERENCE = re.compile(r"!?\[([^\[\]^\n]{1,1000})\]\[[^\[\]\n]{0,200}\]")
_FOOTNOTE = re.compile(r"\[\^[^\[\]\n]{1,100}\]:?")
_BREAK_TAG = re.compile(r"</?(?:br|p|div|li|ul|ol|tr|hr|h[1-6])(?:[ \t][^<>\n]{0,300})?/?>", re.IGNORECASE)
_INLINE_TAG = re.compile(
    r"</?(?:a|b|i|u|s|em|strong|del|ins|sub|sup|span|code|pre|kbd|mark|small|img|td|th|table)"
    r"(?:[ \t][^<>\n]{0,300})?/?>",
    re.IGNORECASE,
)
_ESCAPED = re.compile(r"\\([!-/:-@\[-`{-~])")
_URL = re.compile(r"<?(?:(?:https?|ftp)://|(?<![\w.@/-])www\.)[^\s<>\"'()\[\]]+>?", re.IGNORECASE)
_EMAIL = re.compile(r"<?(?:mailto:)?(?<![\w.+-])([\w.+-]{1,64})@([\w-]{1,64}(?:\.[\w-]{1,64}){1,8})>?")
_TIMES = re.compile(r"(?<=[0-9]) ?\* ?(?=[0-9])")
_INNER_UNDERSCORE = re.compile(r"(?<=[^\W_])_+(?=[^\W_])")
_TILDES = re.compile(r"~{2,}")
_SENTENCE_MARKS = ".,;:!?…"


def strip_markup(text: str, *, english: bool) -> str:
    """The words of a markdown text. Headings, list items and rows of tables end like sentences, so that a voice pauses.

    A link becomes its text, a bare address the name of its host ("example dot com" in English), a code block its code.
    """
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = _ESCAPED.sub(r"\1", _inline("\n".join(_blocks(lines)), english=english))
    body = _TIMES.sub(" × ", body).replace("*", "").replace("`", "")
    body = _INNER_UNDERSCORE.sub(" ", body).replace("_", "")
    return _TILDES.sub("", body)


def _blocks(lines: list[str]) -> list[str]:
    kept: list[str] = []
    in_code = in_table = False
    for line in lines:
        if _FENCE.match(line):
            in_code = not in_code
            continue
        if in_code:
            kept.append(line)
            continue
        if _is_table_rule(line):
            in_table = True
            if kept and "|" in kept[-1]:
                kept[-1] = _row(kept[-1])
            continue
        in_table = in_table and "|" in line
        bare = line.strip()
        if in_table or (len(bare) > 2 and bare[0] == bare[-1] == "|"):
            kept.append(_row(line))
        elif not _is_rule(bare) and not _DEFINITION.match(line):
            kept.append(_line(line))
    return kept


def _line(line: str) -> str:
    if line.lstrip().startswith(">"):
        line = line.lstrip("> \t")
    heading = _HEADING.match(line)
    if heading:
        title = line[heading.end() :].rstrip()
        unclosed = title.rstrip("#")
        return _as_sentence(unclosed if unclosed.endswith((" ", "\t")) else title)
    item = _LIST_ITEM.match(line)
    if item:
        return _as_sentence(line[item.end() :])
    return _as_sentence(line) if _NUMBERED.match(line) else line


def _as_sentence(text: str) -> str:
    text = text.rstrip()
    last = text.rstrip("*_`~)\"'")[-1:]
    return text + "." if last and last not in _SENTENCE_MARKS else text


def _is_rule(bare: str) -> bool:
    compact = set(bare.replace(" ", ""))
    return len(bare) >= 3 and len(compact) == 1 and compact <= set("-*_=")


def _is_table_rule(line: str) -> bool:
    return "|" in line and "-" in line and set(line) <= set("|:- \t")


def _row(line: str) -> str:
    cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
    return _as_sentence(", ".join(cell for cell in cells if cell))


def _inline(text: str, *, english: bool) -> str:
    text = _LINK.sub(r"\1", _LINK.sub(r"\1", text))  # twice: a picture may be the text of a link
    text = _FOOTNOTE.sub("", _REFERENCE.sub(r"\1", text))
    text = _INLINE_TAG.sub("", _BREAK_TAG.sub("\n", text))
    text = _URL.sub(lambda found: _host(found[0], english=english), text)
    if english:
        text = _EMAIL.sub(lambda found: f"{_name(found[1])} at {_name(found[2])}", text)
    return text


def _host(url: str, *, english: bool) -> str:
    bare = url.strip("<>")
    kept = bare.rstrip(_SENTENCE_MARKS + "*_`~")
    address = kept.partition("://")[2] if "://" in kept else kept
    authority = re.split(r"[/?#\\]", address, maxsplit=1)[0]
    host = authority.rpartition("@")[2].partition(":")[0]
    if host.lower().startswith("www."):
        host = host[4:]
    return (_name(host) if english else host) + bare[len(kept) :]


def _name(address: str) -> str:
    return address.replace(".", " dot ").replace("_", " underscore ")
