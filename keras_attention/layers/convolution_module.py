"""Convolution along a sequence, as Conformers have it."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.dense import Dense
from keras_attention.layers.layer_normalization import LayerNormalization


@keras.saving.register_keras_serializable(package="keras_attention")
class ConvolutionModule(keras.layers.Layer):
    r"""Mixes each position with its neighbours, feature by feature.

    $$ y = \mathrm{silu}(\mathrm{norm}(\mathrm{depthwise}(a \odot \sigma(b))))\, W_2 + b_2, \qquad
       [a, b] = x W_1 + b_1 $$

    The paper normalises by batches; here each position is normalised by itself, so that neither the
    padding nor the number of devices counts.

    Args:
        kernel_size: Number of positions that are mixed, odd.
        use_causal_padding: Whether a position is mixed with those before it alone.
        epsilon: Added to the variance in the normalisation.

    Call arguments:
        x: Float tensor `[batch, length, d_model]`.
        padding_mask: Boolean tensor `[batch, length]`, True = real position. Padding is taken for
            zeros. Defaults to all.

    Returns:
        Tensor of the shape of `x`.

    Raises:
        ValueError: If `kernel_size` is not odd and positive.

    Example:

    >>> keras_attention.ConvolutionModule(kernel_size=3)(np.ones((2, 5, 16))).shape
    (2, 5, 16)

    References:
        [Gulati et al., 2020](https://arxiv.org/abs/2005.08100), section 2.2
    """

    def __init__(self, kernel_size=15, use_causal_padding=False, epsilon=1e-5, **kwargs):
        super().__init__(**kwargs)
        self.kernel_size = positive_integer("kernel_size", kernel_size)
        if kernel_size % 2 == 0:
            raise ValueError(
                f"`kernel_size` must be odd, to have a middle. Received: kernel_size={kernel_size}."
            )
        self.use_causal_padding = use_causal_padding
        self.epsilon = epsilon
        policy = self.dtype_policy
        self.depthwise_convolution = keras.layers.DepthwiseConv1D(
            kernel_size,
            data_format="channels_last",
            name="depthwise_convolution",
            dtype=policy,
        )
        self.layer_normalization = LayerNormalization(
            epsilon=epsilon, name="layer_normalization", dtype=policy
        )

    def build(self, x_shape, padding_mask_shape=None):  # noqa: ARG002 - Keras names them
        d_model, policy = x_shape[-1], self.dtype_policy
        self.gated_dense = Dense(2 * d_model, name="gated_dense", dtype=policy)
        self.output_dense = Dense(d_model, name="output_dense", dtype=policy)
        self.depthwise_convolution.build((None, None, d_model))
        for layer in (self.gated_dense, self.layer_normalization, self.output_dense):
            layer.build(x_shape)

    def call(self, x, padding_mask=None):
        kept, gate = ops.split(self.gated_dense(x), 2, axis=-1)
        x = kept * ops.sigmoid(gate)
        if padding_mask is not None:
            x = ops.where(padding_mask[..., None], x, ops.zeros((), x.dtype))
        before = (self.kernel_size - 1) // (1 if self.use_causal_padding else 2)
        x = ops.pad(x, [[0, 0], [before, self.kernel_size - 1 - before], [0, 0]])
        x = self.layer_normalization(self.depthwise_convolution(x))
        return self.output_dense(ops.silu(x))

    def compute_output_shape(self, x_shape, padding_mask_shape=None):  # noqa: ARG002
        return x_shape

    def get_config(self):
        return {
            **super().get_config(),
            "kernel_size": self.kernel_size,
            "use_causal_padding": self.use_causal_padding,
            "epsilon": self.epsilon,
        }
