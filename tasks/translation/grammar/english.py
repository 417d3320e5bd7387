"""English word forms: the counterpart of `spanish`, with fewer forms and more auxiliaries."""

import re

from tasks.translation.grammar.spanish import EL, YO

_IRREGULAR_PLURALS = {"man": "men", "woman": "women", "mouse": "mice"}
_UNITS = "one two three four five six seven eight nine ten eleven twelve"
_TEENS = "thirteen fourteen fifteen sixteen seventeen eighteen nineteen"
_BELOW_TWENTY = f"{_UNITS} {_TEENS}".split()
_TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def plural(noun: str) -> str:
    """`house` → `houses`, `church` → `churches`, `man` → `men`."""
    return _IRREGULAR_PLURALS.get(noun) or _with_s(noun)


def third_person(verb: str) -> str:
    """`wash` → `washes`, `carry` → `carries`, `look for` → `looks for`."""
    verb, *particle = verb.split()
    return " ".join(["has" if verb == "have" else _with_s(verb), *particle])


def _with_s(word: str) -> str:
    if word.endswith(("sh", "ch", "s", "x")):
        return word + "es"
    if word.endswith("y") and word[-2] not in "aeiou":
        return word[:-1] + "ies"
    return word + "s"


def numeral(number: int) -> str:
    """1 to 99 in words: `forty-two`."""
    if number < 20:
        return _BELOW_TWENTY[number - 1]
    tens, unit = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{numeral(unit)}" if unit else "")


def be(tense: str, person: int, negated: bool = False) -> str:
    """`am`, `is not`, `were`, `will be`: for "present", "past" or "future" and a Spanish person."""
    if tense == "future":
        return "will not be" if negated else "will be"
    present = {YO: "am", EL: "is"}.get(person, "are")
    past = "was" if person in (YO, EL) else "were"
    return (present if tense == "present" else past) + (" not" if negated else "")


def auxiliary(tense: str, person: int) -> str:
    """What questions and negations begin with: `do`, `does`, `did`, `will`."""
    return {"past": "did", "future": "will"}.get(tense, "does" if person == EL else "do")


def conjugate(verb: str, past: str, tense: str, person: int, adverb: str = "") -> str:
    """`eats`, `does not eat`, `never ate`, `will never eat`: `adverb` is "", "not" or "never"."""
    if adverb == "not":
        return f"{auxiliary(tense, person)} not {verb}"
    if tense == "future":
        return f"will {adverb} {verb}"
    present = third_person(verb) if person == EL else verb
    return f"{adverb} {past if tense == 'past' else present}"


def a_or_an(words: str) -> str:
    """`a old car` → `an old car` (no word of ours begins with a vowel it does not sound)."""
    return re.sub(r"\ba (?=[aeiouAEIOU])", "an ", words)
