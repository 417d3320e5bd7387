"""Spectrograms with parts left out."""

import keras
from keras import ops

from keras_attention.layers.arguments import natural_number


@keras.saving.register_keras_serializable(package="keras_attention")
class SpecAugment(keras.layers.Layer):
    r"""Leaves out bands of frequencies and spans of time in training, and stretches time.

    What is left out becomes 0, which is the mean of normalised features. First of all, a frame
    drawn by lot moves by up to `time_warp` frames, and those before and after it are stretched or
    squeezed to fit. Each utterance has draws of its own, within its real frames.

    Args:
        frequency_masks: Number of bands that are left out.
        frequency_width: Widest band, in features.
        time_masks: Number of spans that are left out.
        time_width: Longest span, in frames.
        time_share: Longest span as a share of the utterance, if that is less.
        time_warp: How far a frame moves at most.
        seed: Integer for what is drawn.

    Call arguments:
        features: Float tensor `[batch, frames, features]`.
        padding_mask: Boolean tensor `[batch, frames]`, True = real frame, real frames first.
            Defaults to all.
        training: Whether to change anything.

    Returns:
        Tensor of the shape of `features`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> features = np.ones((2, 98, 40))
    >>> keras_attention.SpecAugment(time_warp=5)(features, training=True).shape
    (2, 98, 40)

    References:
        - [Park et al., 2019](https://arxiv.org/abs/1904.08779)
        - [Park et al., 2020](https://arxiv.org/abs/1912.05533), spans by the utterance's length
    """

    def __init__(
        self,
        frequency_masks=2,
        frequency_width=27,
        time_masks=2,
        time_width=100,
        time_share=0.2,
        time_warp=0,
        seed=None,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.frequency_masks = natural_number("frequency_masks", frequency_masks)
        self.frequency_width = natural_number("frequency_width", frequency_width)
        self.time_masks = natural_number("time_masks", time_masks)
        self.time_width = natural_number("time_width", time_width)
        self.time_warp = natural_number("time_warp", time_warp)
        if not 0 <= time_share <= 1:
            raise ValueError(
                f"`time_share` must be from 0 to 1. Received: time_share={time_share}."
            )
        self.time_share = time_share
        self.seed = seed
        self.seed_generator = keras.random.SeedGenerator(seed)

    def call(self, features, padding_mask=None, training=None):
        if not training:
            return features
        batch, frames, bands = ops.shape(features)
        if padding_mask is None:
            lengths = ops.broadcast_to(ops.cast(frames, "float32"), (batch,))
        else:
            lengths = ops.sum(ops.cast(padding_mask, "float32"), axis=1)
        x = self._warped(features, lengths) if self.time_warp else features
        of_time = self._spans(
            frames,
            lengths,
            ops.minimum(self.time_width, self.time_share * lengths),
            self.time_masks,
        )
        all_bands = ops.broadcast_to(ops.cast(bands, "float32"), (batch,))
        widest = ops.minimum(float(self.frequency_width), all_bands)
        of_frequency = self._spans(bands, all_bands, widest, self.frequency_masks)
        left_out = ops.logical_or(of_time[:, :, None], of_frequency[:, None, :])
        return ops.where(left_out, ops.zeros((), x.dtype), x)

    def _uniform(self, shape):
        return keras.random.uniform(shape, seed=self.seed_generator)

    def _spans(self, size, lengths, longest, number):
        """Which of `size` places are in one of `number` spans, `[batch, size]`.

        Each is of 0 to `longest` places, and lies within the first `lengths`.
        """
        shape = (ops.shape(lengths)[0], number, 1)
        lengths, longest = lengths[:, None, None], longest[:, None, None]
        width = ops.floor(self._uniform(shape) * (ops.floor(longest) + 1.0))
        start = ops.floor(self._uniform(shape) * (lengths - width + 1.0))
        places = ops.arange(size, dtype="float32")
        return ops.any((places >= start) & (places < start + width), axis=1)

    def _warped(self, features, lengths):
        """Frames from between their old neighbours, `[batch, frames, features]`."""
        shape = (ops.shape(lengths)[0], 1)
        lengths, most = lengths[:, None], float(self.time_warp)
        last = lengths - 1.0
        # Only an utterance that is long enough has a frame that can move so far.
        most = ops.where(lengths > 2 * most + 1, most, 0.0)
        old = most + self._uniform(shape) * ops.maximum(last - 2 * most, 0.0)
        new = old + (2 * self._uniform(shape) - 1) * most
        places = ops.arange(ops.shape(features)[1], dtype="float32")[None]
        before = places * old / ops.maximum(new, 1e-3)
        after = last - (last - places) * (last - old) / ops.maximum(last - new, 1e-3)
        sources = ops.where(places <= new, before, after)
        sources = ops.where(places <= last, ops.clip(sources, 0.0, last), places)
        lower = ops.floor(sources)
        share = ops.cast(sources - lower, features.dtype)[..., None]
        lower = ops.cast(lower, "int32")
        upper = ops.minimum(lower + 1, ops.shape(features)[1] - 1)
        taken = [
            ops.take_along_axis(features, index[..., None], axis=1) for index in (lower, upper)
        ]
        return (1 - share) * taken[0] + share * taken[1]

    def compute_output_shape(self, features_shape, padding_mask_shape=None):  # noqa: ARG002
        return features_shape

    def get_config(self):
        names = (
            "frequency_masks",
            "frequency_width",
            "time_masks",
            "time_width",
            "time_share",
            "time_warp",
            "seed",
        )
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}
