"""Scores of Keras' own layers, whose weights the layer has."""

from keras import ops

from keras_attention.layers.scores.score import Score


class KerasScore(Score):
    """A formula with weights that its layer has, where the layer's weight files have them.

    Args:
        formula: Function `(query, key) -> scores`.
        rotation_invariant: See `Score`.
    """

    def __init__(self, formula, rotation_invariant=False):
        super().__init__()
        self._formula = formula
        self.rotation_invariant = rotation_invariant

    def compare(self, query, prepared, previous=None):  # noqa: ARG002 - as all scores
        return ops.cast(self._formula(query, prepared), "float32")


def tanh_of_sums(query, key, scale=1.0):
    """`tanh(scale * (query + key))` of all pairs: `[..., q_len, k_len, dim]`."""
    sums = query[..., :, None, :] + key[..., None, :, :]
    return ops.tanh(sums * ops.cast(scale, sums.dtype))
