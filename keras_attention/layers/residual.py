"""The residual connection around each sublayer, and where its normalisation stands."""

import keras

from keras_attention.layers.adapter import Adapter
from keras_attention.layers.arguments import one_of, share
from keras_attention.layers.layer_normalization import LayerNormalization
from keras_attention.layers.layer_scale import LayerScale
from keras_attention.layers.stochastic_depth import StochasticDepth


@keras.saving.register_keras_serializable(package="keras_attention")
class Residual(keras.layers.Layer):
    r"""Residual connection with dropout and layer normalisation before or after the sublayer.

    $$ \text{pre: } x + \mathrm{dropout}(f(\mathrm{norm}(x))), \qquad
       \text{post: } \mathrm{norm}(x + \mathrm{dropout}(f(x))) $$

    A sublayer `f` may take and return more than one tensor, so it stands between two calls, and the
    order of normalisation is known here alone:

    ```python
    y = residual.before(x)
    y = sublayer(y)
    x = residual.after(x, y, training=training)
    ```

    Args:
        normalization: `"pre"` (trains stably without care) or `"post"` (the paper's).
        dropout: Share of the sublayer's output dropped in training.
        epsilon: Added to the variance in the normalisation.
        adapter_size: Size of an `Adapter` behind the sublayer, or `None` for none.
        layer_scale: What a `LayerScale` of the sublayer's output starts at, or `None` for none.
        stochastic_depth: Share of the examples that do without the sublayer in training, see
            `StochasticDepth`.

    Call arguments:
        x: Float tensor `[..., d_model]`, the input of the sublayer.
        y: Float tensor `[..., d_model]`, its output.
        training: Whether to apply dropout.

    Returns:
        `after`, which is also what calling the layer does, returns a tensor of the shape of `x`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> residual = keras_attention.Residual(normalization="pre", dropout=0.1)
    >>> x = np.ones((2, 5, 16), "float32")
    >>> residual(x, np.tanh(residual.before(x))).shape
    (2, 5, 16)

    References:
        - [He et al., 2016](https://arxiv.org/abs/1512.03385)
        - [Xiong et al., 2020](https://arxiv.org/abs/2002.04745), pre- against post-normalisation
    """

    def __init__(
        self,
        normalization="pre",
        dropout=0.0,
        epsilon=1e-5,
        adapter_size=None,
        layer_scale=None,
        stochastic_depth=0.0,
        **kwargs,
    ):
        super().__init__(**kwargs)
        self.normalization = one_of("normalization", normalization, ("pre", "post"))
        self.dropout = share("dropout", dropout)
        self.epsilon = epsilon
        self.layer_normalization = LayerNormalization(
            epsilon=epsilon, name="layer_normalization", dtype=self.dtype_policy
        )
        self.output_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)
        self.adapter_size = adapter_size
        self.adapter = None
        if adapter_size is not None:
            self.adapter = Adapter(adapter_size, name="adapter", dtype=self.dtype_policy)
        self.layer_scale = layer_scale
        self.scale = None
        if layer_scale is not None:
            self.scale = LayerScale(layer_scale, name="scale", dtype=self.dtype_policy)
        self.stochastic_depth = share("stochastic_depth", stochastic_depth)
        self.depth = StochasticDepth(stochastic_depth, name="depth", dtype=self.dtype_policy)

    def build(self, x_shape, y_shape=None):  # noqa: ARG002 - Keras names the arguments of `call`
        if not self.layer_normalization.built:
            self.layer_normalization.build(x_shape)
            for layer in (self.adapter, self.scale):
                if layer is not None:
                    layer.build(x_shape)

    def before(self, x):
        """The input for the sublayer."""
        return self.layer_normalization(x) if self.normalization == "pre" else x

    def after(self, x, y, training=None):
        """The sublayer's input and output, joined."""
        y = y if self.adapter is None else self.adapter(y)
        y = self.output_dropout(y, training=training)
        y = y if self.scale is None else self.scale(y)
        x = x + self.depth(y, training=training)
        return self.layer_normalization(x) if self.normalization == "post" else x

    def call(self, x, y, training=None):
        return self.after(x, y, training)

    def compute_output_shape(self, x_shape, y_shape):  # noqa: ARG002
        return x_shape

    def get_config(self):
        return {
            **super().get_config(),
            "normalization": self.normalization,
            "dropout": self.dropout,
            "epsilon": self.epsilon,
            "adapter_size": self.adapter_size,
            "layer_scale": self.layer_scale,
            "stochastic_depth": self.stochastic_depth,
        }
