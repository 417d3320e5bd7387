"""Models small enough to be computed by hand: as a step function, and as a plain NumPy function.

Each has `step` and `state(beams)` for `decode`, and `log_probabilities(entry, prefix)`, which looks
at the whole prefix (without the start id) anew: what `step` must have seen through its memory.
"""

import numpy as np
from keras import ops

from keras_attention.decoding import reorder

START, END = 2, 3


def log_softmax(logits):
    highest = logits.max(-1, keepdims=True)
    return logits - highest - np.log(np.exp(logits - highest).sum(-1, keepdims=True))


class TableModel:
    """Looks up its logits by entry, position and last token; remembers nothing."""

    def __init__(self, batch, max_length, vocabulary, seed, end_bias=0.0):
        self.batch, self.max_length, self.vocabulary = batch, max_length, vocabulary
        shape = (batch, max_length, max(vocabulary, START + 1), vocabulary)
        self.logits = np.random.default_rng(seed).normal(scale=2, size=shape).astype("float32")
        if vocabulary > END:
            self.logits[..., END] += end_bias

    def state(self, beams):
        return {"logits": ops.convert_to_tensor(self.logits)}

    def step(self, token_ids, state, lineage):
        logits = ops.take(state["logits"], lineage.index, axis=1)  # [batch, last, vocabulary]
        return ops.take_along_axis(logits, token_ids[:, :, None], axis=1), state

    def log_probabilities(self, entry, prefix):
        last = prefix[-1] if len(prefix) else START
        return log_softmax(self.logits[entry, len(prefix), last])


class CachedModel:
    """Sees its history only through a cache that is never reordered, masked by `ancestors`."""

    def __init__(self, batch, max_length, vocabulary, seed, end_bias=0.0):
        self.batch, self.max_length, self.vocabulary = batch, max_length, vocabulary
        generator = np.random.default_rng(seed)
        self.embeddings = generator.normal(size=(max_length, vocabulary, 5)).astype("float32")
        self.entries = generator.normal(size=(batch, 5)).astype("float32")
        self.output = generator.normal(scale=2, size=(5, vocabulary)).astype("float32")
        self.bias = np.zeros(vocabulary, "float32")
        self.bias[END] = end_bias

    def state(self, beams):
        # Slots that nobody wrote to hold NaN: a mask that shows one of them is found out.
        cache = np.full((self.batch, self.max_length, beams, 5), np.nan, "float32")
        return {"cache": ops.convert_to_tensor(cache)}

    def step(self, token_ids, state, lineage):
        beams = token_ids.shape[1]
        new = ops.take(ops.take(self.embeddings, lineage.index, axis=0), token_ids, axis=0)
        here = ops.equal(ops.arange(self.max_length), lineage.index)[:, None, None]
        cache = ops.where(here, new[:, None], state["cache"])  # [batch, max_length, beams, 5]
        slots = ops.reshape(cache, (-1, 1, self.max_length * beams, 5))
        visible = ops.where(lineage.ancestors[..., None], slots, 0.0)
        hidden = ops.tanh(ops.sum(visible, axis=2) + self.entries[:, None])
        return ops.matmul(hidden, self.output) + self.bias, {"cache": cache}

    def log_probabilities(self, entry, prefix):
        tokens = [START, *prefix]
        seen = sum(self.embeddings[i, token] for i, token in enumerate(tokens))
        return log_softmax(np.tanh(seen + self.entries[entry]) @ self.output + self.bias)


class RecurrentModel:
    """Keeps a hidden state per beam, which moves with the beams."""

    def __init__(self, batch, max_length, vocabulary, seed, end_bias=0.0):
        self.batch, self.max_length, self.vocabulary = batch, max_length, vocabulary
        generator = np.random.default_rng(seed)
        self.embeddings = generator.normal(size=(vocabulary, 5)).astype("float32")
        self.recurrent = generator.normal(size=(5, 5)).astype("float32")
        self.entries = generator.normal(size=(batch, 5)).astype("float32")
        self.output = generator.normal(scale=2, size=(5, vocabulary)).astype("float32")
        self.bias = np.zeros(vocabulary, "float32")
        self.bias[END] = end_bias

    def state(self, beams):
        hidden = np.repeat(self.entries[:, None], beams, axis=1)
        return {"hidden": ops.convert_to_tensor(hidden)}

    def step(self, token_ids, state, lineage):
        hidden = reorder(state, lineage.parents)["hidden"]
        inputs = ops.take(self.embeddings, token_ids, axis=0)
        hidden = ops.tanh(ops.matmul(hidden, self.recurrent) + inputs)
        return ops.matmul(hidden, self.output) + self.bias, {"hidden": hidden}

    def log_probabilities(self, entry, prefix):
        hidden = self.entries[entry]
        for token in [START, *prefix]:
            hidden = np.tanh(hidden @ self.recurrent + self.embeddings[token])
        return log_softmax(hidden @ self.output + self.bias)


MODELS = [TableModel, CachedModel, RecurrentModel]
