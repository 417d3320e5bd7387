"""An encoder with one or several heads, each of which says something of a text."""

import keras
from keras import ops

from keras_attention.layers.serialization import deserialized, serialized
from keras_attention.ops.masks import padding_mask
from keras_attention.training.model import Model


@keras.saving.register_keras_serializable(package="keras_attention")
class TextClassifier(Model):
    """Says something of texts, or pairs of texts: classes, labels, numbers, classes of tokens.

    What it says depends on the head and on the loss: a `SequenceHead` gives logits of one class
    each (softmax), of labels that apply or not (sigmoid), or numbers; a `TokenHead` gives logits
    for each token. With several heads one encoder serves several tasks.

    Args:
        encoder: A `TextEncoder`, perhaps pre-trained in a `MaskedLanguageModel`.
        head: A `SequenceHead` or `TokenHead`, or a dictionary of them by name.

    Call arguments:
        inputs: As for `TextEncoder`: a dictionary with `token_ids`, integers `[batch, length]`
            padded with 0, and `segment_ids` if the encoder has segments.
        training: Whether to apply dropout.

    Returns:
        What the head returns, or a dictionary of it by the heads' names.

    Example:

    >>> encoder = keras_attention.TextEncoder(97, num_layers=2, d_model=16, num_heads=4, dff=32)
    >>> model = keras_attention.TextClassifier(encoder, keras_attention.SequenceHead(3))
    >>> model({"token_ids": np.array([[5, 7, 3, 0]])}).shape
    (1, 3)

    References:
        [Devlin et al., 2019](https://arxiv.org/abs/1810.04805)
    """

    def __init__(self, encoder, head, *, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.encoder = encoder
        self.head = head
        self.build()  # at once, so that weights can be loaded before the first call

    def build(self, inputs_shape=None):  # noqa: ARG002 - the weights depend on no input's shape
        if not self.encoder.built:
            self.encoder.build()
            self.encoder.built = True
        for head in keras.tree.flatten(self.head):
            if not head.built:  # as one from a file is
                head.build((None, None, self.encoder.d_model))
        self.built = True

    def call(self, inputs, training=None):
        x = self.encoder(inputs, training=training)  # [batch, length, d_model]
        mask = padding_mask(inputs["token_ids"])
        if isinstance(self.head, dict):
            return {
                name: head(x, padding_mask=mask, training=training)
                for name, head in self.head.items()
            }
        return self.head(x, padding_mask=mask, training=training)

    def attention_scores(self, inputs):
        """What each token attends to, by layer and head.

        Args:
            inputs: As in `call`.

        Returns:
            Weights `[batch, num_layers, num_heads, length, length]`; padding gets 0.
        """
        return self.encoder(inputs, return_attention_scores=True)[1]

    def pooling_shares(self, inputs, head=None):
        """How much of what a `SequenceHead` pools comes from each position.

        Args:
            inputs: As in `call`.
            head: The name of the head, if there are several.

        Returns:
            Float tensor `[batch, length]`.
        """
        x, mask = self.encoder(inputs), padding_mask(inputs["token_ids"])
        chosen = self.head[head] if isinstance(self.head, dict) else self.head
        return chosen.pooling.shares(x, padding_mask=mask)

    def embedded(self, inputs):
        """The embeddings of the tokens alone, without positions and segments.

        Args:
            inputs: As in `call`.

        Returns:
            Float tensor `[batch, length, d_model]`. Its negative, as a `perturbation`, takes the
            tokens away and leaves their positions.
        """
        return self.encoder.token_embedding.embedded(inputs["token_ids"])

    def no_perturbation(self, inputs):
        """Zeros of the shape of a `perturbation` of the embeddings of these inputs."""
        return ops.zeros((*ops.shape(inputs["token_ids"]), self.encoder.d_model), "float32")

    def get_config(self):
        return {
            **super().get_config(),
            "encoder": serialized(self.encoder),
            "head": keras.saving.serialize_keras_object(self.head),
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("encoder", "head")))
