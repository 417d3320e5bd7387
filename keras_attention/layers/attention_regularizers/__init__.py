"""Penalties on attention weights, added to the loss."""

from keras_attention.layers.attention_regularizers.attention_regularizer import (
    AttentionRegularizer as AttentionRegularizer,
)
from keras_attention.layers.attention_regularizers.coverage_loss import CoverageLoss as CoverageLoss
from keras_attention.layers.attention_regularizers.guided_attention_loss import (
    GuidedAttentionLoss as GuidedAttentionLoss,
)
from keras_attention.layers.attention_regularizers.weight_penalties import (
    EntropyPenalty as EntropyPenalty,
)
from keras_attention.layers.attention_regularizers.weight_penalties import (
    WeightPenalty as WeightPenalty,
)
