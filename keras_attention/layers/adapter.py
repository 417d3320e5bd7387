"""A small network that is trained in place of the layers around it."""

import keras

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.dense import Dense


@keras.saving.register_keras_serializable(package="keras_attention")
class Adapter(keras.layers.Layer):
    r"""A bottleneck with a residual connection, which at first changes nothing.

    $$ y = x + \mathrm{gelu}(x W_1 + b_1)\, W_2 + b_2, \qquad W_2 = b_2 = 0 \text{ at first} $$

    Args:
        size: Number of features of the bottleneck.

    Call arguments:
        x: Float tensor `[..., d_model]`.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `size` is not positive.

    Example:

    >>> x = np.random.default_rng(0).normal(size=(2, 5, 16)).astype("float32")
    >>> y = keras_attention.Adapter(size=4)(x)
    >>> bool(np.allclose(keras.ops.convert_to_numpy(y), x))
    True

    References:
        [Houlsby et al., 2019](https://arxiv.org/abs/1902.00751)
    """

    def __init__(self, size, **kwargs):
        super().__init__(**kwargs)
        self.supports_masking = True
        self.size = positive_integer("size", size)
        self.down_dense = Dense(size, "gelu", name="down_dense", dtype=self.dtype_policy)

    def build(self, x_shape):
        self.up_dense = Dense(
            x_shape[-1], kernel_initializer="zeros", name="up_dense", dtype=self.dtype_policy
        )
        self.down_dense.build(x_shape)
        self.up_dense.build((*x_shape[:-1], self.size))

    def call(self, x):
        return x + self.up_dense(self.down_dense(x))

    def compute_output_shape(self, x_shape):
        return x_shape

    def get_config(self):
        return {**super().get_config(), "size": self.size}
