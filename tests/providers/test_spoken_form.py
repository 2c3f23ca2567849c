import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from speko.providers.spoken_form import spoken_form

ENGLISH = [
    # numbers
    ("I have 3 dogs.", "I have three dogs."),
    ("1,234 and 1,000,000", "one thousand two hundred and thirty-four and one million"),
    ("3.14, 0.5, .5 and 10.50", "three point one four, zero point five, zero point five and ten point five zero"),
    ("(3) 10, 20.", "(three) ten, twenty."),
    ("007", "zero zero seven"),
    ("1234567890123", "one two three four five six seven eight nine zero one two three"),
    ("-5 degrees, +5, ~5", "minus five degrees, plus five, about five"),
    ("version 1.2.3 of 192.168.0.1", "version one point two point three of one hundred and ninety-two point one "
     "hundred and sixty-eight point zero point one"),
    ("1st, 2nd, 3rd, 21st and 100th", "first, second, third, twenty-first and one hundredth"),
    ("1/2, 3/4 and 24/7", "one half, three quarters and twenty-four slash seven"),
    ("½ cup or 1½ cups", "one half cup or one and a half cups"),
    ("3-5 people, 2–3%", "three to five people, two to three percent"),
    ("10k users", "ten thousand users"),
    ("2 + 2 = 4 and 2*3 or 5 × 3", "two plus two equals four and two times three or five times three"),
    ("MP3, 4x4, 3D, H2O, 5G and v2.0", "MP3, 4x4, 3D, H2O, 5G and v2.0"),
    ("COVID-19", "COVID-nineteen"),
    ("12/5/2024", "12/5/2024"),
    # percent, money, units
    ("50%, 1% and 12.5 %", "fifty percent, one percent and twelve point five percent"),
    ("$12.50", "twelve dollars and fifty cents"),
    ("€3 or £1", "three euros or one pound"),
    ("$0.99, £0.01 and $.50", "ninety-nine cents, one penny and fifty cents"),
    ("$1,234.56", "one thousand two hundred and thirty-four dollars and fifty-six cents"),
    ("$5.00 and $0", "five dollars and zero dollars"),
    ("-$5", "minus five dollars"),
    ("$3.5 million, $5m, £100k", "three point five million dollars, five million dollars, one hundred thousand pounds"),
    ("$5-10", "five to ten dollars"),
    ("12 €, 5 USD and US$7", "twelve euros, five dollars and seven dollars"),
    ("¥500", "five hundred yen"),
    ("5 km, 1 kg, 2.5m and 100 km/h", "five kilometers, one kilogram, two point five meters and one hundred kilometers "
     "per hour"),
    ("20°C or 68 °F", "twenty degrees Celsius or sixty-eight degrees Fahrenheit"),
    ("a 5'10\" man", "a five foot ten man"),
    # times and dates
    ("10:30, 10:05 and 10:00", "ten thirty, ten oh five and ten o'clock"),
    ("14:00 or 00:15", "fourteen hundred or zero fifteen"),
    ("10:30:15", "ten thirty and fifteen seconds"),
    ("at 10 a.m. Then", "at ten AM. Then"),
    ("9:15pm and 9-5 PM", "nine fifteen PM and nine to five PM"),
    ("10:30-11:00", "ten thirty to eleven o'clock"),
    ("16:9", "sixteen to nine"),
    ("in 1984, since 2005, © 2024", "in nineteen eighty-four, since two thousand and five, © twenty twenty-four"),
    ("1984 people", "one thousand nine hundred and eighty-four people"),
    ("1990-2000", "nineteen ninety to two thousand"),
    ("the 1990s and the '80s", "the nineteen nineties and the eighties"),
    ("May 17, 2024 or 2024-05-17", "May seventeenth, twenty twenty-four or May seventeenth, twenty twenty-four"),
    ("Jan. 5", "January fifth"),
    # telephone numbers
    ("555-1234", "five five five, one two three four"),
    ("(555) 123-4567 or 555-123-4567", "five five five, one two three, four five six seven or five five five, "
     "one two three, four five six seven"),
    ("+44 20 7946", "plus four four, two zero, seven nine four six"),
    # abbreviations
    ("Dr. Smith and Mr. and Mrs. Jones", "Doctor Smith and Mister and Missus Jones"),
    ("5 Main St. in St. Louis, near Elm Dr.", "five Main Street in Saint Louis, near Elm Drive."),
    ("e.g. this, i.e. that, etc.", "for example this, that is that, et cetera."),
    ("apples, etc. Then more", "apples, et cetera. Then more"),
    ("Cats vs. Dogs, us vs them", "Cats versus Dogs, us versus them"),
    ("No. 5, p. 7, #1", "Number five, page seven, number one"),
    ("He said no. 5 people left", "He said no. five people left"),
    ("Acme Inc. and Sons Ltd.", "Acme Incorporated and Sons Limited."),
    ("R&D w/ milk w/o sugar", "R and D with milk without sugar"),
    ("etcetera drive Street vs", "etcetera drive Street versus"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_english(text: str, expected: str) -> None:
    assert spoken_form(text, "en-US") == expected


MARKUP = [
    ("# Title\n\nText", "Title.\n\nText"),
    ("## Why? ##", "Why?"),
    ("Title\n=====\n\n---\n***", "Title"),
    ("**bold**, *it*, __b__, _i_, ***both*** and ~~old~~", "bold, it, b, i, both and old"),
    ("`code` and ``more``", "code and more"),
    ("```python\nprint(x)\n```\nafter", "print(x)\nafter"),
    ("- one\n* two\n+ three!\n  - [x] done", "one.\ntwo.\nthree!\ndone."),
    ("1. first\n2) **second**", "one. first.\ntwo) second."),
    ("> quoted\n>> twice", "quoted\ntwice"),
    ("[text](https://a.example/b_(c) \"t\") and ![alt](p.png)", "text and alt"),
    ("[![badge](a.svg)](https://a.example)", "badge"),
    ("[text][ref] and more[^1]\n\n[ref]: https://a.example\n[^1]: A note.", "text and more\n\nA note."),
    ("| a | b |\n|:--|--:|\n| c | `d` |\n\nx | y", "a, b.\nc, d.\n\nx | y"),
    ("a | b\n--|--\nc | d", "a, b.\nc, d."),
    ("line<br>next <b>bold</b> <a href='x'>y</a>", "line\nnext bold y"),
    ("a < b and c > d", "a < b and c > d"),
    ("snake_case and __init__", "snake case and init"),
    (r"\*no\* and C:\dir", r"no and C:\dir"),
    ("C# and #tag", "C# and #tag"),
    ("See https://www.example.com/a/b?c=1#d.", "See example dot com."),
    ("(http://user:pw@sub.example.co.uk:80/x) <https://a.example>", "(sub dot example dot co dot uk) a dot example"),
    ("www.example.com!", "example dot com!"),
    ("https://?", "?"),
    ("mail jo.doe_x@example.com.", "mail jo dot doe underscore x at example dot com."),
    ("a\r\n\r\n\r\n\r\nb   c\t d", "a\n\nb c d"),
    ("", ""),
    ("***", ""),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), MARKUP)
def test_markup(text: str, expected: str) -> None:
    assert spoken_form(text, "en") == expected


WORLD = [
    ("de", "Ich habe 3 Hunde und 21 Fische.", "Ich habe drei Hunde und einundzwanzig Fische."),
    ("de-AT", "12,5 % von 1.234,50 €.", "zwölf Komma fünf Prozent von eintausendzweihundertvierunddreißig Komma fünf "
     "null Euro."),
    ("de", "Am 3. Mai um 10:30, am 3.5.2024, Nr. 1.2.3", "Am 3. Mai um 10:30, am 3.5.2024, Nr. 1.2.3"),
    ("de", "Es sind 5.", "Es sind fünf."),
    ("de", "1 Katze, aber Zimmer 1", "1 Katze, aber Zimmer eins"),
    ("de", "**Fett** auf https://www.example.de/x", "Fett auf example.de"),
    ("de-CH", "1'000 Franken", "eintausend Franken"),
    ("fr-FR", "80 personnes, 3,5 km, 12 €", "quatre-vingts personnes, trois virgule cinq km, douze euros"),
    ("es", "25 años, 3.5 kg, $5 y 50%", "veinticinco años, tres coma cinco kg, cinco dólares y cincuenta por ciento"),
    ("es-MX", "1,234.5 pesos", "mil doscientos treinta y cuatro punto cinco pesos"),
    ("pt-BR", "1.500 reais", "mil e quinhentos reais"),
    ("it", "3,14", "tre virgola uno quattro"),
    ("nl", "€ 5", "vijf euro"),
    ("ru", "5 собак, 3,5", "пять собак, 3,5"),
    ("nb-NO", "12 hunder", "tolv hunder"),
    ("vi", "-5 và 5", "-5 và năm"),
    ("ja", "3 です", "三 です"),
    ("zh", "我有 3 只狗", "我有 3 只狗"),
    ("xx-YY", "3 things, **bold**", "3 things, bold"),
    ("", "3", "3"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "text", "expected"), WORLD)
def test_other_languages(language: str, text: str, expected: str) -> None:
    assert spoken_form(text, language) == expected


LANGUAGES = st.sampled_from(["en", "en-GB", "EN_us", "de", "fr", "es-MX", "tr", "ar", "am", "bn", "zh", "", "x", "-"])
BUSY = st.text(alphabet="0123456789.,:/-–+~$€£%*_`#[]()|<>&@\\!^ \n'½°kmsthdDrSte", max_size=80)


@settings(max_examples=400, deadline=None)
@given(st.text(max_size=80) | BUSY, LANGUAGES)
def test_any_text_has_a_spoken_form_without_marks(text: str, language: str) -> None:
    spoken = spoken_form(text, language)
    assert not any(mark in spoken for mark in ("*", "`", "_", "~~", "   ", "\n\n\n"))
    assert spoken == spoken.strip()


@settings(max_examples=150)
@given(st.lists(st.from_regex(r"[a-z]{1,10}[,;]?", fullmatch=True).filter(lambda word: "vs" not in word)), LANGUAGES)
def test_plain_words_stay_as_they_are(words: list[str], language: str) -> None:
    text = " ".join(words)
    assert spoken_form(text, language) == text


@pytest.mark.parametrize(("text", "expected"), ENGLISH)
def test_what_is_spoken_once_stays_spoken(text: str, expected: str) -> None:
    assert spoken_form(expected, "en") == expected


@given(st.integers(0, 10**12 - 1))
def test_english_leaves_no_digit_of_a_number(number: int) -> None:
    for text in (f"{number}", f"{number:,}", f"${number:,}.25", f"{number}%", f"-{number}", f"{number}.5 km"):
        assert not any(sign.isdigit() for sign in spoken_form(text, "en"))


HOSTILE = [*"*[]()#_`~|>-1.,:/$@<&\\ \n'½", "[](", "[a](", "[a][", "1,", "1.", "1-", "1 ", "a.", "a@", "a@b.", "http://",
           "www.", "<b ", "555-", "+1 ", "St. A", "$1", "- [ ] ", "|-", "```\n", "     x", "x_"]  # fmt: skip


@pytest.mark.parametrize("language", ["en", "de"])
@pytest.mark.parametrize("unit", HOSTILE)
def test_long_hostile_texts_take_no_longer_than_others(unit: str, language: str) -> None:
    started = time.process_time()
    spoken_form((unit * 50_000)[:50_000], language)
    # Each takes about a tenth of a second; where a pattern backtracks it is many seconds.
    assert time.process_time() - started < 5
