"""A review: one to four opinions on something, one of which decides."""

import random
from dataclasses import dataclass

from tasks.common.grammar import lexicon
from tasks.common.grammar.opinions import (
    NOTHING,
    Opinion,
    Word,
    opinion,
    punctuated,
)

_CONTRAST, _ADDITION = 0.62, 0.14  # the rest has one opinion only
_OTHER_COUNTS = 0.2  # how much what is conceded changes a rating
_MIDDLE = 3.0  # of ratings from 1 to 5


@dataclass(frozen=True)
class Review:
    """A sentence of one domain.

    Args:
        domain: what is reviewed, such as `"film"`.
        words: as they are written.
        opinions: the one that decides first.
        rating: from 1 to 5; above 3 is a recommendation.
    """

    domain: str
    words: tuple[Word, ...]
    opinions: tuple[Opinion, ...]
    rating: float

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def is_positive(self) -> bool:
        return self.opinions[0].sign > 0

    @property
    def pairs(self) -> set[tuple[str, str]]:
        """Each adjective with the noun that it is said of."""
        return {(one.adjective, one.topic.noun) for one in self.opinions}


def compose(draw: random.Random) -> Review:
    """A review, drawn at random."""
    domain = draw.choice(list(lexicon.DOMAINS))
    first, second = draw.sample(lexicon.DOMAINS[domain], 2)
    sign, chance = draw.choice((1, -1)), draw.random()
    main = opinion(draw, first, sign)
    if chance < _CONTRAST:
        other = opinion(draw, second, -sign)
        words = _joined(draw.choice(lexicon.CONTRASTS), main, other)
        rating = _MIDDLE + main.value + _OTHER_COUNTS * other.value
        return Review(domain, words, (main, other), rating)
    if chance < _CONTRAST + _ADDITION:
        other = opinion(draw, second, sign)
        words = _joined(draw.choice(lexicon.ADDITIONS), main, other)
        rating = _MIDDLE + (main.value + other.value) / 2
        return Review(domain, words, (main, other), rating)
    return Review(domain, as_sentence(main.words), (main,), _MIDDLE + main.value)


def as_sentence(words: tuple[Word, ...]) -> tuple[Word, ...]:
    """The words with a capital and a full stop."""
    first, *rest = punctuated(words, ".")
    return (Word(first.text[0].upper() + first.text[1:], first.tag), *rest)


def _joined(frame: str, main: Opinion, other: Opinion) -> tuple[Word, ...]:
    slots = {"{main}": main.words, "{other}": other.words}
    found: list[Word] = []
    for part in frame.split():
        slot = part.rstrip(",;")
        words = slots.get(slot, (Word(slot, NOTHING),))
        found += punctuated(words, part[len(slot) :])
    return as_sentence(tuple(found))
