"""The work that every contestant is given, and what it costs."""

from dataclasses import dataclass

import numpy as np

HEADS, HEAD_DIM = 8, 64
# One-sided, its own position included.
WINDOW = 257
SHORT_LENGTH = 64


@dataclass(frozen=True)
class Case:
    """Attention of one sequence to itself."""

    length: int
    direction: str
    """"forward", or "forward+backward": the gradients of query, key and value."""
    dtype: str
    """"float32" or "bfloat16"."""

    def __str__(self) -> str:
        return f"{self.direction} {self.dtype} {self.length}"

    @property
    def weights_gib(self) -> float:
        """What all weights take in float32."""
        return HEADS * self.length**2 * 4 / 2**30


def arrays(length: int, seed: int) -> list[np.ndarray]:
    """Query, key, value and the gradient of the output: float32 `[1, heads, length, dim]`."""
    random = np.random.default_rng([seed, length])
    shape = 1, HEADS, length, HEAD_DIM
    return [random.standard_normal(shape, dtype="float32") for _ in range(4)]
