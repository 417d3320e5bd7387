"""Where a hypothesis comes from: what a step is told, and how it reorders what it remembers."""

from typing import Any, NamedTuple

import keras
from keras import ops


class Lineage(NamedTuple):
    """What a step needs to know about the hypotheses that it extends.

    A step that writes the keys and values of all beams side by side into one cache, those of step
    `i` into the slots from `i * beams` on, never moves them: it attends with `ancestors` as its
    mask. A step that keeps something per beam (a recurrent state) gathers it by `parents` first,
    see `reorder`.

    Args:
        index: Integer scalar: how many tokens each hypothesis has. 0 in the first step, which is
            given the start ids.
        parents: Integer tensor `[batch, beams]`: the beam of the previous step that each beam
            extends.
        ancestors: Boolean tensor `[batch, beams, max_length * beams]`; True where slot
            `step * beams + beam` of a cache belongs to the history of this beam, its own slot of
            this step included.

    Example:

    >>> def step(token_ids, state, lineage):
    ...     print(lineage.parents.shape, lineage.ancestors.shape)
    ...     return keras.ops.ones((2, 3, 7)), state  # [batch, beams, vocabulary]
    >>> beam = keras_attention.Beam(width=3)
    >>> hypotheses = keras_attention.decode(step, (), beam, batch_size=2, max_length=1)
    (2, 3) (2, 3, 3)
    """

    index: Any
    parents: Any
    ancestors: Any


def reorder(state: Any, parents: Any) -> Any:
    """Moves what belongs to a beam to the beams that extend it.

    Args:
        state: Nested structure of tensors `[batch, beams, ...]`.
        parents: Integer tensor `[batch, beams]`, or `[batch, n]` to select `n` beams: the
            `parents` of a `Lineage`.

    Returns:
        The structure with tensors `[batch, n, ...]`: `output[b, i] = input[b, parents[b, i]]`.

    Example:

    >>> state = {"hidden": np.array([[[1, 2], [3, 4]]])}  # [batch, beams, 2]
    >>> state = keras_attention.reorder(state, np.array([[1, 1]]))
    >>> keras.ops.convert_to_numpy(state["hidden"]).tolist()
    [[[3, 4], [3, 4]]]
    """
    parents = ops.convert_to_tensor(parents, "int32")
    batch, selected = ops.shape(parents)

    def select(x):
        x = ops.convert_to_tensor(x)
        beams, *rest = ops.shape(x)[1:]
        # Whole rows of a matrix: the form of a gather that every compiler makes fast.
        rows = ops.reshape(parents + beams * ops.arange(batch, dtype="int32")[:, None], (-1,))
        x = ops.take(ops.reshape(x, (-1, *rest)), rows, axis=0)
        return ops.reshape(x, (-1, selected, *rest))

    return keras.tree.map_structure(select, state)
