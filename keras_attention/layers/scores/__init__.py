"""Scores: how well a key answers a query, before anything competes."""

from keras_attention.layers.scores.dot_product import DotProduct as DotProduct
from keras_attention.layers.scores.dot_product import ScaledDotProduct as ScaledDotProduct
from keras_attention.layers.scores.score import Score as Score
