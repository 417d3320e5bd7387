"""The work that every encoder is given: sizes, cases, inputs, one set of weights, and its proof.

The weights are random and named as `torch.nn.TransformerEncoder` names them.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np

EPSILON = 1e-5
FEATURES_TO_COMPARE = 8


@dataclass(frozen=True)
class Sizes:
    """The encoder: pre-normalised, ReLU, no dropout. The project publishes the defaults."""

    num_layers: int = 4
    d_model: int = 256
    num_heads: int = 8
    dff: int = 1024


@dataclass(frozen=True)
class Case:
    """One step of the encoder on one batch."""

    batch: int
    length: int
    dtype: str = "float32"
    """"float32" or "bfloat16": mixed, with float32 weights."""
    direction: str = "forward+backward"
    """"forward", or "forward+backward": with the gradients of all weights and of the input."""

    def __str__(self) -> str:
        return f"{self.batch}x{self.length} {self.dtype} {self.direction}"

    @property
    def backward(self) -> bool:
        return self.direction == "forward+backward"

    @property
    def units(self) -> int:
        """What a speed counts: tokens."""
        return self.batch * self.length

    def operations(self, sizes: Sizes) -> int:
        """Floating-point operations of the matrix products.

        The gradients of a product take two products. What is computed twice counts once.
        """
        return forward_operations(sizes, self.batch, self.length) * (3 if self.backward else 1)


def forward_operations(sizes: Sizes, batch: int, length: int) -> int:
    """Of the matrix products of an encoder's layers: a multiplication and an addition each."""
    projections = 4 * sizes.d_model**2 + 2 * sizes.d_model * sizes.dff
    attention = 2 * length * sizes.d_model
    return 2 * batch * length * sizes.num_layers * (projections + attention)


@dataclass(frozen=True)
class Workload:
    """Sizes, and everything that follows from them and a seed."""

    sizes: Sizes
    seed: int = 0

    def arrays(self, case: Case) -> tuple[np.ndarray, np.ndarray]:
        """The input and the gradient of the output, float32 `[batch, length, d_model]`."""
        random = np.random.default_rng([self.seed, 1, case.batch, case.length])
        shape = case.batch, case.length, self.sizes.d_model
        x, upstream = (random.standard_normal(shape, dtype="float32") for _ in range(2))
        return x, upstream

    def weights(self) -> dict[str, np.ndarray]:
        """The weights of the whole encoder by PyTorch's names; matrices are `[outputs, inputs]`."""
        weights = {}
        for index in range(self.sizes.num_layers):
            for name, array in self.layer_weights(index).items():
                weights[f"layers.{index}.{name}"] = array
        return weights | self._normalization("norm", np.random.default_rng([self.seed, 2]))

    def layer_weights(self, index: int) -> dict[str, np.ndarray]:
        """The weights of one layer, by their names within it."""
        width, dff = self.sizes.d_model, self.sizes.dff
        random = np.random.default_rng([self.seed, 3, index])
        weights = {}
        for weight, bias, outputs, inputs in (
            ("self_attn.in_proj_weight", "self_attn.in_proj_bias", 3 * width, width),
            ("self_attn.out_proj.weight", "self_attn.out_proj.bias", width, width),
            ("linear1.weight", "linear1.bias", dff, width),
            ("linear2.weight", "linear2.bias", width, dff),
        ):
            matrix = random.normal(0, inputs**-0.5, (outputs, inputs))
            weights[weight] = matrix.astype("float32")
            weights[bias] = random.normal(0, 0.02, outputs).astype("float32")
        for name in ("norm1", "norm2"):
            weights |= self._normalization(name, random)
        return weights

    def _normalization(self, name: str, random: np.random.Generator) -> dict[str, np.ndarray]:
        means = {"weight": 1, "bias": 0}
        return {
            f"{name}.{part}": random.normal(mean, 0.05, self.sizes.d_model).astype("float32")
            for part, mean in means.items()
        }


def proof(output: Any, gradients: Iterable[Any] = ()) -> dict[str, list[float]]:
    """What shows that the work was right: numbers that do not depend on the order of weights.

    Args:
        output: Float32 array, as all others.
        gradients: Of the input and, after it, of the weights; none if there are none.
    """

    def last_token(array):
        return [float(x) for x in array[-1, -1, :FEATURES_TO_COMPARE]]

    found = {"output": last_token(output)}
    if gradients := list(gradients):
        of_input, *of_weights = gradients
        norm = sum(float(np.sum(np.square(x, dtype="float64"))) for x in of_weights) ** 0.5
        found |= {"gradient of the input": last_token(of_input), "norm of the gradient": [norm]}
    return found
