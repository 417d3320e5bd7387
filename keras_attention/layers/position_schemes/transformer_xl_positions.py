"""Transformer-XL's relative positions."""

import keras
from keras import ops

from keras_attention.layers.arguments import positive_integer, positive_number
from keras_attention.layers.position_schemes.relative_positions import (
    RelativePositions,
    leading_letters,
)
from keras_attention.layers.scores.score import num_heads
from keras_attention.ops.rotary import rotary


@keras.saving.register_keras_serializable(package="keras_attention")
class TransformerXLPositions(RelativePositions):
    r"""Compares queries with sinusoids of the distance, and has biases instead of a position.

    $$ e_{ij} = s\, \big( \underbrace{q_i \cdot k_j}_{(a)} + \underbrace{q_i \cdot W R_{i-j}}_{(b)}
       + \underbrace{u \cdot k_j}_{(c)} + \underbrace{v \cdot W R_{i-j}}_{(d)} \big), \qquad
       R_x = [\sin x\theta_1, …, \cos x\theta_1, …] $$

    with `W`, `u` and `v` learned for each head. A sinusoid of a difference is a sum of products,
    so the queries' side is turned by their positions, as by `Rotary`, and meets sinusoids of the
    keys' positions: any positions will do, and no tensor is gathered or shifted.

    Args:
        num_features: Even number of sines and cosines. Defaults to `heads * key_dim`, which is
            `d_model` as in the paper. Time and memory grow with it: fewer make it cheaper.
        max_wavelength: The base of the geometric series of wavelengths.

    Raises:
        ValueError: If `num_features` is not even, or an argument is not positive.

    Example:

    >>> scheme = keras_attention.TransformerXLPositions()
    >>> layer = keras_attention.MultiHeadAttention(4, 8, position_scheme=scheme)
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 5, 32)), use_causal_mask=True).shape
    (2, 5, 32)

    References:
        [Dai et al., 2019](https://arxiv.org/abs/1901.02860), section 3.3
    """

    reads_pairs = True

    def __init__(self, num_features=None, max_wavelength=10000.0, **kwargs):
        super().__init__(**kwargs)
        self.num_features = num_features
        if num_features is not None:
            _check_even(positive_integer("num_features", num_features), f"{num_features}")
        self.max_wavelength = positive_number("max_wavelength", max_wavelength)

    def build(self, query_shape, key_shape, value_shape=None):  # noqa: ARG002 - as all schemes
        heads, size = num_heads(query_shape), query_shape[-1]
        features = self.num_features
        if features is None:
            features = size * (heads[0] if heads else 1)
            _check_even(features, f"None, which stands for heads * key_dim = {features}")
        for name in ("content_bias", "position_bias"):
            setattr(
                self, name, self.add_weight(shape=(*heads, size), initializer="zeros", name=name)
            )
        self.position_kernel = self.add_weight(
            shape=(features, *heads, size), initializer="glorot_uniform", name="position_kernel"
        )

    def encode_query(self, query, positions):  # noqa: ARG002 - as all schemes
        return query + ops.cast(ops.expand_dims(self.content_bias, -2), query.dtype)

    def score_term(self, query, scale, query_positions, key_positions):
        biases = ops.subtract(self.position_bias, self.content_bias)
        query = query + ops.cast(ops.expand_dims(biases, -2), query.dtype)
        outer, own = leading_letters(query, key_positions, 1)
        kernel = ops.cast(self.position_kernel, query.dtype)
        heads = outer[-1] if len(kernel.shape) > 2 else ""
        waves = ops.einsum(f"{outer}qs,r{heads}s->{outer}qr", query * scale, kernel)
        waves = rotary(waves, query_positions[..., None, :], self.max_wavelength)
        key_waves = ops.cast(self._waves(key_positions, waves.shape[-1]), waves.dtype)
        return ops.einsum(f"{outer}qr,{own}kr->{outer}qk", waves, key_waves)

    def _waves(self, positions, features):
        """`(0, 1)` turned by each position: with queries turned by theirs, the dot product is that
        with the sines and cosines of the distance. `[..., k_len, features]`, float32."""
        still = ops.repeat(ops.convert_to_tensor([0.0, 1.0], "float32"), features // 2)
        still = ops.broadcast_to(still, (*ops.shape(positions), features))
        return rotary(still, positions, self.max_wavelength)

    def get_config(self):
        return {
            **super().get_config(),
            "num_features": self.num_features,
            "max_wavelength": self.max_wavelength,
        }


def _check_even(num_features, received):
    if num_features % 2:
        raise ValueError(
            "`num_features` must be even: half of them are sines, half cosines. Received: "
            f"num_features={received}."
        )
