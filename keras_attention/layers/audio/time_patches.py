"""A spectrogram cut into spans of time, each of which is a token."""

import keras
from keras import ops

from keras_attention.layers.arguments import natural_number, positive_integer
from keras_attention.layers.dense import Dense


@keras.saving.register_keras_serializable(package="keras_attention")
class TimePatches(keras.layers.Layer):
    """All frequencies of a few frames side by side, by a dense layer; learned tokens come before.

    Frames at the end that fill no patch are left out.

    Args:
        d_model: Number of features of a token.
        patch_length: Number of frames of a patch.
        num_prefix: Number of learned tokens before the patches, such as a class token.

    Call arguments:
        features: Float tensor `[batch, frames, features]`.

    Returns:
        Tensor `[batch, num_prefix + frames // patch_length, d_model]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> patches = keras_attention.TimePatches(16, patch_length=2, num_prefix=1)
    >>> patches(np.ones((2, 98, 40))).shape, patches.num_frames(98)
    ((2, 50, 16), 50)

    References:
        [Berg et al., 2021](https://arxiv.org/abs/2104.00769)
    """

    def __init__(self, d_model, patch_length=1, num_prefix=0, **kwargs):
        super().__init__(**kwargs)
        self.d_model = positive_integer("d_model", d_model)
        self.patch_length = positive_integer("patch_length", patch_length)
        self.num_prefix = natural_number("num_prefix", num_prefix)
        self.patch_dense = Dense(d_model, name="patch_dense", dtype=self.dtype_policy)

    def build(self, features_shape):
        self.patch_dense.build((None, None, self.patch_length * features_shape[-1]))
        if self.num_prefix:
            self.prefix = self.add_weight(
                shape=(1, self.num_prefix, self.d_model),
                initializer=keras.initializers.TruncatedNormal(stddev=0.02),
                name="prefix",
            )

    @property
    def stride(self):
        """Frames from the beginning of a patch to that of the next."""
        return self.patch_length

    def num_frames(self, num_frames):
        """How many tokens are made of so many frames, an integer or a tensor of integers."""
        return num_frames // self.patch_length + self.num_prefix

    def call(self, features):
        batch, frames = ops.shape(features)[:2]
        count = frames // self.patch_length
        x = features[:, : count * self.patch_length]
        x = ops.reshape(x, (batch, count, self.patch_length * features.shape[-1]))
        x = self.patch_dense(x)
        if not self.num_prefix:
            return x
        prefix = ops.cast(self.prefix, x.dtype)
        prefix = ops.broadcast_to(prefix, (batch, self.num_prefix, self.d_model))
        return ops.concatenate([prefix, x], axis=1)

    def compute_output_shape(self, features_shape):
        batch, frames, _ = features_shape
        return batch, None if frames is None else self.num_frames(frames), self.d_model

    def get_config(self):
        return {
            **super().get_config(),
            "d_model": self.d_model,
            "patch_length": self.patch_length,
            "num_prefix": self.num_prefix,
        }
