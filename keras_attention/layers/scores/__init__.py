"""Scores: how well a key answers a query, before anything competes."""

from keras_attention.layers.scores.additive import Additive as Additive
from keras_attention.layers.scores.bilinear import Bilinear as Bilinear
from keras_attention.layers.scores.concat import Concat as Concat
from keras_attention.layers.scores.cosine import Cosine as Cosine
from keras_attention.layers.scores.dot_product import DotProduct as DotProduct
from keras_attention.layers.scores.dot_product import ScaledDotProduct as ScaledDotProduct
from keras_attention.layers.scores.linear_attention import LinearAttention as LinearAttention
from keras_attention.layers.scores.linear_kernel import LinearKernel as LinearKernel
from keras_attention.layers.scores.location_aware import LocationAware as LocationAware
from keras_attention.layers.scores.performer import Performer as Performer
from keras_attention.layers.scores.score import Score as Score
from keras_attention.layers.scores.tempered_dot_product import (
    TemperedDotProduct as TemperedDotProduct,
)
