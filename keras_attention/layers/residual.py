"""The residual connection around each sublayer, and where its normalisation stands."""

import keras

from keras_attention.layers.adapter import Adapter
from keras_attention.layers.arguments import one_of, share
from keras_attention.layers.layer_normalization import LayerNormalization


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

    def __init__(self, normalization="pre", dropout=0.0, epsilon=1e-5, adapter_size=None, **kwargs):
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

    def build(self, x_shape, y_shape=None):  # noqa: ARG002 - Keras names the arguments of `call`
        if not self.layer_normalization.built:
            self.layer_normalization.build(x_shape)
            if self.adapter is not None:
                self.adapter.build(x_shape)

    def before(self, x):
        """The input for the sublayer."""
        return self.layer_normalization(x) if self.normalization == "pre" else x

    def after(self, x, y, training=None):
        """The sublayer's input and output, joined."""
        y = y if self.adapter is None else self.adapter(y)
        x = x + self.output_dropout(y, training=training)
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
        }
