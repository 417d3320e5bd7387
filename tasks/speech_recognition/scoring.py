"""Scores of transcripts, by jiwer, and of commands, each with how far chance may move it."""

from collections.abc import Sequence

import jiwer
import numpy as np
from scipy.stats import binomtest
from sklearn import metrics

from tasks.common.scores import Score

_RESAMPLES = 1000
_CONFIDENCE = 0.95


def transcript_scores(truth: Sequence[str], heard: Sequence[str]) -> list[Score]:
    """Word and character error rates, what kinds of errors there are, and how sure the first is.

    Args:
        truth: what was said.
        heard: what was written down.

    Returns:
        `word error rate` with the ends of its 95 % interval (bootstrap over utterances),
        `character error rate`, and of the words the shares of `substitutions`, `deletions` and
        `insertions`, all in percent of what was said.

    Raises:
        ValueError: if there are not as many of both, or none.

    Example:

    >>> scores = transcript_scores(["one two three four"], ["one too three"])
    >>> {score.name: score.value for score in scores}["word error rate"]
    50.0
    """
    if len(truth) != len(heard) or not truth:
        raise ValueError(
            "There must be a transcript for each utterance, and one at least. Received: "
            f"{len(heard)} transcripts of {len(truth)} utterances."
        )
    words = [jiwer.process_words(*pair) for pair in zip(truth, heard, strict=True)]
    errors = np.array([[one.substitutions, one.deletions, one.insertions] for one in words])
    counts = np.array([one.hits + one.substitutions + one.deletions for one in words])
    low, high = _interval(errors.sum(axis=1), counts)
    total = counts.sum()
    return [
        Score("word error rate", 100.0 * errors.sum() / total),
        Score("word error rate, low", low),
        Score("word error rate, high", high),
        Score("character error rate", 100.0 * jiwer.cer(list(truth), list(heard))),
        *(
            Score(name, 100.0 * number / total)
            for name, number in zip(
                ("substitutions", "deletions", "insertions"), errors.sum(axis=0), strict=True
            )
        ),
    ]


def word_error_rate(truth: Sequence[str], heard: Sequence[str]) -> float:
    """In percent of the words that were said."""
    return 100.0 * jiwer.wer(list(truth), list(heard))


def errors_of_each(truth: Sequence[str], heard: Sequence[str]) -> list[int]:
    """How many words of each utterance are wrong, missing or too many."""
    found = (jiwer.process_words(*pair) for pair in zip(truth, heard, strict=True))
    return [one.substitutions + one.deletions + one.insertions for one in found]


def command_scores(truth: np.ndarray, probabilities: np.ndarray) -> list[Score]:
    """Accuracy with its 95 % interval (Wilson), and macro F1, in percent.

    Args:
        truth: command ids `[count]`.
        probabilities: `[count, commands]`.
    """
    said = probabilities.argmax(axis=-1)
    right = int(np.sum(said == truth))
    interval = binomtest(right, len(truth)).proportion_ci(_CONFIDENCE, method="wilson")
    return [
        Score("accuracy", 100.0 * right / len(truth)),
        Score("accuracy, low", 100.0 * interval.low),
        Score("accuracy, high", 100.0 * interval.high),
        Score("macro F1", 100.0 * metrics.f1_score(truth, said, average="macro")),
    ]


def _interval(errors: np.ndarray, counts: np.ndarray) -> tuple[float, float]:
    """Of the error rate, if other utterances of the same kind had been drawn."""
    draw = np.random.default_rng(0)
    drawn = draw.integers(0, len(counts), (_RESAMPLES, len(counts)))
    rates = 100.0 * errors[drawn].sum(axis=1) / counts[drawn].sum(axis=1)
    tail = 50.0 * (1.0 - _CONFIDENCE)
    low, high = np.percentile(rates, [tail, 100.0 - tail])
    return float(low), float(high)
