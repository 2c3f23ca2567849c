"""A small conversation in English: what to say to the last message. Deterministic given the messages and the clock."""

import re
from collections.abc import Sequence
from datetime import datetime

from speko.providers.embedded.rules import calendar, memory
from speko.providers.embedded.rules.arithmetic import find_sum
from speko.providers.embedded.rules.number_words import read_number
from speko.providers.llm import ChatMessage

ABILITIES = (
    "I can tell you the time and the date, do arithmetic, remember your name, repeat what I said, "
    "call tools that I was given, and tell a joke or a fact."
)
JOKES = (
    "Why did the microphone go to the doctor? It kept losing its voice.",
    "I told my computer a joke about silence. There was no response.",
    "What do you call a parrot that reads the news? A bird with a lot of repeats.",
    "Why was the number six calm? It knew that seven had already eaten.",
)
FACTS = (
    "Sound travels about four times faster in water than in air.",
    "Honey keeps for years, because it holds too little water for microbes to live in.",
    "A day on Venus lasts longer than its year.",
    "An octopus has three hearts.",
)
_GREETING = re.compile(r"\b(?:hello|hi|hey|howdy|greetings|good (?:morning|afternoon|evening)|hi there)\b")
_QUESTION = re.compile(r"^(?:how|what|why|who|where|which|when)\b")
_SMALL_TALK_WORDS = 10
_BYE = re.compile(r"\b(?:goodbye|good bye|bye|see you|good night|farewell|talk to you later)\b")
_THANKS = re.compile(r"\b(?:thank you|thanks|thank|cheers)\b")
_SMALL_TALK = tuple(
    (re.compile(pattern), said)
    for pattern, said in (
        (r"\bsorry\b", "No problem at all."),
        (r"^(?:i am|i'm|i feel) (?:fine|good|well|great|happy|ok|okay|all right)\b", "I am glad to hear that."),
        (r"^(?:i am|i'm|i feel) (?:sad|tired|ill|sick|unhappy|bored|angry)\b", "I am sorry to hear that."),
        (r"^(?:yes|yeah|yep|sure|ok|okay|all right)\W*$", "All right. What would you like to know?"),
        (r"^(?:no|nope|no thanks)\W*$", "All right."),
        (r"\b(?:can you hear me|are you there)\b|^test(?:ing)?\b", "Yes, I can hear you."),
    )
)
_WHO = re.compile(r"\b(?:what(?:'s| is) your name|who are you|introduce yourself|what are you)\b")
_HONESTLY = (
    "a small rule-based responder built into this voice gateway. I follow fixed rules; there is no AI model behind me."
)
_WHAT = re.compile(
    r"\bare you (?:an? |really |the )*"
    r"(?:ai|a\.i\.|robot|human|person|bot|real|machine|computer|model|chatgpt)\b"
)
_HELP = re.compile(
    r"\b(?:what can (?:you|i) (?:do|ask|say)|help|how can you help|what do you (?:do|know)|your abilities)\b"
)
_HOW = re.compile(r"\bhow (?:are you|do you do|is it going|are things)\b|\bhow's it going\b")
_AGAIN = re.compile(
    r"\b(?:repeat that|repeat it|repeat yourself|say that again|say it again|come again|pardon|repeat please"
    r"|please repeat|what did you (?:just )?say|could you repeat|can you repeat)\b"
)
_ENTERTAINMENT = (
    (re.compile(r"\bjokes?\b|\bmake me laugh\b"), JOKES),
    (re.compile(r"\b(?:a|any|another|some|fun|interesting) (?:\w+ )?facts?\b|\btrivia\b"), FACTS),
)
_PART_OF_DAY = re.compile(r"\bgood (?:morning|afternoon|evening)\b")
_HIS_NAME = re.compile(
    r"\b(?:what(?:'s| is| was)? my name|do you (?:know|remember) (?:my name|who i am|me)|who am i|say my name"
    r"|tell me my name|remember my name)\b"
)
_SPELL = re.compile(r"\b(?:spell|how do you spell) (?:the word )?([a-z]{1,40})\b")
_COUNT = re.compile(r"\bcount (?:from one )?(?:up )?to ([a-z -]+|\d+)")
_COUNT_TO = 30
_AFTER_ME = re.compile(r"\b(?:repeat after me|say after me)\b\W*(.+)", re.IGNORECASE | re.DOTALL)
_MAX_ECHO = 300


class Conversation:
    """One conversation up to the user's last message.

    Args:
        messages: all of them, oldest first.
        prompts: system prompts, which may name a persona ("You are Nova").
        now: local time.
    """

    def __init__(self, messages: Sequence[ChatMessage], prompts: Sequence[str], now: datetime) -> None:
        self._messages = messages
        self._now = now
        self._name = memory.persona(prompts) or "Speko"
        self._said = memory.last_turn(messages).replace("’", "'").strip()
        self._lower = " ".join(self._said.lower().split())

    def reply(self) -> str:
        """What to say."""
        if not any(char.isalnum() for char in self._said):
            return "I did not hear any words. Could you say that again?"
        told = memory.told_name(self._said)
        main = self._main()
        if told and not _HIS_NAME.search(self._lower):
            greeting = f"Nice to meet you, {told}."
            return f"{greeting} {main}" if main else greeting
        return main or self._small_talk() or self._fallback()

    def _main(self) -> str | None:
        """The answer to a question or a request, the most specific first."""
        if (sum_found := find_sum(self._said)) is not None:
            return _capitalised(sum_found.sentence)
        answers = (
            self._his_name,
            lambda: calendar.answer(self._lower, self._now),
            self._echo,
            self._about_self,
            self._entertain,
            self._spell,
            self._count,
        )
        return next((said for answer in answers if (said := answer())), None)

    def _his_name(self) -> str | None:
        if not _HIS_NAME.search(self._lower):
            return None
        name = memory.remembered_name(self._messages)
        return f"Your name is {name}." if name else "You have not told me your name yet."

    def _echo(self) -> str | None:
        if match := _AFTER_ME.search(self._said):
            return match[1].strip()[:_MAX_ECHO]
        if not _AGAIN.search(self._lower):
            return None
        return memory.last_words(self._messages) or "I have not said anything yet."

    def _about_self(self) -> str | None:
        answers = (
            (_WHO, f"I am {self._name}, {_HONESTLY}"),
            (_WHAT, "I am a program: a small rule-based responder, neither a person nor an AI model."),
            (_HELP, ABILITIES),
            (_HOW, "I am running well, thank you. How are you?"),
        )
        return next((said for pattern, said in answers if pattern.search(self._lower)), None)

    def _entertain(self) -> str | None:
        for asked, lines in _ENTERTAINMENT:
            if asked.search(self._lower):
                return lines[memory.times_said(self._messages, lines) % len(lines)]
        return None

    def _spell(self) -> str | None:
        match = _SPELL.search(self._lower)
        return f"{match[1]}: {', '.join(match[1].upper())}." if match else None

    def _count(self) -> str | None:
        match = _COUNT.search(self._lower)
        found = read_number(match[1].replace("-", " ").split(), 0) if match else None
        if found is None or found[0].denominator != 1 or not 1 <= found[0] <= _COUNT_TO:
            return f"I only count from 1 to at most {_COUNT_TO}." if match else None
        return f"{', '.join(map(str, range(1, int(found[0]) + 1)))}."

    def _small_talk(self) -> str | None:
        # "How do you say thank you in French?" is no thanks.
        if _QUESTION.search(self._lower) or len(self._lower.split()) > _SMALL_TALK_WORDS:
            return None
        name = memory.remembered_name(self._messages)
        to_name = f", {name}" if name else ""
        answers = (
            (_BYE, f"Goodbye{to_name}!"),
            (_THANKS, f"You are welcome{to_name}."),
            (_GREETING, f"{self._greeting()}{to_name}! How can I help you?"),
            *_SMALL_TALK,
        )
        return next((said for pattern, said in answers if pattern.search(self._lower)), None)

    def _greeting(self) -> str:
        match = _PART_OF_DAY.search(self._lower)
        return match[0].capitalize() if match else "Hello"

    def _fallback(self) -> str:
        if "I do not know" in (memory.last_words(self._messages) or ""):
            return f"I am sorry, that is beyond my rules, and I do not know the answer either. {ABILITIES}"
        return f"I do not know how to answer that: I am a small rule-based responder. {ABILITIES}"


def _capitalised(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]
