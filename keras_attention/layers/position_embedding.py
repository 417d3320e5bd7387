"""Position schemes that add a vector to each token's embedding."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.ops.positions import resample_positions, sinusoidal_positions


@keras.saving.register_keras_serializable(package="keras_attention")
class NoPositionEmbedding(keras.layers.Layer):
    """Adds nothing: for models whose attention knows distances, or a causal mask alone.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        start: As in the other schemes; it plays no part.

    Returns:
        `x`.

    Example:

    >>> keras_attention.NoPositionEmbedding()(np.zeros((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Kazemnejad et al., 2023](https://arxiv.org/abs/2305.19466)
    """

    def __init__(self, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True

    def call(self, x, start=0):  # noqa: ARG002 - as all schemes
        return x

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return super().get_config()


@keras.saving.register_keras_serializable(package="keras_attention")
class SinusoidalPositionEmbedding(keras.layers.Layer):
    """Adds the fixed sines and cosines of the Transformer; it has no weights and no longest length.

    Args:
        max_wavelength: Base of the geometric series of wavelengths.
        interleaved: Sine and cosine in turn (True) or all sines first (False), see
            `sinusoidal_positions`.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`, `d_model` even.
        start: Scalar integer, the position of the first token; not 0 when decoding from a cache.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `d_model` is odd.

    Example:

    >>> keras_attention.SinusoidalPositionEmbedding()(np.zeros((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Vaswani et al., 2017](https://arxiv.org/abs/1706.03762), section 3.5.
    """

    def __init__(self, max_wavelength=10000.0, interleaved=True, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_wavelength = max_wavelength
        self.interleaved = interleaved

    def call(self, x, start=0):
        positions = ops.arange(ops.shape(x)[1], dtype="int32") + start
        table = sinusoidal_positions(
            positions, x.shape[-1], self.max_wavelength, self.interleaved
        )  # [length, d_model], float32
        return x + ops.cast(table, x.dtype)

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "max_wavelength": self.max_wavelength,
            "interleaved": self.interleaved,
        }


@keras.saving.register_keras_serializable(package="keras_attention")
class LearnedPositionEmbedding(keras.layers.Layer):
    """Adds a learned vector for each position.

    A trained scheme serves longer sequences if it is `interpolated`.

    Args:
        max_length: Number of positions that have a vector.
        embeddings_initializer: Initializer of the vectors.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        start: Scalar integer, the position of the first token; not 0 when decoding from a cache.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `length` is greater than `max_length`.

    Example:

    >>> keras_attention.LearnedPositionEmbedding(max_length=7)(np.zeros((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Gehring et al., 2017](https://arxiv.org/abs/1705.03122), section 3.1.
    """

    def __init__(self, max_length, embeddings_initializer="uniform", **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.max_length = positive_integer("max_length", max_length)
        self.embeddings_initializer = keras.initializers.get(embeddings_initializer)

    def build(self, x_shape):
        self.embeddings = self.add_weight(
            shape=(self.max_length, x_shape[-1]),
            initializer=self.embeddings_initializer,
            name="embeddings",
        )

    def call(self, x, start=0):
        length = x.shape[1]
        if length is not None and length > self.max_length:
            raise ValueError(
                "The sequence is longer than the learned positions. Received: length="
                f"{length}, max_length={self.max_length}. Shorten it or raise `max_length`."
            )
        positions = ops.arange(ops.shape(x)[1], dtype="int32") + start
        return x + ops.cast(ops.take(self.embeddings, positions, axis=0), x.dtype)

    def interpolated(self, max_length):
        """A scheme for another number of positions, see the function `resample_positions`.

        Args:
            max_length: Positive integer.

        Returns:
            A new `LearnedPositionEmbedding` with weights of its own.

        Raises:
            ValueError: If this scheme has no weights yet, or `max_length` is not positive.

        Example:

        >>> scheme = keras_attention.LearnedPositionEmbedding(max_length=7)
        >>> scheme.build((None, 7, 16))
        >>> scheme.interpolated(11)(np.zeros((2, 11, 16))).shape
        (2, 11, 16)
        """
        if not self.built:
            raise ValueError(
                "There are no positions to interpolate before the scheme is built. Call it or its "
                f"`build` first. Received: built={self.built}, max_length={max_length}."
            )
        positive_integer("max_length", max_length)
        scheme = type(self).from_config({**self.get_config(), "max_length": max_length})
        scheme.build((None, max_length, self.embeddings.shape[-1]))
        scheme.embeddings.assign(resample_positions(self.embeddings, max_length))
        return scheme

    def compute_output_shape(self, input_shape):
        return input_shape

    def get_config(self):
        return {
            **super().get_config(),
            "max_length": self.max_length,
            "embeddings_initializer": keras.initializers.serialize(self.embeddings_initializer),
        }
