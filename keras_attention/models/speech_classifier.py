"""Says something of a recording as a whole, such as which command it is."""

import keras

from keras_attention.layers.arguments import one_of
from keras_attention.layers.audio.time_patches import TimePatches
from keras_attention.layers.encoder import Encoder
from keras_attention.layers.mechanism import Mechanism
from keras_attention.layers.pooling import FirstTokenPooling
from keras_attention.layers.position_schemes.rotary import Rotary
from keras_attention.layers.prediction_heads import SequenceHead
from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.layers.speech_encoder import SpeechEncoder
from keras_attention.training.model import Model

VARIANTS = {
    "1": {"num_layers": 12, "d_model": 64, "num_heads": 1, "dff": 256},
    "2": {"num_layers": 12, "d_model": 128, "num_heads": 2, "dff": 512},
    "3": {"num_layers": 12, "d_model": 192, "num_heads": 3, "dff": 768},
}


@keras.saving.register_keras_serializable(package="keras_attention")
class SpeechClassifier(Model):
    """An encoder of speech and a head for whole recordings.

    Args:
        encoder: A `SpeechEncoder`.
        head: A `SequenceHead`.

    Call arguments:
        inputs: As for `SpeechEncoder`: a dictionary with `audio` and `lengths`.
        training: Whether to apply dropout and augmentation.

    Returns:
        What the head returns, `[batch, num_outputs]`.

    Example:

    >>> encoder = keras_attention.SpeechEncoder(
    ...     keras_attention.ConformerEncoder(num_layers=2, d_model=16, num_heads=4, dff=32),
    ...     keras_attention.ConvolutionalSubsampling(16),
    ... )
    >>> model = keras_attention.SpeechClassifier(encoder, keras_attention.SequenceHead(10))
    >>> model({"audio": np.ones((2, 98, 40)), "lengths": np.array([98, 48])}).shape
    (2, 10)
    """

    def __init__(self, encoder, head, *, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.encoder = encoder
        self.head = head

    def build(self, inputs_shape):
        if not self.encoder.built:
            self.encoder.build(inputs_shape)
            self.encoder.built = True
        self.head.build((None, None, self.encoder.d_model))
        self.built = True

    def call(self, inputs, training=None):
        x, mask = self.encoder(inputs, training=training)
        return self.head(x, padding_mask=mask, training=training)

    def attention_scores(self, inputs):
        """What each frame attends to, by layer and head.

        Args:
            inputs: As in `call`.

        Returns:
            Weights `[batch, num_layers, num_heads, length, length]`; padding gets 0.
        """
        return self.encoder(inputs, return_attention_scores=True)[2]

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": serialized(self.encoder),
            "head": serialized(self.head),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("encoder", "head")))


def keyword_transformer(
    variant, num_outputs, front_end=None, patch_length=1, dropout=0.0, dtype=None, **arguments
):
    """A Keyword Transformer of a usual size: spans of time are the tokens, and one for the class.

    Positions are rotary here, so that recordings have any length; the paper's are learned, for one
    second.

    Args:
        variant: `"1"`, `"2"` or `"3"`, of 0.6, 2.4 and 5.4 million parameters.
        num_outputs: Number of classes.
        front_end: A `FrontEnd`; None if the inputs are features.
        patch_length: Number of frames of a token.
        dropout: As in `EncoderLayer`; it also acts on the tokens.
        dtype: Of all layers, or a policy.
        **arguments: Of `Encoder`, in addition to those of the variant or in their place.

    Returns:
        A `SpeechClassifier`.

    Raises:
        ValueError: If there is no such variant.

    Example:

    >>> model = keras_attention.keyword_transformer("1", 35, num_layers=2)
    >>> model({"audio": np.ones((2, 98, 40)), "lengths": np.array([98, 48])}).shape
    (2, 35)

    References:
        [Berg et al., 2021](https://arxiv.org/abs/2104.00769)
    """
    one_of("variant", variant, (*VARIANTS,))
    settings = {
        **VARIANTS[variant],
        "activation": "gelu",
        "normalization": "post",
        "attention": Mechanism(position_scheme=Rotary()),
        **arguments,
    }
    encoder = SpeechEncoder(
        Encoder(dropout=dropout, name="encoder", dtype=dtype, **settings),
        TimePatches(settings["d_model"], patch_length, num_prefix=1, name="patches", dtype=dtype),
        front_end,
        dropout,
        name="encoder",
        dtype=dtype,
    )
    head = SequenceHead(num_outputs, FirstTokenPooling(dtype=dtype), name="head", dtype=dtype)
    return SpeechClassifier(encoder, head, dtype=dtype)
