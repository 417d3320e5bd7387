"""The work that everyone is given: waveforms, texts, and how large the Conformer is.

The weights are not shared: the layers of the Conformers differ in details. What can be compared is
compared: features must agree, and the numbers of weights.
"""

from dataclasses import dataclass

import numpy as np

SAMPLING_RATE = 16_000
NUM_MELS = 80
FRAME = 512  # samples, as long as the Fourier transform, so that all have the same frames
HOP = 160
LOWEST = 20.0  # hertz
STRIDE = 640  # samples from one encoded frame to the next: 40 ms, of all contestants
LEARNING_RATE = 1e-4
# Steps of one timed training call: enough to hide the cost of entering `fit`.
STEPS = 2


@dataclass(frozen=True)
class Sizes:
    """The Conformer, without dropout. The defaults, which the project publishes, are those of the
    paper's small one with half of its layers."""

    num_layers: int = 8
    d_model: int = 144
    num_heads: int = 4
    dff: int = 576
    kernel_size: int = 31
    vocabulary_size: int = 32


@dataclass(frozen=True)
class Case:
    """One call on one batch of recordings."""

    task: str
    """"features": from waveforms to log-mel features; "train": forward, backward and Adam's
    update; "decode": from waveforms to the most probable id of each frame."""
    batch: int
    seconds: float
    """Of each recording."""
    dtype: str = "float32"
    """"float32" or, in training, "bfloat16": mixed precision, with float32 weights."""

    def __str__(self) -> str:
        return f"{self.task} {self.batch}x{self.seconds:g}s {self.dtype}"

    @property
    def trains(self) -> bool:
        return self.task == "train"

    @property
    def samples(self) -> int:
        return round(self.seconds * SAMPLING_RATE)

    @property
    def units(self) -> float:
        """What a speed counts: seconds of audio."""
        return self.batch * self.seconds

    def operations(self, sizes: Sizes) -> int:
        """Floating-point operations of the matrix products of features, or of the layers.

        Those of the convolutions that halve the frames are left out, for they differ; depth-wise
        convolutions are no products.
        """
        if self.task == "features":
            frames = (self.samples - FRAME) // HOP + 1
            return 2 * self.batch * frames * (FRAME // 2 + 1) * NUM_MELS
        width, frames = sizes.d_model, self.samples // STRIDE
        # Two feed-forwards, five projections of attention, and 3 widths around the convolution.
        weights = 4 * width * sizes.dff + 5 * width**2 + 3 * width**2
        # Scores of contents and of 2 * frames distances, and their sums of values.
        pairs = 4 * frames * width
        forward = 2 * self.batch * frames * sizes.num_layers * (weights + pairs)
        return 3 * forward if self.trains else forward


@dataclass(frozen=True)
class Workload:
    """Sizes, and everything that follows from them and a seed."""

    sizes: Sizes
    seed: int = 0

    def waveforms(self, case: Case) -> np.ndarray:
        """Float32 `[batch, samples]`: hums that rise and fall, in noise."""
        random = np.random.default_rng([self.seed, 1, case.batch, case.samples])
        times = np.arange(case.samples) / SAMPLING_RATE
        pitches = random.uniform(80, 300, (case.batch, 1)) * (1 + 0.1 * np.sin(3 * times))
        phases = 2 * np.pi * np.cumsum(pitches, axis=1) / SAMPLING_RATE
        hums = sum(np.sin(n * phases) / n for n in range(1, 6))
        noise = random.normal(0, 0.05, hums.shape)
        return (0.1 * hums + noise).astype("float32")

    def labels(self, case: Case) -> np.ndarray:
        """Int32 `[batch, labels]`, fewer than half of the encoded frames; 0, the blank, is none."""
        random = np.random.default_rng([self.seed, 2, case.batch, case.samples])
        count = max(case.samples // STRIDE // 3, 1)
        ids = random.integers(1, self.sizes.vocabulary_size, (case.batch, count))
        return ids.astype("int32")
