"""A small model, unequal sentences and one `fit`, for tests in this process and in others."""

import keras
import numpy as np

from keras_attention.training import MaskedAccuracy, MaskedCrossEntropy, Model, Perplexity

VOCABULARY = 23


@keras.saving.register_keras_serializable(package="tests")
class TokenModel(Model):
    """Guesses a token for each token; `ids` 0 are padding."""

    def __init__(self, dropout=0.0, regularizer=None):
        super().__init__(name="token_model")
        self.embedding = keras.layers.Embedding(VOCABULARY, 11, name="embedding")
        self.attention = keras.layers.MultiHeadAttention(2, 5, dropout=dropout, name="attention")
        self.logits = keras.layers.Dense(VOCABULARY, kernel_regularizer=regularizer, name="logits")

    def build(self, input_shape):
        x_shape = (*input_shape, 11)
        self.embedding.build(input_shape)
        self.attention.build(x_shape, x_shape)
        self.logits.build(x_shape)
        self.built = True

    def call(self, ids, training=None):
        x = self.embedding(ids)
        x += self.attention(x, x, attention_mask=(ids != 0)[:, None, :], training=training)
        return self.logits(x)


def sentences(count=17, length=7, seed=3):
    """Ids and labels; lengths from 1 to `length`, long ones first, so that halves are unequal."""
    draw = np.random.default_rng(seed)
    ids = draw.integers(1, VOCABULARY, (count, length)).astype("int32")
    lengths = np.sort(draw.integers(1, length + 1, count))[::-1]
    ids[np.arange(length) >= lengths[:, None]] = 0
    labels = np.where(ids > 0, ids * 3 % (VOCABULARY - 1) + 1, 0).astype("int32")
    return ids, labels


def make_model(
    strategy,
    *,
    optimizer=None,
    loss=None,
    policy="float32",
    dropout=0.0,
    regularizer="l2",
    **compiled,
):
    """A built and compiled model with the same weights whatever the strategy."""
    keras.utils.set_random_seed(5)
    keras.config.set_dtype_policy(policy)
    with strategy.scope():
        model = TokenModel(dropout, regularizer)
        model.build((None, 7))
        model.compile(
            optimizer=(optimizer or (lambda: keras.optimizers.Adam(0.02)))(),
            loss=MaskedCrossEntropy(0.1) if loss is None else loss,
            metrics=compiled.pop("metrics", [MaskedAccuracy(), Perplexity()]),
            **compiled,
        )
    keras.config.set_dtype_policy("float32")
    return model


def curve(strategy, *, batch_size=5, epochs=2, validate=False, **settings):
    """The history of a run and its final weights in one array."""
    settings = settings if validate else {"metrics": [], **settings}
    model = make_model(strategy, **settings)
    ids, labels = sentences()
    history = model.fit(
        ids,
        labels,
        batch_size=batch_size,
        epochs=epochs,
        shuffle=False,
        validation_data=sentences(count=9, seed=7) if validate else None,
        verbose=0,
    )
    weights = np.concatenate([w.ravel() for w in model.get_weights()])
    return history.history, weights
