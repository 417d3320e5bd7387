"""Position schemes that act inside attention, on queries, keys and scores."""

from keras_attention.layers.position_schemes.relative_positions import (
    RelativePositions as RelativePositions,
)
from keras_attention.layers.position_schemes.rotary import Rotary as Rotary
