"""Keras' dense layers, faster: their weights, quantization and LoRA with a product of our own."""

import keras
from keras import ops

from keras_attention.ops.tensordot import tensordot


class _Quantizable:
    """Makes Keras quantize a subclass of its layers, which it refuses by default."""

    def quantize(self, mode=None, type_check=True, config=None):  # noqa: ARG002 - Keras' signature
        super().quantize(mode, type_check=False, config=config)


@keras.saving.register_keras_serializable(package="keras_attention")
class Dense(_Quantizable, keras.layers.Dense):
    """Keras' `Dense`, faster for the few rows of decoding, see `ops.tensordot`.

    Args:
        units, activation, **kwargs: As for `keras.layers.Dense`.

    Call arguments:
        inputs: Float tensor `[..., features]`.

    Returns:
        Float tensor `[..., units]`.

    Example:

    >>> from keras_attention.layers.dense import Dense
    >>> Dense(7)(np.ones((2, 5, 3))).shape
    (2, 5, 7)
    """

    def call(self, inputs, training=None):  # noqa: ARG002 - the signature of its base
        return tensordot(inputs, self.kernel, bias=self.bias, activation=self.activation)


@keras.saving.register_keras_serializable(package="keras_attention")
class Projection(_Quantizable, keras.layers.EinsumDense):
    """Keras' `EinsumDense` from the last axes of its input to new last axes, as one product.

    TensorFlow makes an einsum with several axes a batched product, and a training step takes up to
    1.3 times as long.

    Args:
        equation: As for `EinsumDense`, of the form `"abc,cde->abde"`: the axes that input and
            kernel share come last in the one and first in the other.
        output_shape, **kwargs: As for `EinsumDense`.

    Call arguments:
        inputs: Float tensor.

    Returns:
        Float tensor of the axes that the equation says.

    Example:

    >>> from keras_attention.layers.dense import Projection
    >>> Projection("abc,cde->abde", output_shape=(None, 4, 8), bias_axes="de")(
    ...     np.ones((2, 5, 32))
    ... ).shape
    (2, 5, 4, 8)
    """

    def call(self, inputs, training=None):  # noqa: ARG002 - the signature of its base
        inputs_axes, kernel_axes = self.equation.split("->")[0].split(",")
        bound_dims = len(set(inputs_axes) & set(kernel_axes))
        x = tensordot(inputs, self.kernel, bound_dims, bias=self.bias)
        return x if self.activation is None else self.activation(x)


@keras.saving.register_keras_serializable(package="keras_attention")
class TiedEmbedding(_Quantizable, keras.layers.ReversibleEmbedding):
    """Keras' `ReversibleEmbedding`, faster for the logits of few tokens, see `ops.tensordot`.

    Args:
        input_dim, output_dim, embeddings_initializer, **kwargs: As for `ReversibleEmbedding`.

    Call arguments:
        inputs: Integer tensor `[...]`, or with `reverse` float tensor `[..., output_dim]`.
        reverse: Whether to return logits instead of embeddings.

    Returns:
        Float tensor `[..., output_dim]`, or with `reverse` `[..., input_dim]`.

    Example:

    >>> from keras_attention.layers.dense import TiedEmbedding
    >>> embedding = TiedEmbedding(11, 16)
    >>> embedding(embedding(np.array([[2, 7, 3]])), reverse=True).shape
    (1, 3, 11)
    """

    def call(self, inputs, reverse=False):
        plain = self.tie_weights and self.reverse_dtype is None and self.logit_soft_cap is None
        if not (reverse and plain):
            return super().call(inputs, reverse)
        # Keras casts the weights of an embedding in no call, lest it casts the ids as well.
        return tensordot(inputs, ops.cast(self.embeddings, self.compute_dtype), transpose=True)
