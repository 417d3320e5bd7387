"""Position schemes that act inside attention, on queries, keys and scores."""

from keras_attention.layers.position_schemes.alibi import ALiBi as ALiBi
from keras_attention.layers.position_schemes.relative_bias_2d import (
    RelativeBias2D as RelativeBias2D,
)
from keras_attention.layers.position_schemes.relative_positions import (
    RelativePositions as RelativePositions,
)
from keras_attention.layers.position_schemes.rotary import Rotary as Rotary
from keras_attention.layers.position_schemes.rotary_2d import Rotary2D as Rotary2D
from keras_attention.layers.position_schemes.shaw_relative_positions import (
    ShawRelativePositions as ShawRelativePositions,
)
from keras_attention.layers.position_schemes.t5_relative_bias import (
    T5RelativeBias as T5RelativeBias,
)
from keras_attention.layers.position_schemes.transformer_xl_positions import (
    TransformerXLPositions as TransformerXLPositions,
)
