"""The recurrent encoder-decoder with attention, which the Transformer has followed."""

import keras
from keras import ops

from keras_attention.layers.arguments import one_of, positive_integer, share
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.position_embedding import NoPositionEmbedding
from keras_attention.layers.rate import Rate
from keras_attention.layers.scores.additive import Additive
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.layers.token_embedding import TokenEmbedding
from keras_attention.models.recurrent_text_decoder import attending_cells, make_cache, step
from keras_attention.ops.masks import padding_mask
from keras_attention.ops.scan import scan
from keras_attention.training.model import Model

_CELLS = {
    "lstm": (keras.layers.LSTM, keras.layers.LSTMCell),
    "gru": (keras.layers.GRU, keras.layers.GRUCell),
}


@keras.saving.register_keras_serializable(package="keras_attention")
class RecurrentEncoderDecoder(Model):
    """A bidirectional encoder and a decoder that attends to it, both of LSTM or GRU cells.

    The model of Bahdanau and Luong, with the interface of `Transformer`: trained by `fit` on right
    earlier tokens (teacher forcing) or partly on its own (scheduled sampling), decoded by the same
    searches. Each layer of the decoder begins with the last state of that of the encoder. Source,
    target and logits share a table. Id 0 is padding: it is masked wherever it stands.

    Args:
        vocabulary_size: Number of token ids that source and target share.
        num_layers: Number of encoder layers and of decoder layers.
        d_model: Number of features of embeddings and of each layer; even, since each direction of
            the encoder has half of them.
        cell: `"lstm"` or `"gru"`.
        dropout: Share of the embeddings and of each layer's output dropped in training.
        score, normalizer: Those of the attention, see `AttentionCell`; the model makes its own from
            them.
        scheduled_sampling: Probability with which, in training, the decoder is given a token that
            it has drawn itself instead of the right one: a number in `[0, 1)`, or a
            `keras.optimizers.schedules.LearningRateSchedule` of the number of earlier training
            calls.

    Call arguments:
        inputs: Dictionary of integer tensors: `source_ids` `[batch, source_length]`, `target_ids`
            `[batch, target_length]`; the target starts with the start id and is one position
            behind the labels.
        training: Whether to apply dropout, noise and scheduled sampling.

    Returns:
        Logits `[batch, target_length, vocabulary_size]`, not normalised.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> model = keras_attention.RecurrentEncoderDecoder(97, d_model=16)
    >>> source_ids, target_ids = np.array([[5, 7, 3, 0]]), np.array([[2, 11, 13]])
    >>> model({"source_ids": source_ids, "target_ids": target_ids}).shape
    (1, 3, 97)

    References:
        - [Bahdanau et al., 2014](https://arxiv.org/abs/1409.0473)
        - [Luong et al., 2015](https://arxiv.org/abs/1508.04025)
        - [Bengio et al., 2015](https://arxiv.org/abs/1506.03099), scheduled sampling
    """

    def __init__(
        self,
        vocabulary_size,
        num_layers=1,
        d_model=256,
        cell="lstm",
        dropout=0.1,
        score=None,
        normalizer=None,
        scheduled_sampling=0.0,
        *,
        name=None,
        trainable=True,
        dtype=None,
    ):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        policy = self.dtype_policy
        layer_class, cell_class = _CELLS[one_of("cell", cell, (*_CELLS,))]
        if positive_integer("d_model", d_model) % 2:
            raise ValueError(
                "`d_model` must be even: each direction of the encoder has half of the features. "
                f"Received: d_model={d_model}."
            )
        self.num_layers = positive_integer("num_layers", num_layers)
        self.cell = cell
        self.dropout = share("dropout", dropout)
        self._sampling_rate = Rate(scheduled_sampling, name="scheduled_sampling")
        self.token_embedding = TokenEmbedding(
            vocabulary_size,
            d_model,
            dropout,
            NoPositionEmbedding(),
            name="token_embedding",
            dtype=policy,
        )
        self.encoder_layers = [
            keras.layers.Bidirectional(
                layer_class(
                    d_model // 2, return_sequences=True, return_state=True, name=cell, dtype=policy
                ),
                name=f"encoder_layer_{i}",
                dtype=policy,
            )
            for i in range(num_layers)
        ]
        attention = Mechanism(Additive() if score is None else score, normalizer)
        self.decoder = attending_cells(cell_class, num_layers, d_model, dropout, attention, policy)
        self.output_dropout = keras.layers.Dropout(dropout, dtype=policy)
        self.seed_generator = keras.random.SeedGenerator()
        self.build()  # at once, so that `encode` and `make_cache` need no earlier call

    def build(self, input_shape=None):  # noqa: ARG002 - the weights depend on no input's shape
        token_ids_shape = (None, None)
        self.token_embedding.build(token_ids_shape)
        x_shape = (*token_ids_shape, self.token_embedding.d_model)
        for layer in self.encoder_layers:
            layer.build(x_shape)
        self.decoder.build(x_shape, x_shape)
        self._sampling_rate.build()
        self.built = True

    def call(self, inputs, training=None):
        source_ids, target_ids = inputs["source_ids"], inputs["target_ids"]
        encoded, cell_state = self.encode(source_ids, training)
        mask = padding_mask(source_ids)
        if training and self._sampling_rate.rate != 0:
            x = self._decode_with_samples(target_ids, encoded, mask, cell_state)
        else:
            x = self.token_embedding(target_ids, training=training)
            x = self.decoder(x, encoded, mask, cell_state, training=training)
        return self._logits(x, training)  # [batch, target_length, vocabulary]

    def encode(self, source_ids, training=None):
        """Encodes source sentences.

        Args:
            source_ids: Integer tensor `[batch, source_length]`, padded with 0.
            training: Whether to apply dropout.

        Returns:
            `(encoded, cell_state)`: float tensor `[batch, source_length, d_model]`, and what the
            decoder's cell begins with.
        """
        x = self.token_embedding(source_ids, training=training)
        mask, cell_state = padding_mask(source_ids), []
        for layer in self.encoder_layers:
            x, *states = layer(x, mask=mask, training=training)
            x = self.output_dropout(x, training=training)
            forward, backward = states[: len(states) // 2], states[len(states) // 2 :]
            pairs = zip(forward, backward, strict=True)
            cell_state.append([ops.concatenate(pair, axis=-1) for pair in pairs])
        return x, cell_state

    def cross_attention(self, inputs):
        """What each target position looks at in the source.

        Args:
            inputs: As in `call`.

        Returns:
            Weights `[batch, 1, 1, target_length, source_length]`, as those of a model with one
            layer and one head; padding gets 0.
        """
        encoded, cell_state = self.encode(inputs["source_ids"])
        _, weights = self.decoder(
            self.token_embedding(inputs["target_ids"]),
            encoded,
            padding_mask(inputs["source_ids"]),
            cell_state,
            return_attention_scores=True,
        )
        return weights[:, None, None]

    def make_cache(self, source_ids, max_length, beams=1, coverage=False):  # noqa: ARG002 - as all
        """All that decoding needs to know, step by step.

        Args:
            source_ids: Integer tensor `[batch, source_length]`, padded with 0.
            max_length: Most tokens that will be decoded; a recurrent state has any length.
            beams: Number of hypotheses per sentence, an integer.
            coverage: Whether to add up how much each source token has been attended to, for
                `Beam(coverage_penalty=…)`.

        Returns:
            Nested dictionary of tensors, for `step`.
        """
        encoded, cell_state = self.encode(source_ids)
        mask = padding_mask(source_ids)
        return make_cache(self.decoder, encoded, mask, cell_state, beams, coverage)

    def step(self, token_ids, cache, lineage):
        """Decodes one more token of each hypothesis; this is the `step` of `decoding.decode`.

        Args:
            token_ids: Integer tensor `[batch, beams]`, the last token of each hypothesis.
            cache: From `make_cache` or the previous step.
            lineage: `decoding.Lineage`, of which the parents count.

        Returns:
            `(logits, cache)`: `[batch, beams, vocabulary_size]` and the new cache.
        """
        x, cache = step(self.token_embedding, self.decoder, token_ids, cache, lineage)
        return self._logits(x), cache

    def get_config(self):
        return {
            **super().get_config(),
            "vocabulary_size": self.token_embedding.vocabulary_size,
            "num_layers": self.num_layers,
            "d_model": self.token_embedding.d_model,
            "cell": self.cell,
            "dropout": self.dropout,
            "score": serialized(self.decoder.score),
            "normalizer": serialized(self.decoder.normalizer),
            "scheduled_sampling": serialized(self._sampling_rate.rate),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("score", "normalizer", "scheduled_sampling")))

    def _logits(self, x, training=None):
        return self.token_embedding.logits(self.output_dropout(x, training=training))

    def _decode_with_samples(self, target_ids, encoded, mask, cell_state):
        """The decoder's outputs where some of its inputs are its own tokens."""
        decoder, embedding = self.decoder, self.token_embedding
        memory = decoder.prepare(encoded, mask)
        state = decoder.initial_state(memory, cell_state)
        batch, length = ops.shape(target_ids)
        # All that is random is drawn before the loop, which could not keep the state of a seed.
        rate = self._sampling_rate.next(training=True)
        chance, place = (
            keras.random.uniform((length, batch, 1), seed=self.seed_generator) for _ in range(2)
        )
        is_start = ops.arange(length, dtype="int32")[:, None, None] == 0
        features = ops.ones((length, batch, 1, embedding.d_model), self.compute_dtype)
        sequence = {
            "token_ids": ops.transpose(target_ids)[:, :, None],
            "is_own": ops.logical_and(chance < rate, ~is_start),
            "place": place,
            "dropout": embedding.embedding_dropout(features, training=True),
        }
        noise = decoder.noise(target_ids, encoded)
        if noise is not None:
            sequence["noise"] = ops.swapaxes(noise, 0, 1)[:, :, None]

        def step(state, here):
            own = _drawn(embedding.logits(state["attention"]), here["place"])
            token_ids = ops.where(here["is_own"], own, here["token_ids"])
            x = embedding(token_ids) * here["dropout"]
            x, state = decoder.step(x, state, memory, here.get("noise"), training=True)
            return state, x

        with decoder.dropout_of_cell(embedding.d_model, state, training=True):
            _, x = scan(step, state, sequence, self.compute_dtype)  # [length, batch, 1, d_model]
        return ops.swapaxes(x[:, :, 0], 0, 1)


def _drawn(logits, place):
    """Tokens drawn from the softmax of logits, by uniform numbers in [0, 1)."""
    probabilities = ops.softmax(ops.stop_gradient(ops.cast(logits, "float32")))
    below = ops.cumsum(probabilities, axis=-1) <= place[..., None]
    # Sums are rounded: the last one may be less than 1.
    return ops.minimum(ops.sum(ops.cast(below, "int32"), axis=-1), logits.shape[-1] - 1)
