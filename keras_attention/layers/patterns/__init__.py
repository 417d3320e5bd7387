"""Patterns: which pairs of query and key are computed at all."""

from keras_attention.layers.patterns.pattern import Pattern as Pattern
from keras_attention.layers.patterns.sliding_window import SlidingWindow as SlidingWindow
