"""Image tokenizers: how a picture becomes a grid of tokens."""

from keras_attention.layers.image_tokenizers.convolutional_tokenizer import (
    ConvolutionalTokenizer as ConvolutionalTokenizer,
)
from keras_attention.layers.image_tokenizers.image_tokenizer import ImageTokenizer as ImageTokenizer
from keras_attention.layers.image_tokenizers.patches import Patches as Patches
from keras_attention.layers.image_tokenizers.shifted_patches import ShiftedPatches as ShiftedPatches
