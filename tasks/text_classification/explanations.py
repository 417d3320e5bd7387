"""Which tokens carried an answer, by several methods, and which of the methods is to be believed.

Attention shows where a model looked, not what made its answer. So every method is put to the same
test: if the tokens that it names are taken away, the answer must change more than if as many others
are.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import tensorflow as tf

from keras_attention.visualization.rollout import attention_rollout
from tasks.common.special_ids import END_ID, START_ID
from tasks.text_classification.model import INPUTS, Classifier

_STEPS = 32  # points between no text and the text
_RANDOM_DRAWS = 5
_BATCH_SIZE = 16  # attention weights of long texts are large
DELETED = (0.1, 0.2, 0.5)  # shares of the tokens


@dataclass(frozen=True)
class Explanation:
    """How much each token of a text did for the class that was predicted.

    Args:
        pieces: the tokens, as the vocabulary writes them.
        scores: float array `[tokens]`. Of attention, shares of 1; of gradients, what the token adds
            to (or takes from) the logit of the class.
        label: the class.
        probability: of the class.
    """

    pieces: list[str]
    scores: np.ndarray
    label: str
    probability: float


class Explainer:
    """Explains the answers of a classifier of one label.

    Args:
        classifier: what is to be explained.

    Raises:
        ValueError: if its labels are of another kind.
    """

    def __init__(self, classifier: Classifier):
        if classifier.facts.labels.kind != "one":
            raise ValueError(
                "Only answers of one class are explained. Received: labels of the kind "
                f"{classifier.facts.labels.kind!r}."
            )
        self.classifier = classifier
        model, head = classifier.model, classifier.facts.name

        def gradient(inputs, classes, scale):
            embedded = tf.cast(model.embedded(inputs), tf.float32)
            change = (scale - 1.0) * embedded
            with tf.GradientTape() as tape:
                tape.watch(change)
                logits = classifier.forward({**inputs, "perturbation": change})
                chosen = tf.gather(logits, classes, axis=1, batch_dims=1)
            return tf.reduce_sum(tape.gradient(chosen, change) * embedded, axis=-1)

        classes, scale = tf.TensorSpec([None], tf.int64), tf.TensorSpec([], tf.float32)
        self._gradient = tf.function(gradient, [INPUTS, classes, scale], autograph=False)
        self._attention = tf.function(
            lambda inputs: (model.attention_scores(inputs), model.pooling_shares(inputs, head)),
            [INPUTS],
            autograph=False,
        )

    def explain(
        self, texts: Sequence[str], seconds: Sequence[str] | None, method: str
    ) -> list[Explanation]:
        """An `Explanation` of each answer.

        Args:
            texts: the texts.
            seconds: the second texts of pairs, or None.
            method: one of `METHODS`.
        """
        names, pieces = self.classifier.facts.labels.names, self.classifier.text.vocabulary.pieces
        found = []
        for inputs, classes, probabilities in self._answers(texts, seconds):
            scores = METHODS[method](self, inputs, classes)
            for row, ids in enumerate(inputs["token_ids"]):
                length = np.count_nonzero(ids)
                found.append(
                    Explanation(
                        pieces(ids[:length]),
                        scores[row, :length],
                        names[classes[row]],
                        float(probabilities[row]),
                    )
                )
        return found

    def gradient_times_input(self, inputs, classes) -> np.ndarray:
        """The first-order estimate of what the logit loses without each token.

        References:
            [Shrikumar et al., 2016](https://arxiv.org/abs/1605.01713)
        """
        return self._gradient(inputs, classes, tf.constant(1.0)).numpy()

    def integrated_gradients(self, inputs, classes, steps: int = _STEPS) -> np.ndarray:
        """The mean of the gradients between no tokens and the tokens, times the tokens.

        The scores of a text add up to what its tokens add to the logit, all together.

        References:
            [Sundararajan et al., 2017](https://arxiv.org/abs/1703.01365)
        """
        middles = (np.arange(steps) + 0.5) / steps
        parts = [self._gradient(inputs, classes, tf.constant(m, tf.float32)) for m in middles]
        return np.mean([part.numpy() for part in parts], axis=0)

    def last_attention(self, inputs, _) -> np.ndarray:
        """What the pooled positions attend to in the last layer, by the mean of its heads."""
        weights, shares = self._attention(inputs)
        return np.einsum("bi,bij->bj", shares, weights[:, -1].numpy().mean(axis=1))

    def rollout(self, inputs, _) -> np.ndarray:
        """What arrives at the pooled positions through all layers, see `attention_rollout`."""
        weights, shares = self._attention(inputs)
        return np.einsum("bi,bij->bj", shares, attention_rollout(weights.numpy()))

    def faithfulness(
        self,
        texts: Sequence[str],
        seconds: Sequence[str] | None = None,
        shares: Sequence[float] = DELETED,
        seed: int = 0,
    ) -> "list[Faithfulness]":
        """How much the probability of each answer falls if the tokens that carried it are deleted.

        Args:
            texts, seconds: as for `explain`.
            shares: of the tokens that are deleted, special ones never.
            seed: of the tokens that are deleted at random.

        Returns:
            One `Faithfulness` for each method, and last one for deletion at random.

        References:
            [DeYoung et al., 2020](https://arxiv.org/abs/1911.03429), comprehensiveness
        """
        draw = np.random.default_rng(seed)
        falls: dict[str, list[np.ndarray]] = {name: [] for name in (*METHODS, RANDOM)}
        for inputs, classes, before in self._answers(texts, seconds):

            def fall(scores, inputs=inputs, classes=classes, before=before):
                """By deleted share and text."""
                without = (_without(inputs, scores, share) for share in shares)
                logits = (self.classifier.model_logits(x) for x in without)
                return np.stack([before - self._probabilities(x, classes) for x in logits])

            for name, method in METHODS.items():
                falls[name].append(fall(method(self, inputs, classes)))
            shape = inputs["token_ids"].shape
            drawn = [fall(draw.random(shape)) for _ in range(_RANDOM_DRAWS)]
            falls[RANDOM].append(np.mean(drawn, axis=0))
        return [
            Faithfulness(name, np.concatenate(parts, axis=1).mean(axis=1))
            for name, parts in falls.items()
        ]

    def _answers(self, texts, seconds) -> Iterator[tuple[dict, np.ndarray, np.ndarray]]:
        """By batches: inputs, the classes that are predicted and their probabilities."""
        for start in range(0, len(texts), _BATCH_SIZE):
            part = slice(start, start + _BATCH_SIZE)
            inputs = self.classifier.inputs(texts[part], seconds and seconds[part])
            logits = self.classifier.model_logits(inputs)
            classes = logits.argmax(axis=-1)
            yield inputs, classes, self._probabilities(logits, classes)

    def _probabilities(self, logits, classes) -> np.ndarray:
        """Of these classes, for each text."""
        probabilities = self.classifier.probabilities(logits)
        return np.take_along_axis(probabilities, classes[:, None], axis=1)[:, 0]


@dataclass(frozen=True)
class Faithfulness:
    """How much answers change without the tokens that a method names.

    Args:
        method: its name.
        falls: float array `[shares]`: by how much the probability of the answer falls, on average.
    """

    method: str
    falls: np.ndarray


def faithful(found: Sequence[Faithfulness]) -> tuple[str, ...]:
    """The methods that name better tokens than chance does, whatever share is deleted."""
    *methods, random = found
    return tuple(one.method for one in methods if (one.falls > random.falls).all())


RANDOM = "tokens at random"
METHODS: dict[str, Callable[..., np.ndarray]] = {
    "attention of the last layer": Explainer.last_attention,
    "attention rollout": Explainer.rollout,
    "gradient x input": Explainer.gradient_times_input,
    "integrated gradients": Explainer.integrated_gradients,
}


def _without(inputs: dict[str, np.ndarray], scores: np.ndarray, share: float) -> dict:
    """The inputs without the share of the tokens that have the greatest scores."""
    ids = inputs["token_ids"]
    deletable = (ids > 0) & (ids != START_ID) & (ids != END_ID)
    counts = np.ceil(share * deletable.sum(axis=1)).astype(int)
    ranks = np.argsort(np.argsort(-np.where(deletable, scores, -np.inf), axis=1), axis=1)
    kept = (ids > 0) & ~(deletable & (ranks < counts[:, None]))
    order = np.argsort(~kept, axis=1, kind="stable")  # what stays moves together
    still = np.take_along_axis(kept, order, axis=1)
    return {
        name: np.where(still, np.take_along_axis(values, order, axis=1), 0)
        for name, values in inputs.items()
    }
