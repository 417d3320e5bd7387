"""A recurrent cell that attends to a memory."""

import inspect
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
from keras import ops, tree

from keras_attention.layers.arguments import positive_integer
from keras_attention.layers.dense import Dense
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.scores.additive import Additive
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.ops.scan import scan


class Memory(NamedTuple):
    """What `AttentionCell` attends to, made once for all steps by `AttentionCell.prepare`.

    Args:
        value: Float tensor `[batch, k_len, memory_dim]`.
        prepared: What the score has made of it.
        mask: Boolean tensor `[batch, 1, k_len]`, True = may attend, or None.
    """

    value: Any
    prepared: Any
    mask: Any


@keras.saving.register_keras_serializable(package="keras_attention")
class AttentionCell(keras.layers.Layer):
    r"""Wraps a recurrent cell, so that in each step it looks at a memory.

    The decoder of recurrent sequence-to-sequence models, with Bahdanau's, Luong's, monotonic,
    location-aware or any other attention. In step `i`, from input $x_i$ and memory $M$:

    $$ h_i = \mathrm{cell}([x_i; a_{i-1}]), \qquad w_i = N(s(h_i, M)), \qquad
       a_i = \phi(W [h_i; w_i M]) $$

    Without an attention layer $a_i$ is the context $w_i M$ itself. Call it on a whole sequence to
    train, with the right inputs known (teacher forcing); decode with `step`, beams side by side.

    Args:
        cell: A cell of Keras: `LSTMCell`, `GRUCell`, `StackedRNNCells` or any other.
        score: A `Score` of the cell's output and the memory. Defaults to `Additive()`.
        normalizer: A `Normalizer`. Defaults to `Softmax()`.
        attention_layer_size: Size of $a_i$, a dense layer without bias. Without it there is none.
        attention_layer_activation: Its $\phi$.
        output_attention: Whether the output is $a_i$; otherwise it is $h_i$.

    Call arguments:
        inputs: Float tensor `[batch, length, features]`.
        memory: Float tensor `[batch, k_len, memory_dim]`.
        memory_mask: Boolean tensor `[batch, k_len]`, True = may attend. Keras fills it in from the
            mask that a layer attached to `memory`.
        cell_state: The cell's state before the first step, tensors `[batch, units]` in the cell's
            own structure. Defaults to its initial state.
        return_attention_scores: Whether to return the attention weights as well.
        training: Whether to apply the dropout of the cell and the noise of the normaliser.

    Returns:
        Tensor `[batch, length, output]`; with `return_attention_scores` the pair of it and the
        weights `[batch, length, k_len]`.

    Raises:
        ValueError: If `cell` is no cell, a part of the attention is of the wrong kind, or
            `attention_layer_size` is no positive integer.

    Example:

    >>> cell = keras_attention.AttentionCell(keras.layers.LSTMCell(16), attention_layer_size=11)
    >>> inputs, memory = np.ones((2, 5, 3)), np.ones((2, 7, 13))
    >>> output, weights = cell(inputs, memory, return_attention_scores=True)
    >>> output.shape, weights.shape
    ((2, 5, 11), (2, 5, 7))

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473)
        - [Luong et al., 2015](https://arxiv.org/abs/1508.04025), section 3.3, input feeding
        - [Chorowski et al., 2015](https://arxiv.org/abs/1506.07503), location-aware attention
    """

    def __init__(
        self,
        cell,
        score=None,
        normalizer=None,
        attention_layer_size=None,
        attention_layer_activation="tanh",
        output_attention=True,
        **kwargs,
    ):
        super().__init__(**kwargs)
        if not hasattr(cell, "state_size"):
            raise ValueError(
                "`cell` must be a recurrent cell of Keras, such as `keras.layers.LSTMCell(16)`. "
                f"Received: cell={cell!r}."
            )
        self.cell = cell
        mechanism = Mechanism(Additive() if score is None else score, normalizer)
        self.score, self.normalizer = mechanism.score, mechanism.normalizer
        self.attention_layer = None
        self.attention_layer_size = attention_layer_size
        self.attention_layer_activation = keras.activations.get(attention_layer_activation)
        if attention_layer_size is not None:
            self.attention_layer = Dense(
                positive_integer("attention_layer_size", attention_layer_size),
                activation=self.attention_layer_activation,
                use_bias=False,
                name="attention_layer",
                dtype=self.dtype_policy,
            )
        self.output_attention = output_attention

    def build(self, inputs_shape, memory_shape):
        batch, k_len, memory_dim = memory_shape
        self._attention_size = self.attention_layer_size or memory_dim
        units = _output_size(self.cell)
        self.cell.build((batch, inputs_shape[-1] + self._attention_size))
        if not self.score.built:
            self.score.build((batch, None, units), memory_shape)
        if not self.normalizer.built:
            self.normalizer.build((batch, None, k_len))
        if self.attention_layer is not None:
            self.attention_layer.build((batch, None, units + memory_dim))

    def call(
        self,
        inputs,
        memory,
        memory_mask=None,
        cell_state=None,
        return_attention_scores=False,
        training=None,
    ):
        prepared = self.prepare(memory, memory_mask)
        state = self.initial_state(prepared, cell_state)
        dtypes = {"output": self.compute_dtype, "alignment": "float32"}
        sequence = {"inputs": _by_step(inputs)}
        noise = self.noise(inputs, memory) if training else None
        if noise is not None:
            sequence["noise"] = _by_step(noise)

        def step(state, here):
            output, state = self.step(state=state, memory=prepared, training=training, **here)
            return state, {"output": output, "alignment": state["alignment"]}

        with self.dropout_of_cell(inputs.shape[-1], state, training):
            _, found = scan(step, state, sequence, dtypes)
        output, weights = (ops.swapaxes(found[name][:, :, 0], 0, 1) for name in dtypes)
        return (output, weights) if return_attention_scores else output

    def prepare(self, memory, memory_mask=None):
        """`Memory` for all steps, of what `call` is given."""
        memory = ops.cast(memory, self.compute_dtype)
        if memory_mask is not None:
            memory_mask = ops.cast(memory_mask, "bool")[:, None, :]
        return Memory(memory, self.score.prepare(memory), memory_mask)

    def initial_state(self, memory, cell_state=None, beams=1):
        """The state before the first step, for `beams` hypotheses of each entry of the batch.

        Args:
            memory: `Memory`.
            cell_state: As in `call`.
            beams: An integer.

        Returns:
            Dictionary of tensors `[batch, beams, ...]`: `cell`, in the structure of the cell's
            state; `attention`, the last $a$, zeros; `alignment`, the last weights
            `[batch, beams, k_len]`, what the normaliser begins with.
        """
        batch, k_len = ops.shape(memory.value)[:2]
        zeros = self.cell.get_initial_state(batch_size=batch)
        if cell_state is None:
            cell_state = zeros
        cell_state = tree.pack_sequence_as(zeros, tree.flatten(cell_state))

        def for_beams(x):
            x = ops.cast(x, self.compute_dtype)
            return ops.broadcast_to(x[:, None], (batch, beams, x.shape[-1]))

        return {
            "cell": tree.map_structure(for_beams, cell_state),
            "attention": ops.zeros((batch, beams, self._attention_size), self.compute_dtype),
            "alignment": self.normalizer.initial_alignment((batch, beams, k_len)),
        }

    def step(self, inputs, state, memory, noise=None, training=None):
        """One step of each hypothesis.

        Args:
            inputs: Float tensor `[batch, beams, features]`.
            state: From `initial_state` or the step before. Where hypotheses move between beams,
                reorder it first, see `decoding.reorder`.
            memory: `Memory`, from `prepare`.
            noise: What is added to the scores in training, `[batch, beams, k_len]`, or None.
            training: As in `call`.

        Returns:
            `(output, state)`: `[batch, beams, output]` and the new state.

        Example:

        >>> cell = keras_attention.AttentionCell(keras.layers.GRUCell(16))
        >>> cell.build((None, None, 3), (None, None, 13))
        >>> memory = cell.prepare(np.ones((2, 7, 13)))
        >>> state = cell.initial_state(memory, beams=4)
        >>> output, state = cell.step(np.ones((2, 4, 3)), state, memory)
        >>> output.shape, state["alignment"].shape
        ((2, 4, 13), (2, 4, 7))
        """
        query, cell_state = self._recur(inputs, state, training)
        scores = self.score.compare(query, memory.prepared, state["alignment"])
        scores = scores if noise is None else scores + noise
        weights = self.normalizer.call(scores, memory.mask, state["alignment"], training)
        attention = ops.matmul(ops.cast(weights, memory.value.dtype), memory.value)
        if self.attention_layer is not None:
            attention = self.attention_layer(ops.concatenate([query, attention], axis=-1))
        state = {"cell": cell_state, "attention": attention, "alignment": weights}
        return attention if self.output_attention else query, state

    def noise(self, inputs, memory):
        """What is added to the scores in training, for all steps at once, or None."""
        shape = (*ops.shape(inputs)[:2], ops.shape(memory)[1])
        return self.normalizer.noise(shape)

    @contextmanager
    def dropout_of_cell(self, features, state, training=None):
        """Inside, a cell with dropout drops the same of its inputs in all steps.

        Args:
            features: How many features the inputs have, an integer.
            state: From `initial_state`.
            training: As in `call`.
        """
        cells = [cell for cell in _single_cells(self.cell) if hasattr(cell, "reset_dropout_mask")]
        # A cell draws its masks when it first needs them, which must not be inside of a loop.
        if training and any(cell.dropout or cell.recurrent_dropout for cell in cells):
            inputs = ops.zeros((*ops.shape(state["attention"])[:2], features))
            self._recur(inputs, state, training)
        try:
            yield
        finally:
            for cell in cells:
                cell.reset_dropout_mask()
                cell.reset_recurrent_dropout_mask()

    def _recur(self, inputs, state, training):
        """Output and state of the cell, for which beams are more entries of a batch."""
        beams, takes_training = inputs.shape[1], inspect.signature(self.cell.call).parameters
        arguments = {"training": training} if "training" in takes_training else {}

        def merged(x):
            return ops.reshape(x, (-1, x.shape[-1]))

        def split(x):
            return ops.cast(ops.reshape(x, (-1, beams, x.shape[-1])), self.compute_dtype)

        x = ops.concatenate([ops.cast(inputs, self.compute_dtype), state["attention"]], axis=-1)
        before = state["cell"]
        output, after = self.cell(merged(x), tree.map_structure(merged, before), **arguments)
        # A stack of one cell returns its state without the list around it.
        after = tree.pack_sequence_as(before, tree.flatten(after))
        return split(output), tree.map_structure(split, after)

    def get_config(self):
        return {
            **super().get_config(),
            "cell": serialized(self.cell),
            "score": serialized(self.score),
            "normalizer": serialized(self.normalizer),
            "attention_layer_size": self.attention_layer_size,
            "attention_layer_activation": keras.activations.serialize(
                self.attention_layer_activation
            ),
            "output_attention": self.output_attention,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("cell", "score", "normalizer")))


def _by_step(x):
    """`[batch, length, ...]` -> `[length, batch, 1, ...]`, a beam of one."""
    return ops.swapaxes(x, 0, 1)[:, :, None]


def _single_cells(cell):
    """The cells of a stack, or the cell itself."""
    stacked = getattr(cell, "cells", None)
    return [cell] if stacked is None else [one for c in stacked for one in _single_cells(c)]


def _output_size(cell):
    size = getattr(cell, "output_size", None)
    return tree.flatten(cell.state_size)[0] if size is None else size
