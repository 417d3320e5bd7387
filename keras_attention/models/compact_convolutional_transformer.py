"""A vision transformer for small data sets: convolutions make its tokens, and all of them speak."""

import keras

from keras_attention.layers.image_encoder import ImageEncoder
from keras_attention.layers.image_tokenizers.convolutional_tokenizer import ConvolutionalTokenizer
from keras_attention.layers.pooling import SequencePooling
from keras_attention.layers.prediction_heads import SequenceHead
from keras_attention.layers.serialization import deserialized
from keras_attention.layers.transformer_layer import SERIALIZED_ARGUMENTS
from keras_attention.models.vision_transformer import VisionTransformer


@keras.saving.register_keras_serializable(package="keras_attention")
class CompactConvolutionalTransformer(VisionTransformer):
    """CCT: a convolutional tokenizer, encoder layers and sequence pooling, without a class token.

    It learns from tens of thousands of pictures, from scratch. The defaults are CCT-7/3x1, for
    pictures of 32 x 32; the paper's others, by the same arguments:

    | name | layers | `d_model` | heads | `dff` | kernel | convolutions |
    |---|--:|--:|--:|--:|--:|--:|
    | CCT-2/3x2 | 2 | 128 | 2 | 128 | 3 | 2 |
    | CCT-4/3x2 | 4 | 128 | 2 | 128 | 3 | 2 |
    | CCT-6/3x1 | 6 | 256 | 4 | 512 | 3 | 1 |
    | CCT-7/7x2, for 224 x 224 | 7 | 256 | 4 | 512 | 7 | 2 |
    | CCT-14/7x2, for 224 x 224 | 14 | 384 | 6 | 1152 | 7 | 2 |

    Args:
        num_outputs: Number of outputs, see `SequenceHead`.
        image_shape: `(height, width, channels)` of the pictures.
        num_layers, num_heads, dff: As in `ImageEncoder`.
        d_model, num_convolutions, kernel_size: As in `ConvolutionalTokenizer`.
        attention_dropout: Share of the attention weights dropped in training.
        stochastic_depth: Rate of the last layer, see `Encoder`.
        **encoder_arguments: Further arguments of `ImageEncoder`.

    Call arguments:
        images: Float tensor `[batch, height, width, channels]`.
        training: Whether to apply dropout.

    Returns:
        Tensor `[batch, num_outputs]`.

    Raises:
        ValueError: If an argument is out of range.

    Example:

    >>> model = keras_attention.CompactConvolutionalTransformer(
    ...     10, (8, 13, 3), num_layers=2, num_heads=4, dff=32, d_model=16
    ... )
    >>> model(np.ones((2, 8, 13, 3))).shape
    (2, 10)

    References:
        [Hassani et al., 2021](https://arxiv.org/abs/2104.05704)
    """

    def __init__(
        self,
        num_outputs,
        image_shape=(32, 32, 3),
        num_layers=7,
        num_heads=4,
        dff=512,
        d_model=256,
        num_convolutions=1,
        kernel_size=3,
        attention_dropout=0.1,
        stochastic_depth=0.1,
        *,
        name=None,
        trainable=True,
        dtype=None,
        **encoder_arguments,
    ):
        encoder = ImageEncoder(
            ConvolutionalTokenizer(d_model, num_convolutions, kernel_size, dtype=dtype),
            image_shape,
            num_layers,
            num_heads,
            dff,
            attention_dropout=attention_dropout,
            stochastic_depth=stochastic_depth,
            num_prefix=0,
            name="encoder",
            dtype=dtype,
            **encoder_arguments,
        )
        head = SequenceHead(num_outputs, SequencePooling(dtype=dtype), name="head", dtype=dtype)
        super().__init__(encoder, head, name=name, trainable=trainable, dtype=dtype)

    def get_config(self):
        config = {**self.encoder.get_config(), **super().get_config()}
        for name in ("encoder", "head", "tokenizer", "num_prefix"):
            del config[name]
        tokenizer = self.encoder.patch_embedding.tokenizer
        return {
            **config,
            "num_outputs": self.head.num_outputs,
            "d_model": tokenizer.d_model,
            "num_convolutions": tokenizer.num_convolutions,
            "kernel_size": tokenizer.kernel_size,
        }

    @classmethod
    def from_config(cls, config):
        return cls(**deserialized(config, ("position_scheme", "rescaling", *SERIALIZED_ARGUMENTS)))
