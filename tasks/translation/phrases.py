"""English phrases and their Spanish translations, composed by a small grammar: no network needed.

The two languages differ where attention has something to learn: Spanish puts the adjective after
the noun and makes it agree in gender and number, leaves out most subject pronouns, says the time
first, asks `¿Come la niña ...?`, marks persons as objects with `a`, turns the sentence around for
"to like" (`me gusta`) and *has* its years. Each English phrase has exactly one translation, so a
model can be scored by exact match.

The splits are compositional. A twentieth of all pairs of a noun with an adjective or a verb is
kept for the test split, another for validation: a test phrase puts together two words that no
training phrase contains both of, although each single word form occurs in training.
"""

import functools
import random
import zlib
from collections.abc import Iterable

from tasks.translation.grammar.sentences import Phrase, compose

TRAIN, VALIDATION, TEST, NONE = "train", "validation", "test", "none"
MAX_WORDS = 12
_HELD_OUT = {0: TEST, 1: VALIDATION}  # of 20 equal shares of all pairs
_PATIENCE = 200_000  # phrases drawn in vain before giving up


@functools.cache
def held_out(pair: tuple[str, str], seed: int) -> str:
    """The split that may use this `(adjective or verb, noun)` pair: a rule, not a list."""
    share = zlib.crc32(f"{seed} {pair[0]} {pair[1]}".encode()) % 20
    return _HELD_OUT.get(share, TRAIN)


def split_of(phrase: Phrase, seed: int) -> str:
    """`"train"`, `"validation"`, `"test"`, or `"none"` for a phrase that would leak a pair."""
    together = {held_out(pair, seed) for pair in phrase.pairs}
    linked = {held_out(pair, seed) for pair in phrase.linked}
    for split in (TEST, VALIDATION):
        if split in together:
            return split if split in linked else NONE
    return TRAIN


def generate(
    train: int, validation: int, test: int, seed: int = 0
) -> tuple[list[Phrase], list[Phrase], list[Phrase]]:
    """Draw that many distinct phrases for each split; the same ones for the same arguments.

    Every word form of validation and test occurs in training, in both languages.

    Args:
        train: number of training phrases; a few thousand at least, to contain every form.
        validation: number of validation phrases.
        test: number of test phrases.
        seed: decides which phrases are drawn and which pairs of words are held out.

    Returns:
        Three lists of `Phrase`: training, validation, test.

    Raises:
        ValueError: if a number is not positive, or if so few training phrases cannot contain
            every word of the others.

    Example:

    >>> train, validation, test = generate(train=3000, validation=20, test=20, seed=1)
    >>> len(train), len({phrase.english for phrase in train + test})
    (3000, 3020)
    """
    wanted = {TRAIN: train, VALIDATION: validation, TEST: test}
    for name, count in wanted.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={count}.")
    draw = random.Random(seed)
    drawn: set[str] = set()
    found: dict[str, list[Phrase]] = {TRAIN: [], VALIDATION: [], TEST: []}

    def next_phrase() -> tuple[str, Phrase]:
        while True:
            phrase = compose(draw)
            split = split_of(phrase, seed)
            words = max(len(phrase.english.split()), len(phrase.spanish.split()))
            if split != NONE and words <= MAX_WORDS and phrase.english not in drawn:
                drawn.add(phrase.english)
                return split, phrase

    while len(found[TRAIN]) < train:
        split, phrase = next_phrase()
        found[split].append(phrase)
    known = _forms(found[TRAIN])
    for split in (VALIDATION, TEST):
        found[split] = [p for p in found[split] if known.issuperset(_forms([p]))][: wanted[split]]
    for _ in range(_PATIENCE):
        if all(len(found[split]) == wanted[split] for split in wanted):
            return found[TRAIN], found[VALIDATION], found[TEST]
        split, phrase = next_phrase()
        if len(found[split]) < wanted[split] and known.issuperset(_forms([phrase])):
            found[split].append(phrase)
    raise ValueError(
        "The training phrases must contain every word of the validation and test phrases. "
        f"Received: train={train}, validation={validation}, test={test}. Draw more training "
        "phrases or fewer others."
    )


def _forms(phrases: Iterable[Phrase]) -> set[tuple[str, str]]:
    """All word forms, by language, as written: `Comes` opening a sentence is not `comes`."""
    forms = set()
    for phrase in phrases:
        forms.update(("english", word) for word in phrase.english.split())
        forms.update(("spanish", word) for word in phrase.spanish.split())
    return forms
