"""The work that every classifier of pictures is given: sizes, cases, pictures, one set of weights.

Patches, a class token, learned positions, pre-normalised layers with GELU, a normalization, and a
dense layer for the class token. The weights are random; those of the layers are
`benchmarks.encoders.workload`'s.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.classification import work
from benchmarks.encoders import workload as encoders

EPSILON = encoders.EPSILON
CHANNELS = 3


@dataclass(frozen=True)
class Sizes(encoders.Sizes):
    """The vision transformer, without dropout. The defaults, which the project publishes, are those
    of ViT-Ti."""

    num_layers: int = 12
    d_model: int = 192
    num_heads: int = 3
    dff: int = 768
    num_classes: int = 100


@dataclass(frozen=True)
class Case(work.Case):
    """One step on one batch of pictures."""

    image_size: int
    """Height and width."""
    patch_size: int
    dtype: str = "float32"
    """"float32" or "bfloat16": mixed in training, with float32 weights; pure in prediction."""

    def __str__(self) -> str:
        return f"{self.task} {self.batch}x{self.image_size}/{self.patch_size} {self.dtype}"

    @property
    def grid(self) -> int:
        """Number of rows, and of columns, of patches."""
        return self.image_size // self.patch_size

    def operations(self, sizes: Sizes) -> int:
        """Floating-point operations of the matrix products.

        The gradients of a product take two products, but nobody needs that of the pixels.
        """
        patches = self.grid**2
        layers = encoders.forward_operations(sizes, self.batch, 1 + patches)
        projection = 2 * self.batch * patches * self.patch_size**2 * CHANNELS * sizes.d_model
        return 3 * layers + 2 * projection if self.trains else layers + projection


@dataclass(frozen=True)
class Workload:
    """Sizes, and everything that follows from them and a seed."""

    sizes: Sizes
    seed: int = 0

    def batch(self, case: Case) -> tuple[np.ndarray, np.ndarray]:
        """Pictures, float32 `[batch, height, width, channels]` from -1 to 1, and classes `[batch]`,
        int32."""
        random = np.random.default_rng([self.seed, 1, case.batch, case.image_size])
        shape = case.batch, case.image_size, case.image_size, CHANNELS
        images = random.uniform(-1, 1, shape).astype("float32")
        labels = random.integers(0, self.sizes.num_classes, case.batch)
        return images, labels.astype("int32")

    def projection(self, case: Case) -> tuple[np.ndarray, np.ndarray]:
        """Kernel `[patch, patch, channels, d_model]` and bias of the patches."""
        random, size = np.random.default_rng([self.seed, 4, case.patch_size]), case.patch_size
        kernel = random.normal(0, 1 / size, (size, size, CHANNELS, self.sizes.d_model))
        bias = random.normal(0, 0.02, self.sizes.d_model)
        return kernel.astype("float32"), bias.astype("float32")

    def class_token(self) -> np.ndarray:
        """`[d_model]`."""
        random = np.random.default_rng([self.seed, 5])
        return random.normal(0, 0.5, self.sizes.d_model).astype("float32")

    def positions(self, case: Case) -> np.ndarray:
        """`[rows, columns, d_model]`; the class token has none."""
        random = np.random.default_rng([self.seed, 6, case.grid])
        return random.normal(0, 0.3, (case.grid, case.grid, self.sizes.d_model)).astype("float32")

    def positions_of_all(self, case: Case) -> np.ndarray:
        """`[1 + patches, d_model]`: the positions row by row, zeros for the class token first."""
        positions = self.positions(case).reshape(-1, self.sizes.d_model)
        return np.concatenate([np.zeros_like(positions[:1]), positions])

    def encoder(self) -> encoders.Workload:
        """Has the weights of the layers and of the last normalization, by PyTorch's names."""
        return encoders.Workload(self.sizes, self.seed)

    def head(self) -> tuple[np.ndarray, np.ndarray]:
        """Kernel `[d_model, num_classes]` and bias of the last layer."""
        random, sizes = np.random.default_rng([self.seed, 7]), self.sizes
        kernel = random.normal(0, 2 * sizes.d_model**-0.5, (sizes.d_model, sizes.num_classes))
        bias = random.normal(0, 0.5, sizes.num_classes)
        return kernel.astype("float32"), bias.astype("float32")
