"""One clause of a review: an opinion on a topic, its words tagged, its sign and strength known."""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

from tasks.common.grammar import lexicon
from tasks.common.grammar.lexicon import Topic

Item = TypeVar("Item")
NOTHING, TOPIC, PRAISE, BLAME = TAGS = ("nothing", "topic", "praise", "blame")
_ASIDE, _GENERAL, _EXCESSIVE, _STRONG, _MILD, _DENIED = 0.5, 0.5, 0.2, 0.25, 0.2, 0.35
_BARE_DENIED = -1.0  # "not good" is bad; "not very good" is less than that
_STRONG_DENIED = -0.5


@dataclass(frozen=True)
class Word:
    """A word as it is written, its punctuation included, and what it does."""

    text: str
    tag: str


@dataclass(frozen=True)
class Opinion:
    """A clause.

    Args:
        words: of the clause, in lower case but for names.
        topic: what it is about.
        adjective: as the lexicon has it, what is said of the topic.
        value: from -2, the worst, to 2, the best; never 0.
    """

    words: tuple[Word, ...]
    topic: Topic
    adjective: str
    value: float

    @property
    def sign(self) -> int:
        return 1 if self.value > 0 else -1


def opinion(draw: random.Random, topic: Topic, sign: int, plain: bool = False) -> Opinion:
    """A clause that praises (`sign` 1) or blames (-1) `topic`.

    Args:
        draw: where chance comes from.
        topic: what is judged.
        sign: of the opinion, after all denials.
        plain: without intensity, exception or aside, for a statement about a review.
    """
    denied = draw.random() < _DENIED
    frame = draw.choice(lexicon.DENYING if denied else lexicon.AFFIRMING)
    said = -sign if denied else sign  # what the adjective says before it is denied
    degree, adjective, strength = _adjective(draw, topic, said, denied, plain)
    if denied:
        strength = -_STRONG_DENIED if strength > 1.0 else -_BARE_DENIED
    words = _fill(frame, topic, f"{degree} {adjective}".split(), PRAISE if sign > 0 else BLAME)
    if not plain and draw.random() < _ASIDE:
        words = _with_aside(draw, words)
    return Opinion(tuple(words), topic, adjective, sign * strength)


def _adjective(
    draw: random.Random, topic: Topic, sign: int, denied: bool, plain: bool
) -> tuple[str, str, float]:
    """A word of degree (or ""), an adjective, and how strong both are together."""
    if sign < 0 and not plain and draw.random() < _EXCESSIVE:
        degree = draw.choice(list(lexicon.TOO))
        return degree, _pick(draw, lexicon.NEUTRAL[topic.aspect]), lexicon.TOO[degree]
    general = plain or draw.random() < _GENERAL
    words = lexicon.GENERAL if general else lexicon.SPECIFIC[topic.aspect]
    adjective, chance = _pick(draw, words[sign]), draw.random()
    if not plain and chance < _STRONG:
        return draw.choice(lexicon.STRONG), adjective, 2.0
    if not plain and not denied and chance < _STRONG + _MILD:
        return draw.choice(lexicon.MILD), adjective, 0.5
    return "", adjective, 1.0


def _fill(frame: str, topic: Topic, judgement: Sequence[str], tag: str) -> list[Word]:
    """The words of a frame whose slots are filled, and what each of them does."""
    slots = {
        "{it}": [Word("the", NOTHING), *(Word(word, TOPIC) for word in topic.noun.split())],
        "{is}": [Word("are" if topic.plural else "is", NOTHING)],
        "{so}": [Word(word, tag) for word in judgement],
    }
    found: list[Word] = []
    for part in frame.split():
        slot = part.rstrip(",;")
        words = slots.get(slot, [Word(slot, NOTHING)])
        found += punctuated(words, part[len(slot) :])
    return found


def _with_aside(draw: random.Random, words: list[Word]) -> list[Word]:
    """ "The plot is good, to be honest": what follows an adjective says nothing about it."""
    aside = [Word(word, NOTHING) for word in draw.choice(lexicon.ASIDES).split()]
    if draw.random() < 0.3:
        return [*punctuated(aside, ","), *words]
    return [*punctuated(words, ","), *aside]


def punctuated(words: Sequence[Word], mark: str) -> list[Word]:
    """The words with a mark after the last."""
    return [*words[:-1], Word(words[-1].text + mark, words[-1].tag)]


def _pick(draw: random.Random, line: str) -> str:
    return draw.choice(lexicon.words(line))
