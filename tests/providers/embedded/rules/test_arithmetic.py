import re
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from num2words import num2words

from speko.providers.embedded.rules.arithmetic import MAX_WORDS, Obstacle, find_sum
from speko.providers.embedded.rules.number_words import say_number

WORDS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by"}


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("what is twelve times twelve", "12 times 12 is 144."),
        ("How much is 7 plus 5?", "7 plus 5 is 12."),
        ("what's 2 + 3 * 4", "2 plus 3 times 4 is 14."),
        ("(2 + 3) * 4", "(2 plus 3) times 4 is 20."),
        ("open parenthesis two plus three close parenthesis times four", "(2 plus 3) times 4 is 20."),
        ("15 percent of 80", "15 percent of 80 is 12."),
        ("what is 20% of 50", "20 percent of 50 is 10."),
        ("what is 10 divided by 4", "10 divided by 4 is 2.5."),
        ("what is ten over three", "10 divided by 3 is about 3.3333."),
        ("2 × 3 ÷ 4", "2 times 3 divided by 4 is 1.5."),
        ("subtract 4 from nine", "9 minus 4 is 5."),
        ("add five and seven", "5 plus 7 is 12."),
        ("multiply six by seven please", "6 times 7 is 42."),
        ("divide 9 by 2", "9 divided by 2 is 4.5."),
        ("what is the sum of two, three and four", "2 plus 3 plus 4 is 9."),
        ("the product of one hundred and five and 2", "105 times 2 is 210."),
        ("the difference between 9 and 4", "9 minus 4 is 5."),
        ("half of nine", "0.5 times 9 is 4.5."),
        ("twenty-one minus thirty-two", "21 minus 32 is -11."),
        ("what is minus five plus three", "minus 5 plus 3 is -2."),
        ("3 squared plus 4 squared", "3 squared plus 4 squared is 25."),
        ("what is -4 squared", "minus 4 squared is -16."),
        ("two to the power of ten", "2 to the power of 10 is 1024."),
        ("what is the square root of 144", "the square root of 144 is 12."),
        ("square root of 2", "the square root of 2 is about 1.4142."),
        ("hello computer what is 5 minus 3 thank you", "5 minus 3 is 2."),
        ("1,250.5 times 2", "1250.5 times 2 is 2501."),
        ("1/3 times 3", "1 divided by 3 times 3 is 1."),
    ],
)
def test_sums(text: str, answer: str) -> None:
    found = find_sum(text)
    assert found is not None
    assert found.sentence == answer


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("what is to plus for", "2 plus 4 is 6."),
        ("what is ate times won", "8 times 1 is 8."),
        ("what is six time seven", "6 times 7 is 42."),
        ("what is nine divided buy three", "9 divided by 3 is 3."),
    ],
)
def test_slips_of_a_recogniser(text: str, answer: str) -> None:
    found = find_sum(text)
    assert found is not None
    assert found.sentence == answer


@pytest.mark.parametrize(
    "text",
    [
        "",
        "hello",
        "what time is it",
        "I was born on 10-12-1990",
        "call me at 555-1234",
        "tell me three times a day",
        "I have two dogs and three cats",
        "what is five",
        "what is 5 plus",
        "two plus three) times four",
        "a plus b",
        "this is too much for me",
    ],
)
def test_no_sums(text: str) -> None:
    assert find_sum(text) is None


@pytest.mark.parametrize(
    ("text", "obstacle"),
    [
        ("what is five divided by zero", Obstacle.ZERO),
        ("1/0 + 5", Obstacle.ZERO),
        ("5 - 3 / (2 - 2)", Obstacle.ZERO),
        ("0 to the power of minus 1", Obstacle.ZERO),
        ("square root of minus four", Obstacle.NEGATIVE_ROOT),
        ("9 to the power of 999999999999", Obstacle.TOO_LONG),
        ("2 to the power of 0.5", Obstacle.FRACTIONAL_POWER),
    ],
)
def test_sums_without_an_answer(text: str, obstacle: Obstacle) -> None:
    found = find_sum(text)
    assert found is not None
    assert found.value is obstacle
    assert obstacle.value in found.sentence


numbers = st.integers(0, 999_999) | st.decimals(0, 1000, places=2, allow_nan=False)


@st.composite
def expressions(draw: st.DrawFn, depth: int = 3) -> tuple[str, str]:
    """An expression for Python, over Fraction, and the same as somebody would write or say it."""
    if depth == 0 or draw(st.booleans()):
        value = draw(numbers)
        said = draw(st.sampled_from([str(value), num2words(value).replace(",", "")]))
        return f"Fraction('{value}')", said
    left, right = draw(expressions(depth=depth - 1)), draw(expressions(depth=depth - 1))
    sign = draw(st.sampled_from("+-*/"))
    spoken = draw(st.sampled_from([sign, WORDS[sign]]))
    if draw(st.booleans()):
        return f"({left[0]} {sign} {right[0]})", f"( {left[1]} {spoken} {right[1]} )"
    return f"{left[0]} {sign} {right[0]}", f"{left[1]} {spoken} {right[1]}"


@given(expressions())
def test_the_same_as_python(expression: tuple[str, str]) -> None:
    python, said = expression
    found = find_sum(f"what is {said}")
    if not re.search(r"' [-+*/] |\) [-+*/] ", python):
        assert found is None, "a number alone is no sum"
        return
    assert found is not None
    try:
        expected = eval(python, {"Fraction": Fraction})  # noqa: S307
    except ZeroDivisionError:
        assert found.value is Obstacle.ZERO
        return
    assert found.value == expected
    assert found.sentence.endswith(f" is {say_number(expected)}.")


@given(st.text(st.sampled_from("0123456789+-*/()^%., x"), max_size=60).map(lambda signs: f"what is {signs}"))
def test_any_signs(text: str) -> None:
    found = find_sum(text)
    assert found is None or found.sentence.endswith(".")


@given(st.text())
def test_any_text(text: str) -> None:
    find_sum(text)


def test_long_input_is_no_burden() -> None:
    for text in ("(" * 100_000, "1+" * 100_000, "9" * 100_000, "two " * 100_000, "add " * 50_000):
        find_sum(f"what is {text}")
    assert find_sum("what is " + "1+" * (MAX_WORDS // 2 - 10) + "1") is not None
