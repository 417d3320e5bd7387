"""The work that every classifier is given: sizes, cases, texts, and one set of weights.

Token and learned position embeddings, the layers of an encoder, the mean of the real tokens, and a
dense layer. The weights are random; those of the encoder are `benchmarks.encoders.workload`'s.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from benchmarks.classification import work
from benchmarks.encoders import workload as encoders

EPSILON = encoders.EPSILON
PADDING_ID = 0


@dataclass(frozen=True)
class Sizes(encoders.Sizes):
    """The classifier: post-normalised, ReLU. The project publishes the defaults."""

    vocabulary_size: int = 8000
    num_classes: int = 2
    max_length: int = 256
    """Number of learned positions."""
    dropout: float = 0.1
    """Of embeddings and sublayer outputs, in training. DistilBERT has none behind attention."""
    attention_dropout: float = 0.1
    """Of attention weights, in training. KerasHub has one rate for both: `dropout`."""


@dataclass(frozen=True)
class Case(work.Case):
    """One step on one batch of texts."""

    length: int
    dtype: str = "float32"
    """"float32" or "bfloat16": mixed in training, with float32 weights; pure in prediction."""

    def __str__(self) -> str:
        return f"{self.task} {self.batch}x{self.length} {self.dtype}"

    def operations(self, sizes: Sizes) -> int:
        """Floating-point operations of the matrix products, those of padding included."""
        forward = encoders.forward_operations(sizes, self.batch, self.length)
        return forward * (3 if self.trains else 1)


@dataclass(frozen=True)
class Workload:
    """Sizes, and everything that follows from them and a seed."""

    sizes: Sizes
    seed: int = 0

    def batch(self, case: Case) -> tuple[dict[str, np.ndarray], np.ndarray]:
        """`token_ids` `[batch, length]` and classes `[batch]`, both int32.

        The lengths of texts are log-normal, cut at `length`: about a quarter of a batch is padding.
        A text alone has none, and one of several fills its row, as in a batch that is padded to its
        longest.
        """
        random = np.random.default_rng([self.seed, 1, case.batch, case.length])
        ids = random.integers(1, self.sizes.vocabulary_size, (case.batch, case.length))
        lengths = np.ceil(case.length * random.lognormal(-0.3, 0.5, case.batch))
        lengths[0] = case.length
        ids[np.arange(case.length) >= lengths[:, None]] = PADDING_ID
        labels = random.integers(0, self.sizes.num_classes, case.batch)
        return {"token_ids": ids.astype("int32")}, labels.astype("int32")

    def embeddings(self) -> tuple[np.ndarray, np.ndarray]:
        """Of tokens, `[vocabulary_size, d_model]`, and positions, `[max_length, d_model]`."""
        random, sizes = np.random.default_rng([self.seed, 2]), self.sizes
        tokens = random.normal(0, 1, (sizes.vocabulary_size, sizes.d_model))
        positions = random.normal(0, 0.3, (sizes.max_length, sizes.d_model))
        return tokens.astype("float32"), positions.astype("float32")

    def layers(self) -> Iterator[dict[str, np.ndarray]]:
        """The weights of each layer by PyTorch's names; matrices are `[outputs, inputs]`."""
        source = encoders.Workload(self.sizes, self.seed)
        return map(source.layer_weights, range(self.sizes.num_layers))

    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """Kernel `[d_model, num_classes]` and bias of the last layer."""
        random, sizes = np.random.default_rng([self.seed, 3]), self.sizes
        kernel = random.normal(0, 2 * sizes.d_model**-0.5, (sizes.d_model, sizes.num_classes))
        bias = random.normal(0, 0.5, sizes.num_classes)
        return kernel.astype("float32"), bias.astype("float32")

    def share_of_padding(self, case: Case) -> float:
        return float(np.mean(self.batch(case)[0]["token_ids"] == PADDING_ID))
