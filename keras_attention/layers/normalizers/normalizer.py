"""What all normalisers have in common."""

from keras import ops

from keras_attention.layers.part import Part


class Normalizer(Part):
    """How the scores of a query's keys become weights: `(scores, attention_mask) -> weights`.

    A value that is passed to `MultiHeadAttention(normalizer=…)`, `Attention(normalizer=…)` and
    others. A subclass defines `call`. It must give forbidden keys a weight of zero, and so every
    key of a query that may attend to nothing.

    Call arguments:
        scores: Float tensor `[..., q_len, k_len]`; with heads `[..., heads, q_len, k_len]`.
        attention_mask: Boolean tensor that broadcasts to `scores`; True = may attend. `None`
            permits everything.
        previous: Weights of the query before each query, in the shape of `scores`, for a normaliser
            that `uses_previous`.
        training: Whether the model is being trained.

    Returns:
        Float32 weights of the shape of `scores`.

    Example:

    >>> @keras.saving.register_keras_serializable("my_package")
    ... class SquaredReLU(keras_attention.Normalizer):
    ...     def call(self, scores, attention_mask=None, previous=None, training=None):
    ...         weights = keras.ops.square(keras.ops.relu(scores))
    ...         mask = 1.0 if attention_mask is None else attention_mask
    ...         return weights * keras.ops.cast(mask, "float32")
    >>> layer = keras_attention.MultiHeadAttention(4, 8, normalizer=SquaredReLU())
    >>> layer(np.ones((2, 5, 32)), np.ones((2, 7, 32))).shape
    (2, 5, 32)
    """

    # Whether `call` reads the alignment of the query before: queries are taken one by one then.
    uses_previous = False
    # Whether `call` draws random numbers in training, which it cannot where queries are taken one
    # by one.
    draws = False

    def call(self, scores, attention_mask=None, previous=None, training=None):
        raise NotImplementedError(f"{type(self).__name__} must define `call`.")

    def noise(self, shape):  # noqa: ARG002 - for subclasses
        """What is added to scores of this shape in training, or None: drawn for all queries at
        once, also where they are taken one by one."""
        return None

    def initial_alignment(self, shape):
        """What stands for the weights before the first query, `[..., 1, k_len]`."""
        return ops.zeros(shape, "float32")

    def compute_output_shape(self, scores_shape):
        return tuple(scores_shape)
