"""The work that every translator is given: sizes, cases, batches, and one set of weights.

The weights are random, but shaped so that translating with them is a fair and checkable job:

- every translator that can hold them must produce the same tokens, so no two logits may be nearly
  equal: the gain of the last normalization spreads the logits (their deviation is about 8);
- the output must not repeat one token: attention is sharp and its output smaller than the residual
  stream, so that single tokens matter; and with tied embeddings that stream predicts the token it
  just read, so the same gain has random signs (about 47 of 64 tokens are distinct);
- every translation must have exactly `new_tokens` tokens: the first feature of the decoder's
  output is a constant, and the special tokens' embeddings turn it into a logit of -100.

They are named as Hugging Face names the weights of Marian, the architecture that the most peers
share: post-norm, sinusoidal positions (sines first, then cosines), scaled shared embeddings, ReLU.
"""

from dataclasses import dataclass

import numpy as np

PADDING_ID, UNKNOWN_ID, START_ID, END_ID = range(4)
NUM_SPECIAL = 4
LABEL_SMOOTHING = 0.1
LEARNING_RATE = 1e-4
# Steps of one timed training call: enough to hide the cost of entering `fit`.
STEPS = 4


@dataclass(frozen=True)
class Sizes:
    """The model and the batches. The defaults are what the project publishes."""

    num_layers: int = 3
    """Encoder layers, and as many decoder layers."""
    d_model: int = 256
    num_heads: int = 8
    dff: int = 1024
    vocabulary_size: int = 8000
    train_batch: int = 64
    source_length: int = 32
    target_length: int = 32
    """Target tokens of a training example."""
    new_tokens: int = 64
    """Tokens of a translation."""
    dropout: float = 0.1
    """Of embeddings and sublayer outputs, in training."""
    attention_dropout: float = 0.1
    """Of attention weights, in training. KerasHub has one rate for both: `dropout`."""


@dataclass(frozen=True)
class Case:
    """One thing to measure."""

    task: str
    """"train" or "decode"."""
    dtype: str = "float32"
    """"float32" or "bfloat16" (in training: mixed, with float32 weights)."""
    batch: int = 1
    """Sentences per call of a decode; training has its own."""
    beams: int = 1
    """1 is greedy."""

    def __str__(self) -> str:
        if self.task == "train":
            return f"train {self.dtype}"
        search = "greedy" if self.beams == 1 else f"beam {self.beams}"
        suffix = "" if self.dtype == "float32" else f" {self.dtype}"
        return f"{search} ×{self.batch}{suffix}"


@dataclass(frozen=True)
class Workload:
    """Sizes, and everything that follows from them and a seed."""

    sizes: Sizes
    seed: int = 0

    def sources(self, batch: int) -> np.ndarray:
        """Sentences to translate, int32 `[batch, source_length]`: full length, no padding."""
        return self._random_ids(1, batch, self.sizes.source_length)

    def training_batch(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Source ids, target ids (behind the start id) and labels of one training batch."""
        sizes = self.sizes
        sources = self._random_ids(2, sizes.train_batch, sizes.source_length)
        labels = self._random_ids(3, sizes.train_batch, sizes.target_length)
        labels[:, -1] = END_ID
        targets = np.roll(labels, 1, axis=1)
        targets[:, 0] = START_ID
        return sources, targets, labels

    @property
    def training_tokens(self) -> int:
        """Source and target tokens of one training step."""
        return self.sizes.train_batch * (self.sizes.source_length + self.sizes.target_length)

    def decoded_tokens(self, case: Case) -> int:
        return case.batch * self.sizes.new_tokens

    def weights(self) -> dict[str, np.ndarray]:
        """The shared weights by Marian's names, float32; matrices are `[outputs, inputs]`."""
        sizes, random = self.sizes, np.random.default_rng([self.seed, 0])
        width = sizes.d_model
        embeddings = random.normal(0, width**-0.5, (sizes.vocabulary_size, width))
        embeddings[:, 0] = 0
        embeddings[:NUM_SPECIAL, 0] = -2
        weights = {
            "model.shared.weight": embeddings,
            "final_logits_bias": np.zeros((1, sizes.vocabulary_size)),
        }

        def dense(name, outputs, inputs, gain=1.0):
            weights[f"{name}.weight"] = random.normal(0, gain * inputs**-0.5, (outputs, inputs))
            weights[f"{name}.bias"] = random.normal(0, 0.02, outputs)

        def normalization(name):
            weights[f"{name}.weight"] = random.normal(1, 0.05, width)
            weights[f"{name}.bias"] = random.normal(0, 0.05, width)

        for stack, attentions in (
            ("encoder", ("self_attn",)),
            ("decoder", ("self_attn", "encoder_attn")),
        ):
            for index in range(sizes.num_layers):
                layer = f"model.{stack}.layers.{index}"
                for attention in attentions:
                    for projection, gain in (("q", 3), ("k", 3), ("v", 0.8), ("out", 0.8)):
                        dense(f"{layer}.{attention}.{projection}_proj", width, width, gain)
                    normalization(f"{layer}.{attention}_layer_norm")
                dense(f"{layer}.fc1", sizes.dff, width)
                dense(f"{layer}.fc2", width, sizes.dff, 0.2)
                normalization(f"{layer}.final_layer_norm")
        gain = 8 * random.choice([-1.0, 1.0], width)
        bias = np.zeros(width)
        gain[0], bias[0] = 0, 50
        last = f"model.decoder.layers.{sizes.num_layers - 1}.final_layer_norm"
        weights[f"{last}.weight"], weights[f"{last}.bias"] = gain, bias
        return {name: value.astype("float32") for name, value in weights.items()}

    def positions(self) -> np.ndarray:
        """Marian's sinusoidal positions, float32 `[length, d_model]`."""
        sizes = self.sizes
        length = 1 + max(sizes.source_length, sizes.target_length, sizes.new_tokens)
        rates = 10000.0 ** (-np.arange(0, sizes.d_model, 2) / sizes.d_model)
        angles = np.arange(length)[:, None] * rates
        return np.concatenate([np.sin(angles), np.cos(angles)], axis=1).astype("float32")

    def _random_ids(self, stream: int, *shape: int) -> np.ndarray:
        random = np.random.default_rng([self.seed, stream])
        return random.integers(NUM_SPECIAL, self.sizes.vocabulary_size, shape).astype("int32")
