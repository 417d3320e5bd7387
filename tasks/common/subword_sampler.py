"""Subword regularisation: the same words cut into other pieces in each epoch, by a seed.

SentencePiece samples too, but cannot be seeded across processes (0.2.3): a run could not be
repeated, and workers would disagree about the batches. In a unigram model the words of a sentence
are cut independently of each other, so it suffices to know the best ways to cut each word and to
draw one of them wherever the word occurs. That is also many times faster.
"""

from collections.abc import Sequence

import numpy as np
from sentencepiece import SentencePieceProcessor

from tasks.common.ragged import Ragged
from tasks.common.special_ids import END_ID, START_ID, UNKNOWN_ID

_CANDIDATES = 32  # ways to cut a word


class SubwordSampler:
    """Draws ids for sentences that it has seen before.

    A way to cut a word into pieces has a probability proportional to the product of the pieces'
    probabilities to the power of `alpha`.

    Args:
        model: the bytes of a SentencePiece unigram model.
        sentences: what will be sampled.
        alpha: 0.1 cuts wildly, 0.5 mildly; towards infinity only the best way is left.
        start: put the start id before each sentence.
        end: put the end id after each sentence.

    Raises:
        ValueError: if `alpha` is not positive or the model is not a unigram model.

    References:
        [Kudo, 2018](https://arxiv.org/abs/1804.10959)
    """

    def __init__(
        self,
        model: bytes,
        sentences: Sequence[str],
        alpha: float,
        start: bool = False,
        end: bool = False,
    ):
        if not 0.0 < alpha <= 1.0:
            raise ValueError(f"`alpha` must be in (0, 1]. Received: alpha={alpha}.")
        processor = SentencePieceProcessor(model_proto=model)
        words: dict[str, int] = {}  # the first two stand for start and end
        rows = []
        for sentence in processor.normalize(list(sentences)):
            row = [words.setdefault(word, len(words) + 2) for word in sentence.split("▁") if word]
            rows.append([0] * start + row + [1] * end)
        self._words = Ragged.from_lists(rows)
        ways = [[[START_ID]], [[END_ID]], *(_ways(processor, word) for word in words)]
        self._ways = Ragged.from_lists([way for word in ways for way in word])
        first = np.cumsum([0, *(len(word) for word in ways)])
        weights = alpha * _scores(processor, self._ways)
        self._cumulative = _cumulative(weights, first)

    def sample(self, seed: int | Sequence[int]) -> Ragged:
        """The ids of all sentences, drawn anew; the same ones for the same seed."""
        words = self._words.values
        drawn = words + np.random.default_rng(seed).random(len(words))
        pieces = self._ways.take(np.searchsorted(self._cumulative, drawn, side="right"))
        # Words follow each other, so a sentence begins where its first word does.
        return Ragged(pieces.values, pieces.starts[self._words.starts])


def _ways(processor: SentencePieceProcessor, word: str) -> list[list[int]]:
    try:
        return processor.nbest_encode_as_ids(word, _CANDIDATES)
    except RuntimeError as error:
        raise ValueError(
            "Sampling needs a unigram vocabulary: only that knows how probable a way to cut a word "
            'is. Train one with `model_type="unigram"`, or turn sampling off.'
        ) from error


def _scores(processor: SentencePieceProcessor, ways: Ragged) -> np.ndarray:
    """Log-probability of each way: the sum over its pieces."""
    scores = np.array([processor.get_score(i) for i in range(processor.get_piece_size())])
    scores[UNKNOWN_ID] = scores.min() - 10.0  # as SentencePiece ranks it
    return np.add.reduceat(scores[ways.values], ways.starts[:-1])


def _cumulative(weights: np.ndarray, first: np.ndarray) -> np.ndarray:
    """`word + P(this way of the word or one before it)` for each way of each word.

    So a number drawn from `[word, word + 1)` lies just below the way that it stands for.

    Args:
        weights: logarithms of the ways' weights, those of a word next to each other.
        first: the number of each word's first way, and the number of all.
    """
    counts = np.diff(first)
    best = np.maximum.reduceat(weights, first[:-1])
    weights = np.exp(weights - np.repeat(best, counts))
    sums = np.cumsum(weights)
    before = np.concatenate([[0.0], sums])[first]
    shares = (sums - np.repeat(before[:-1], counts)) / np.repeat(np.diff(before), counts)
    shares[first[1:] - 1] = 1.0  # whatever the rounding
    return shares + np.repeat(np.arange(len(counts)), counts)
