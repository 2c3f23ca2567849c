"""Arithmetic in plain English: finds a sum in what somebody said and works it out exactly. Pure.

    expression = operand { operator operand }
    operand    = { "minus" } ( number | "(" expression ")" | "square root of" operand ) { "squared" | "cubed" }
    operator   = plus | minus | times | divided by | percent of | to the power of

`percent of` and powers bind strongest, then times and divided by, then plus and minus. Imperatives ("subtract 4 from
9", "the product of 3 and 5") are turned into this form first.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum
from fractions import Fraction
from math import isqrt

from speko.providers.embedded.rules.number_words import DIGITS, HOMOPHONES, read_number, say_number

MAX_WORDS = 200
_MAX_BITS = 400
"""Numbers beyond about 120 digits are nothing to say aloud."""

_SPOKEN = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "percent of", "^": "to the power of"}
_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2, "%": 4, "^": 4}
_NEGATION, _ROOT = "neg", "root"
_PREFIX_BINDING = 3
_SUFFIXES = {"²": ("squared", 2), "³": ("cubed", 3)}

# Longest first. The last word of a phrase may be missing where people drop it.
_PHRASES: tuple[tuple[tuple[str, ...], str], ...] = (
    (("the", "square", "root", "of"), _ROOT),
    (("square", "root", "of"), _ROOT),
    (("raised", "to", "the", "power", "of"), "^"),
    (("to", "the", "power", "of"), "^"),
    (("open", "parenthesis"), "("),
    (("close", "parenthesis"), ")"),
    (("open", "bracket"), "("),
    (("close", "bracket"), ")"),
    (("multiplied", "by"), "*"),
    (("multiplied", "with"), "*"),
    (("divided", "by"), "/"),
    (("per", "cent", "of"), "%"),
    (("percent", "of"), "%"),
    (("%", "of"), "%"),
    (("added", "to"), "+"),
    (("plus",), "+"),
    (("minus",), "-"),
    (("negative",), "-"),
    (("less",), "-"),
    (("times",), "*"),
    (("x",), "*"),
    (("over",), "/"),
    (("squared",), "²"),
    (("cubed",), "³"),
)
_SIGNS = {"×": "*", "·": "*", "÷": "/", "−": "-", "–": "-", "**": "^"}
_WORD = re.compile(DIGITS + r"|\.\d+|[a-z]+(?:'[a-z]+)?|\*\*|[-+*/^%()=×·÷−–]|[.,;:?!]")
_ASKS = re.compile(
    r"\b(what|what's|whats|how much|calculate|compute|work out|solve|tell me|equals?|add|subtract|multiply|divide|sum"
    r"|product|difference|evaluate)\b|="
)
_OPERATOR_WORDS = frozenset("plus minus times divided multiplied percent squared cubed root power sum product".split())
_PAIRS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\b(?:the )?(?:sum|total) of (.+)"), "+"),
    (re.compile(r"\b(?:the )?product of (.+)"), "*"),
    (re.compile(r"\b(?:the )?difference (?:between|of) (.+)"), "-"),
)
_IMPERATIVES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"\bsubtract (.+?) from (.+)"), r"\2 minus \1"),
    (re.compile(r"\bmultiply (.+?) (?:by|with|and) (.+)"), r"\1 times \2"),
    (re.compile(r"\bdivide (.+?) (?:by|with) (.+)"), r"\1 divided by \2"),
    (re.compile(r"\badd (.+?) (?:to|and) (.+)"), r"\1 plus \2"),
    (re.compile(r"\bhalf of "), "0.5 times "),
    (re.compile(r"\b(?:double|twice) "), "2 times "),
)


class Obstacle(Enum):
    """Why a sum has no answer; the value is the reason as it is said."""

    ZERO = "nothing can be divided by zero"
    NEGATIVE_ROOT = "a negative number has no real square root"
    FRACTIONAL_POWER = "I can only do whole powers"
    TOO_LONG = "the number is too long to say"


Value = Fraction | Obstacle


@dataclass(frozen=True, slots=True)
class Sum:
    """A sum as understood."""

    spoken: str
    """In digits and words, like `12 times 12`."""
    value: Value

    @property
    def sentence(self) -> str:
        """The answer as one sentence."""
        if isinstance(self.value, Obstacle):
            return f"I am afraid I have no answer to {self.spoken}: {self.value.value}."
        return f"{self.spoken} is {say_number(self.value)}."


Part = str | Fraction


def find_sum(text: str) -> Sum | None:
    """The sum that somebody asks for, or None.

    First as it stands; only if that gives nothing, with the slips of a recogniser mended ("to plus for").
    """
    said = re.sub(r"(?<=[a-z])-(?=[a-z])", " ", text.lower().replace("’", "'"))
    # People write dates and telephone numbers with the same signs: alone they are a sum only if nothing else is said.
    asks = _ASKS.search(said) is not None
    for mend in (False, True):
        words = _WORD.findall(said)[: 2 * MAX_WORDS]
        if mend:
            words = [HOMOPHONES.get(word, word) for word in words]
        for parts in _runs(_rewritten(words)):
            if (asks or len(words) <= len(parts) + 1 or _in_words(words)) and len(parts) <= MAX_WORDS:
                found = _work_out(parts)
                if found is not None:
                    return found
    return None


def _in_words(words: Sequence[str]) -> bool:
    return not _OPERATOR_WORDS.isdisjoint(words)


def _rewritten(words: Sequence[str]) -> list[str]:
    """Imperatives as expressions."""
    said = " ".join(words)
    for pattern, operator in _PAIRS:
        if match := pattern.search(said):
            joined = re.sub(r"(?<!hundred)(?<!thousand)(?<!million) and ", f" {operator} ", match[1])
            return joined.replace(" , ", f" {operator} ").split()
    for pattern, form in _IMPERATIVES:
        said = pattern.sub(form, said)
    return said.split()


def _runs(words: Sequence[str]) -> list[list[Part]]:
    """Stretches of words that are numbers and operators, as parts; those without any operator are left out."""
    runs: list[list[Part]] = [[]]
    at = 0
    while at < len(words):
        if (number := read_number(words, at)) is not None:
            value, at = number
            runs[-1].append(value)
        elif (phrase := _phrase(words, at)) is not None:
            sign, at = phrase
            runs[-1].append(sign)
        else:
            runs.append([])
            at += 1
    trimmed = (_trimmed(run) for run in runs)
    return [run for run in trimmed if any(isinstance(part, str) and part not in "()" for part in run)]


def _phrase(words: Sequence[str], at: int) -> tuple[str, int] | None:
    for phrase, sign in _PHRASES:
        if tuple(words[at : at + len(phrase)]) == phrase:
            return sign, at + len(phrase)
    sign = _SIGNS.get(words[at], words[at])
    return (sign, at + 1) if sign in ("+", "-", "*", "/", "^", "(", ")") else None


def _trimmed(run: list[Part]) -> list[Part]:
    """Without operators that have nothing beside them: "what is 5 plus"."""
    first, last = 0, len(run)
    while first < last and run[first] in ("+", "*", "/", "%", "^", "²", "³", ")"):
        first += 1
    while first < last and run[last - 1] in ("+", "-", "*", "/", "%", "^", "(", _ROOT):
        last -= 1
    return run[first:last]


@dataclass(frozen=True, slots=True)
class _Operand:
    value: Value
    spoken: str


def _work_out(parts: Sequence[Part]) -> Sum | None:
    """None where the parts are not an expression."""
    calculator = _Calculator()
    for part in parts:
        if not (calculator.operand(part) if calculator.expects_operand else calculator.operator(part)):
            return None
    return calculator.result()


@dataclass(slots=True)
class _Calculator:
    """Shunting-yard: two stacks, no recursion. Both steps tell whether the part may stand where it stands."""

    operands: list[_Operand] = field(default_factory=list)
    operators: list[str] = field(default_factory=list)
    expects_operand: bool = True

    def operand(self, part: Part) -> bool:
        if isinstance(part, Fraction):
            self.operands.append(_Operand(part, say_number(part)))
            self.expects_operand = False
            return True
        self.operators.append(_NEGATION if part == "-" else part)
        return part in ("(", "-", _ROOT)

    def operator(self, part: Part) -> bool:
        if isinstance(part, Fraction) or part in ("(", _ROOT):
            return False
        if part in _SUFFIXES:
            word, exponent = _SUFFIXES[part]
            base = self.operands.pop()
            self.operands.append(_Operand(_power(base.value, Fraction(exponent)), f"{base.spoken} {word}"))
            return True
        if part == ")":
            return self._close()
        while self.operators and self.operators[-1] != "(" and _binding(self.operators[-1]) >= _BINDING[part]:
            self._apply()
        self.operators.append(part)
        self.expects_operand = True
        return True

    def result(self) -> Sum | None:
        if self.expects_operand or "(" in self.operators:
            return None
        while self.operators:
            self._apply()
        return Sum(self.operands[0].spoken, self.operands[0].value)

    def _close(self) -> bool:
        while self.operators and self.operators[-1] != "(":
            self._apply()
        if not self.operators:
            return False
        self.operators.pop()
        inner = self.operands.pop()
        self.operands.append(_Operand(inner.value, f"({inner.spoken})"))
        return True

    def _apply(self) -> None:
        operator, right = self.operators.pop(), self.operands.pop()
        if operator == _NEGATION:
            value = right.value if isinstance(right.value, Obstacle) else -right.value
            self.operands.append(_Operand(value, f"minus {right.spoken}"))
        elif operator == _ROOT:
            self.operands.append(_Operand(_root(right.value), f"the square root of {right.spoken}"))
        else:
            left = self.operands.pop()
            spoken = f"{left.spoken} {_SPOKEN[operator]} {right.spoken}"
            self.operands.append(_Operand(_combine(operator, left.value, right.value), spoken))


def _binding(operator: str) -> int:
    return _BINDING.get(operator, _PREFIX_BINDING)


def _combine(operator: str, left: Value, right: Value) -> Value:
    if isinstance(left, Obstacle):
        return left
    if isinstance(right, Obstacle):
        return right
    if operator == "^":
        return _power(left, right)
    if operator == "/":
        return _sayable(left / right) if right else Obstacle.ZERO
    if operator == "%":
        return _sayable(left * right / 100)
    return _sayable(left * right if operator == "*" else left + right if operator == "+" else left - right)


def _power(base: Value, exponent: Fraction) -> Value:
    if isinstance(base, Obstacle):
        return base
    if exponent.denominator != 1:
        return Obstacle.FRACTIONAL_POWER
    if base == 0 and exponent < 0:
        return Obstacle.ZERO
    size = max(base.numerator.bit_length(), base.denominator.bit_length())
    if abs(exponent) * size > _MAX_BITS:
        return Obstacle.TOO_LONG
    return base ** int(exponent)


def _root(value: Value) -> Value:
    if isinstance(value, Obstacle):
        return value
    if value < 0:
        return Obstacle.NEGATIVE_ROOT
    # Exact for squares of fractions, else to eight decimals, which is more than is said.
    top, bottom = isqrt(value.numerator), isqrt(value.denominator)
    if top * top == value.numerator and bottom * bottom == value.denominator:
        return Fraction(top, bottom)
    return Fraction(isqrt(int(value * 10**16)), 10**8)


def _sayable(value: Fraction) -> Value:
    long = value.numerator.bit_length() > _MAX_BITS or value.denominator.bit_length() > _MAX_BITS
    return Obstacle.TOO_LONG if long else value
