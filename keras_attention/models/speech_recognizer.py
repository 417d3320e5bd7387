"""From recordings to text: what each frame says (CTC), and a decoder that attends to the frames."""

import keras
from keras import ops

from keras_attention.layers.dense import Dense
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.training.model import Model

_CERTAIN = 1e4  # of a logit above all others: as good as infinite, and finite in each dtype


@keras.saving.register_keras_serializable(package="keras_attention")
class SpeechRecognizer(Model):
    """An encoder of speech with a CTC head and, if wanted, a decoder that attends to its frames.

    Both learn from the same encoder, by the weighted sum of their losses. Id 0 is padding of texts
    and the blank of CTC; in frames that are padding, CTC says the blank with certainty, so that
    `CTCLoss`, which counts all frames, gives the loss of the real ones.

    Args:
        encoder: A `SpeechEncoder`.
        vocabulary_size: Number of token ids.
        decoder: A `TextDecoder` or `RecurrentTextDecoder` of that vocabulary; None for CTC alone.

    Call arguments:
        inputs: Dictionary of tensors: `audio` and `lengths` as for `SpeechEncoder`; with a decoder
            `target_ids`, integers `[batch, target_length]`, which begin with the start id and are
            one position behind the labels (teacher forcing).
        training: Whether to apply dropout and augmentation.

    Returns:
        Dictionary of logits: `ctc` `[batch, length, vocabulary_size]`, float32, and with a decoder
        `attention` `[batch, target_length, vocabulary_size]`.

    Raises:
        ValueError: If the decoder has another vocabulary.

    Example:

    >>> model = keras_attention.SpeechRecognizer(
    ...     keras_attention.SpeechEncoder(
    ...         keras_attention.ConformerEncoder(num_layers=2, d_model=16, num_heads=4, dff=32),
    ...         keras_attention.ConvolutionalSubsampling(16),
    ...     ),
    ...     vocabulary_size=29,
    ...     decoder=keras_attention.TextDecoder(29, d_model=16, num_heads=4, dff=32),
    ... )
    >>> features, lengths = np.ones((2, 98, 40)), np.array([98, 48])
    >>> target_ids = np.array([[2, 7, 5], [2, 9, 0]])
    >>> logits = model({"audio": features, "lengths": lengths, "target_ids": target_ids})
    >>> logits["ctc"].shape, logits["attention"].shape
    ((2, 23, 29), (2, 3, 29))
    >>> model.compile(
    ...     "adam",
    ...     {"ctc": keras_attention.CTCLoss(), "attention": keras_attention.MaskedCrossEntropy()},
    ...     loss_weights={"ctc": 0.3, "attention": 0.7},
    ... )

    References:
        [Watanabe et al., 2017](https://doi.org/10.1109/JSTSP.2017.2763455)
    """

    def __init__(
        self, encoder, vocabulary_size, decoder=None, *, name=None, trainable=True, dtype=None
    ):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        if decoder is not None and decoder.vocabulary_size != vocabulary_size:
            raise ValueError(
                "The decoder must have the same vocabulary. Received: "
                f"vocabulary_size={vocabulary_size}, "
                f"decoder.vocabulary_size={decoder.vocabulary_size}."
            )
        self.encoder = encoder
        self.vocabulary_size = vocabulary_size
        self.decoder = decoder
        self.ctc_head = Dense(vocabulary_size, name="ctc_head", dtype=self.dtype_policy)

    def build(self, inputs_shape):
        if not self.encoder.built:
            self.encoder.build(inputs_shape)
            self.encoder.built = True
        encoded_shape = (None, None, self.encoder.d_model)
        self.ctc_head.build(encoded_shape)
        if self.decoder is not None:
            self.decoder.build((None, None), encoded_shape)
        self.built = True

    def call(self, inputs, training=None):
        encoded, mask = self.encoder(inputs, training=training)
        logits = {"ctc": self.ctc_logits(encoded, mask)}
        if self.decoder is not None:
            logits["attention"] = self.decoder(
                inputs["target_ids"], encoded, mask, training=training
            )
        return logits

    def encode(self, inputs, training=None):
        """Encodes recordings.

        Args:
            inputs: As in `call`, without `target_ids`.
            training: As in `call`.

        Returns:
            `(encoded, mask)`: floats `[batch, length, d_model]` and booleans `[batch, length]`.
        """
        return self.encoder(inputs, training=training)

    def ctc_logits(self, encoded, mask):
        """What each frame says.

        Args:
            encoded, mask: From `encode`.

        Returns:
            Float32 logits `[batch, length, vocabulary_size]`; padding says the blank.
        """
        logits = ops.cast(self.ctc_head(encoded), "float32")
        blank = ops.cast(ops.arange(self.vocabulary_size, dtype="int32") == 0, "float32")
        return ops.where(mask[..., None], logits, _CERTAIN * blank)

    def cross_attention(self, inputs):
        """What each target position looks at in the recording, by layer and head.

        Args:
            inputs: As in `call`.

        Returns:
            Weights `[batch, num_layers, num_heads, target_length, length]`; padding gets 0.
        """
        encoded, mask = self.encode(inputs)
        return self.decoder(inputs["target_ids"], encoded, mask, return_attention_scores=True)[1]

    def make_cache(self, encoded, mask, max_length, beams=1, coverage=False):
        """All that decoding needs to know, step by step; `encoded` and `mask` are of `encode`."""
        return self.decoder.make_cache(encoded, mask, max_length, beams, coverage)

    def step(self, token_ids, cache, lineage):
        """Decodes one more token of each hypothesis; this is the `step` of `decoding.decode`."""
        return self.decoder.step(token_ids, cache, lineage)

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": serialized(self.encoder),
            "vocabulary_size": self.vocabulary_size,
            "decoder": serialized(self.decoder),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("encoder", "decoder")))
