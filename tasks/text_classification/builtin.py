"""Labelled English text composed by a small grammar, one kind for each kind of label: no network.

What a sentence means depends on the order of its words: denials far from what they deny ("nobody
calls the soup good"), words of denial that deny nothing ("nobody denies that the soup is good"),
concessions before or after what decides ("the soup is good, but the waiter is far too slow"). The
same words make a praise and a blame, so that counting them, or pairs of neighbours, says little.

The splits are compositional: a tenth of all pairs of an adjective with a noun is kept for the test
split, another for validation. A test sentence says of something what no training sentence says of
it, although each single word occurs in training.
"""

import random
import zlib
from collections.abc import Callable
from typing import Literal

from tasks.common.grammar import lexicon
from tasks.common.grammar.opinions import opinion
from tasks.common.grammar.reviews import Review, as_sentence, compose
from tasks.text_classification.examples import Example, Splits

Kind = Literal["sentiment", "entailment", "aspects", "rating", "words"]
NEGATIVE, POSITIVE = "negative", "positive"
ENTAILED, CONTRADICTED, UNKNOWN = "entailed", "contradicted", "unknown"
_SPLITS = TRAIN, VALIDATION, TEST = "train", "validation", "test"
_HELD_OUT = {0: TEST, 1: VALIDATION}  # of ten equal shares of all pairs
_PATIENCE = 200  # drawings in vain for each example wanted


def generate(kind: Kind, train: int, validation: int, test: int, seed: int = 0) -> Splits:
    """Compose that many distinct examples for each split; the same ones for the same arguments.

    Args:
        kind: `"sentiment"`: `"positive"` or `"negative"`, what the review as a whole says;
            `"entailment"`: a review and a statement that it entails, contradicts or leaves open;
            `"aspects"`: all that the review praises, of six aspects; `"rating"`: a number from 1 to
            5; `"words"`: for each word whether it is a topic, praise, blame or nothing of these.
        train: number of training examples.
        validation: number of validation examples.
        test: number of test examples.
        seed: decides which examples are drawn and which pairs are held out.

    Returns:
        `Splits` of `Example`s.

    Raises:
        ValueError: if a number is not positive, or more than the grammar can compose.

    Example:

    >>> splits = generate("sentiment", train=100, validation=10, test=10)
    >>> len(splits.train), sorted({example.label for example in splits.train})
    (100, ['negative', 'positive'])
    """
    wanted = {TRAIN: train, VALIDATION: validation, TEST: test}
    for name, count in wanted.items():
        if count < 1:
            raise ValueError(f"`{name}` must be at least 1. Received: {name}={count}.")
    draw, seen = random.Random(seed), set()
    found: dict[str, list[Example]] = {name: [] for name in _SPLITS}
    for _ in range(_PATIENCE * sum(wanted.values())):
        review = compose(draw)
        split = split_of(review, seed)
        if split is None or review.text in seen or len(found[split]) == wanted[split]:
            continue
        seen.add(review.text)
        found[split].append(_LABELLED[kind](review, draw))
        if all(len(found[name]) == count for name, count in wanted.items()):
            return Splits(**found)
    raise ValueError(
        f"The grammar cannot compose so many different reviews. Received: train={train}, "
        f"validation={validation}, test={test}. Ask for fewer."
    )


def split_of(review: Review, seed: int) -> str | None:
    """The split that a review belongs to; None if it would show a held-out pair to two splits."""
    splits = {_share(pair, seed) for pair in review.pairs} - {TRAIN}
    if len(splits) > 1:
        return None
    return splits.pop() if splits else TRAIN


def _share(pair: tuple[str, str], seed: int) -> str:
    """The split that may say this adjective of this noun: a rule, not a list."""
    return _HELD_OUT.get(zlib.crc32(f"{seed} {' '.join(pair)}".encode()) % 10, TRAIN)


def _sentiment(review: Review, _: random.Random) -> Example:
    return Example(review.text, POSITIVE if review.is_positive else NEGATIVE)


def _rating(review: Review, _: random.Random) -> Example:
    return Example(review.text, review.rating)


def _aspects(review: Review, _: random.Random) -> Example:
    praised = {one.topic.aspect for one in review.opinions if one.sign > 0}
    return Example(review.text, tuple(sorted(praised)))


def _words(review: Review, _: random.Random) -> Example:
    return Example(review.text, tuple(word.tag for word in review.words))


def _entailment(review: Review, draw: random.Random) -> Example:
    """A statement on a topic of the review, or on another of the same domain."""
    signs = {one.topic: one.sign for one in review.opinions}
    others = [topic for topic in lexicon.DOMAINS[review.domain] if topic not in signs]
    label = draw.choice((ENTAILED, CONTRADICTED, UNKNOWN))
    topic = draw.choice(others if label == UNKNOWN else list(signs))
    sign = signs.get(topic, draw.choice((1, -1)))
    claimed = -sign if label == CONTRADICTED else sign
    statement = as_sentence(opinion(draw, topic, claimed, plain=True).words)
    return Example(review.text, label, second=" ".join(word.text for word in statement))


_LABELLED: dict[str, Callable[[Review, random.Random], Example]] = {
    "sentiment": _sentiment,
    "entailment": _entailment,
    "aspects": _aspects,
    "rating": _rating,
    "words": _words,
}
