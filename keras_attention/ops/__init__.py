"""Attention as pure functions: tensors in, tensors out, no state."""

from keras_attention.ops.attention import attention_weights as attention_weights
from keras_attention.ops.attention import (
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from keras_attention.ops.attention import weighted_values as weighted_values
from keras_attention.ops.masks import causal_mask as causal_mask
from keras_attention.ops.masks import combine_masks as combine_masks
from keras_attention.ops.masks import padding_mask as padding_mask
from keras_attention.ops.masks import segment_mask as segment_mask
from keras_attention.ops.masks import window_mask as window_mask
from keras_attention.ops.positions import sinusoidal_positions as sinusoidal_positions
