"""The projections of multi-head attention."""

import math

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_attention")
class Projection(keras.layers.EinsumDense):
    """A dense layer from the last axes of its input to new last axes.

    It is Keras' `EinsumDense`, whose weights, quantisation and LoRA it keeps, but multiplies two
    matrices: TensorFlow makes an einsum with several axes a batched product, and a training step
    takes up to 1.3 times as long.

    Args:
        equation: As for `EinsumDense`, of the form `"abc,cde->abde"`: the axes that input and
            kernel share come last in the one and first in the other.
        output_shape, **kwargs: As for `EinsumDense`.

    Call arguments:
        inputs: Float tensor.

    Returns:
        Float tensor of the axes that the equation says.

    Example:

    >>> from keras_attention.layers.projection import Projection
    >>> Projection("abc,cde->abde", output_shape=(None, 4, 8), bias_axes="de")(
    ...     np.ones((2, 5, 32))
    ... ).shape
    (2, 5, 4, 8)
    """

    def call(self, inputs, training=None):  # noqa: ARG002 - the signature of `EinsumDense`
        inputs, kernel = ops.convert_to_tensor(inputs), ops.convert_to_tensor(self.kernel)
        inputs_axes, kernel_axes = self.equation.split("->")[0].split(",")
        bound_dims = len(set(inputs_axes) & set(kernel_axes))
        kept, new = ops.shape(inputs)[: len(inputs_axes) - bound_dims], kernel.shape[bound_dims:]
        size = math.prod(kernel.shape[:bound_dims])
        x = ops.reshape(inputs, (-1, size))
        x = ops.matmul(x, ops.reshape(kernel, (size, math.prod(new))))
        if self.bias is not None:
            x = ops.add(x, ops.reshape(self.bias, (-1,)))
        if self.activation is not None:
            x = self.activation(x)
        return ops.reshape(x, (*kept, *new))

    def quantize(self, mode=None, type_check=True, config=None):  # noqa: ARG002 - as `EinsumDense`
        """As `EinsumDense.quantize`, which by default refuses subclasses."""
        super().quantize(mode, type_check=False, config=config)
