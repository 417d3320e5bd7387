"""Fewer frames, each of which has seen several."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.dense import Dense
from keras_attention.ops.spectrograms import num_frames as whole_frames

_KERNEL, _STRIDE = 3, 2


@keras.saving.register_keras_serializable(package="keras_attention")
class ConvolutionalSubsampling(keras.layers.Layer):
    r"""Convolutions over time and frequency, each of which halves both; then a dense layer.

    $$ x \leftarrow \mathrm{relu}(\mathrm{conv}_{3 \times 3 / 2}(x)) $$

    No output frame looks beyond the utterance's last frame, so that what follows an utterance in a
    batch changes nothing of it.

    Args:
        d_model: Number of features of an output frame.
        num_convolutions: Number of convolutions: 2 leave about a quarter of the frames.
        filters: Number of features between convolutions. Defaults to `d_model`.

    Call arguments:
        features: Float tensor `[batch, frames, features]`.

    Returns:
        Tensor `[batch, frames_left, d_model]`.

    Raises:
        ValueError: If an argument is not a positive integer, or there are too few features.

    Example:

    >>> layer = keras_attention.ConvolutionalSubsampling(16, num_convolutions=2)
    >>> layer(np.ones((2, 98, 40))).shape, layer.num_frames(98)
    ((2, 23, 16), 23)
    >>> mask = layer.output_mask(np.ones((2, 98), bool))
    >>> mask.shape
    (2, 23)

    References:
        [Dong et al., 2018](https://doi.org/10.1109/ICASSP.2018.8462506)
    """

    def __init__(self, d_model, num_convolutions=2, filters=None, **kwargs):
        super().__init__(**kwargs)
        self.d_model = positive_integer("d_model", d_model)
        self.num_convolutions = positive_integer("num_convolutions", num_convolutions)
        self.filters = filters if filters is None else positive_integer("filters", filters)
        self.convolutions = [
            keras.layers.Conv2D(
                filters or d_model,
                _KERNEL,
                _STRIDE,
                activation="relu",
                data_format="channels_last",
                name=f"convolution_{i}",
                dtype=self.dtype_policy,
            )
            for i in range(num_convolutions)
        ]
        self.output_dense = Dense(d_model, name="output_dense", dtype=self.dtype_policy)

    def build(self, features_shape):
        rows, channels = self.num_frames(features_shape[-1]), 1
        if rows < 1:
            raise ValueError(
                f"{self.num_convolutions} convolutions leave none of so few features. Received: "
                f"features.shape={tuple(features_shape)}."
            )
        for convolution in self.convolutions:
            convolution.build((None, None, None, channels))
            channels = convolution.filters
        self.output_dense.build((None, None, rows * channels))

    @property
    def stride(self):
        """Frames from the beginning of what an output frame sees to that of the next."""
        return _STRIDE**self.num_convolutions

    def num_frames(self, num_frames):
        """How many frames are left of so many, an integer or a tensor of integers."""
        for _ in range(self.num_convolutions):
            num_frames = whole_frames(num_frames, _KERNEL, _STRIDE)
        return num_frames

    def output_mask(self, padding_mask):
        """Which output frames are real: those that have seen real frames alone.

        Args:
            padding_mask: Boolean tensor `[batch, frames]`, real frames first.
        """
        for _ in range(self.num_convolutions):
            padding_mask = padding_mask[:, _KERNEL - 1 :: _STRIDE]
        return padding_mask

    def call(self, features):
        x = features[..., None]  # [batch, frames, features, 1]
        for convolution in self.convolutions:
            x = convolution(x)
        batch, frames = ops.shape(x)[:2]
        return self.output_dense(ops.reshape(x, (batch, frames, x.shape[2] * x.shape[3])))

    def compute_output_shape(self, features_shape):
        batch, frames, _ = features_shape
        return batch, None if frames is None else self.num_frames(frames), self.d_model

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "num_convolutions": self.num_convolutions,
            "filters": self.filters,
        }
