"""Task models, assembled from the layers."""

from keras_attention.models.recurrent_encoder_decoder import (
    RecurrentEncoderDecoder as RecurrentEncoderDecoder,
)
from keras_attention.models.transformer import Transformer as Transformer
