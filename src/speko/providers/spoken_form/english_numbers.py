"""English numbers with what belongs to them: money, units, times, dates, ranges, telephone numbers."""

import re

from speko.providers.spoken_form.english_units import COINS, MONEY, SCALES, TAIL, UNITS
from speko.providers.spoken_form.numerals import MAX_DIGITS, cardinal, decimal, one_by_one, ordinal, year

_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_MONTH = "|".join(_MONTHS)

_PHONE = re.compile(
    r"(?<![\w.+-])(?:\+[0-9]{1,3}(?:[ .-]\(?[0-9]{1,5}\)?){2,5}|\+[0-9]{8,15}"
    r"|(?:1-)?(?:\([0-9]{3}\) ?|[0-9]{3}[-.])?[0-9]{3}[-.][0-9]{4})(?![\w-]|\.[0-9])"
)
_VULGAR = re.compile("(?:(?<=[0-9])( ?))?([½¼¾⅓⅔])")
_VULGAR_WORDS = {"½": "one half", "¼": "one quarter", "¾": "three quarters", "⅓": "one third", "⅔": "two thirds"}
_SHORT_DECADE = re.compile(r"(?<!\w)['’]([2-9]0)['’]?s(?!\w)")
_FEET_AND_INCHES = re.compile(r"(?<![\w.,])([1-9])['′]([0-9]|1[01])(?:[\"″]|(?!\w))")
_TOKEN = re.compile(
    r"(?:(?<![\w)%.,])(?P<sign>[-−+~≈±])(?=[.0-9$€£¥₹]))?"
    r"(?:(?<!\w)(?:US|CA?|AU?|NZ|HK)?(?P<money>[$€£¥₹]) ?)?"
    r"(?<!\w)(?<![0-9][.,:/])(?P<number>(?:(?<![\w.])\.)?[0-9]+(?:[.,:/–—-][0-9]+)*)"
    rf"(?:{TAIL})?"
)
_SIGNS = {"-": "minus ", "−": "minus ", "+": "plus ", "~": "about ", "≈": "about ", "±": "plus or minus "}

_PLAIN = re.compile(r"([0-9]{1,3}(?:,[0-9]{3})+|[0-9]*)(?:\.([0-9]+))?")
_CLOCK = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?")
_ISO_DATE = re.compile(r"([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])")
_YEAR = re.compile(r"(?:1[5-9]|20)[0-9]{2}")
_FRACTION_ENDS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 6: "sixth", 8: "eighth", 10: "tenth"}

# What makes four digits a year, and two a day.
_YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|since|year|during|until|till|before|after|circa|early|mid|late|spring|summer|autumn|fall|winter)[ -]"
    rf"|\b(?:{_MONTH}) (?:[0-9]{{1,2}}(?:st|nd|rd|th)?)?,? ?|© ?)$",
    re.IGNORECASE,
)
_YEAR_AFTER = re.compile(r" (?:AD|BC|CE|BCE)\b")
_DAY_BEFORE = re.compile(rf"\b(?:{_MONTH}) $")
_DAY_AFTER = re.compile(rf" (?:of )?(?:{_MONTH})\b")


def spell_numbers(text: str) -> str:
    """All numbers in words. What is no number in spite of its digits (MP3, 4x4, 12/5/2024) stays."""
    text = _PHONE.sub(lambda found: _phone(found[0]), text)
    text = _VULGAR.sub(_vulgar, text)
    text = _SHORT_DECADE.sub(lambda found: _decade(found[1]), text)
    text = _FEET_AND_INCHES.sub(r"\1 foot \2", text)
    return _TOKEN.sub(lambda found: _say(found) or found[0], text)


def _vulgar(found: re.Match[str]) -> str:
    words = _VULGAR_WORDS[found[2]]
    return words if found[1] is None else f" and {words}".replace(" one half", " a half").replace(" one ", " a ")


def _decade(digits: str) -> str:
    words = year(int(digits))
    return words[:-1] + "ies" if words.endswith("y") else words + "s"


def _phone(number: str) -> str:
    groups = [one_by_one(group) or group for group in re.findall("[0-9]+", number)]
    return ("plus " if number[0] == "+" else "") + ", ".join(groups)


def _say(found: re.Match[str]) -> str | None:
    text, number = found.string, found["number"]
    behind = text[found.end() : found.end() + 16]
    if behind[:1].isalnum() or behind[:1] == "_":
        return None  # 3D, 2x, 5G: names and no numbers
    if found["money"] or found["coin"]:
        spoken = _money(found)
    elif found.lastgroup in ("number", "sign"):
        before = text[max(0, found.start("number") - 24) : found.start("number")]
        spoken = _alone(number, before, behind)
    else:
        spoken = _with_tail(found, number)
    sign = _SIGNS[found["sign"]] if found["sign"] else ""
    return sign + spoken if spoken else None


def _with_tail(found: re.Match[str], number: str) -> str | None:
    digits = number.replace(",", "")
    if found["unit"]:
        return _counted(number, *UNITS[found["unit"]])
    if found["half"]:
        return _hour(found)
    if found["scale"]:
        scale = SCALES[found["scale"].lower()]
        return _counted(number, scale, scale) if len(found["scale"]) > 1 or found["scale"] == "k" else None
    if not digits.isdigit() or len(digits) > MAX_DIGITS:
        return None
    return ordinal(int(digits)) if found["ordinal"] else _decade(digits)


def _money(found: re.Match[str]) -> str | None:
    one, many, cent, cents = MONEY[found["money"] or COINS[found["coin"]]]
    number = found["number"]
    scale = found["scale"] or ("m" if found["unit"] == "m" else "")
    if scale:
        return _counted(number, *[f"{SCALES[scale.lower()]} {many}"] * 2)
    if found["unit"] or found["half"] or found["ordinal"] or found["decade"]:
        return None
    plain = _PLAIN.fullmatch(number)
    if not plain or plain[2] is None or len(plain[2]) != 2:
        return _counted(number, one, many)
    whole = (plain[1] or "0").replace(",", "")
    parts = [_counted(whole, one, many)] if whole.strip("0") else []
    if plain[2] != "00" or not parts:
        parts.append(_counted(str(int(plain[2])), cent, cents))
    return " and ".join(part for part in parts if part)


def _counted(number: str, one: str, many: str) -> str | None:
    """A number, or a range of two, and what it counts."""
    low, dash, high = _range(number)
    if dash:
        left, right = _plain(low), _plain(high)
        return f"{left} to {right} {many}" if left and right else None
    words = _plain(number)
    return words and f"{words} {one if number == '1' else many}"


def _range(number: str) -> tuple[str, str, str]:
    parts = re.split("([-–—])", number)
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else (number, "", "")


def _plain(number: str) -> str | None:
    """12, 1,234, 3.5 and .5; versions such as 1.2.3 and lists such as 1,2,3 part by part; None for the rest."""
    found = _PLAIN.fullmatch(number)
    if found:
        whole = found[1].replace(",", "")
        return decimal(whole or "0", found[2], "point") if found[2] else cardinal(whole)
    for mark, words in ((".", " point "), (",", ", ")):
        parts = number.split(mark)
        if all(part.isdigit() for part in parts):
            return words.join(cardinal(part) or part for part in parts)
    return None


def _alone(number: str, before: str, behind: str) -> str | None:
    """A number with nothing attached: what it means shows in its form and in the words around it."""
    if _YEAR.fullmatch(number) and (_YEAR_BEFORE.search(before) or _YEAR_AFTER.match(behind)):
        return year(int(number))
    if len(number) <= 2 and number.isdigit() and (_DAY_BEFORE.search(before) or _DAY_AFTER.match(behind)):
        return ordinal(int(number)) if 1 <= int(number) <= 31 else cardinal(number)
    return _by_form(number)


def _by_form(number: str) -> str | None:
    date = _ISO_DATE.fullmatch(number)
    if date:
        return f"{_MONTHS[int(date[2]) - 1]} {ordinal(int(date[3]))}, {year(int(date[1]))}"
    low, dash, high = _range(number)
    if dash:
        years = _YEAR.fullmatch(low) and _YEAR.fullmatch(high)
        left, right = (year(int(low)), year(int(high))) if years else (_by_form(low), _by_form(high))
        return f"{left} to {right}" if left and right else None
    if ":" in number:
        return _clock(number)
    return _fraction(number) if "/" in number else _plain(number)


def _fraction(number: str) -> str | None:
    parts = number.split("/")
    if len(parts) != 2 or not all(part.isdigit() and len(part) <= MAX_DIGITS for part in parts):
        return None  # 12/5/2024 is another day on each side of the Atlantic
    top, bottom = int(parts[0]), int(parts[1])
    if 0 < top < bottom and bottom in _FRACTION_ENDS:
        end = _FRACTION_ENDS[bottom] if top == 1 else _FRACTION_ENDS[bottom].replace("half", "halve") + "s"
        return f"{cardinal(str(top))} {end}"
    return f"{cardinal(str(top))} slash {cardinal(str(bottom))}"


def _clock(number: str, half: str = "") -> str | None:
    time = _CLOCK.fullmatch(number)
    if not time:
        sides = number.split(":")
        words = [_plain(side) for side in sides]
        return " to ".join(word for word in words if word) if len(sides) == 2 and all(words) else None
    hour, minute = int(time[1]), int(time[2])
    if minute == 0:
        rest = "" if half else ("o'clock" if 1 <= hour <= 12 else "hundred")
    else:
        rest = f"oh {cardinal(str(minute))}" if minute < 10 else str(cardinal(str(minute)))
    seconds = f"and {_counted(str(int(time[3])), 'second', 'seconds')}" if time[3] else ""
    return " ".join(part for part in (cardinal(str(hour)), rest, seconds, half) if part)


def _hour(found: re.Match[str]) -> str | None:
    half = found["half"].replace(".", "").upper()
    number = found["number"]
    low, dash, high = _range(number)
    if dash:
        left, right = _hour_words(low, ""), _hour_words(high, half)
        words = f"{left} to {right}" if left and right else None
    else:
        words = _hour_words(number, half)
    behind = found.string[found.end() : found.end() + 3]
    ends = found["half"].endswith(".") and re.match(r"\s*$|\s[A-Z]", behind)
    return words and words + ("." if ends else "")


def _hour_words(number: str, half: str) -> str | None:
    if ":" in number:
        return _clock(number, half)
    if number.isdigit() and len(number) <= 2 and 1 <= int(number) <= 12:
        return f"{cardinal(number)} {half}".strip()
    return None
