"""Attention with weights: Keras layers around `keras_attention.ops`."""

from keras_attention.layers.decoder import Decoder as Decoder
from keras_attention.layers.decoder_layer import DecoderLayer as DecoderLayer
from keras_attention.layers.encoder import Encoder as Encoder
from keras_attention.layers.encoder_layer import EncoderLayer as EncoderLayer
from keras_attention.layers.feed_forward import FeedForward as FeedForward
from keras_attention.layers.multi_head_attention import MultiHeadAttention as MultiHeadAttention
from keras_attention.layers.position_embedding import (
    LearnedPositionEmbedding as LearnedPositionEmbedding,
)
from keras_attention.layers.position_embedding import (
    SinusoidalPositionEmbedding as SinusoidalPositionEmbedding,
)
from keras_attention.layers.residual import Residual as Residual
from keras_attention.layers.token_embedding import TokenEmbedding as TokenEmbedding
