"""Attention as pure functions: tensors in, tensors out, no state."""

from keras_attention.ops.attention import attended_values as attended_values
from keras_attention.ops.attention import attention_weights as attention_weights
from keras_attention.ops.attention import dot_product_scores as dot_product_scores
from keras_attention.ops.attention import (
    scaled_dot_product_attention as scaled_dot_product_attention,
)
from keras_attention.ops.attention import weighted_values as weighted_values
from keras_attention.ops.chunked import chunked_attention as chunked_attention
from keras_attention.ops.discrete_normalizers import (
    gumbel_softmax_weights as gumbel_softmax_weights,
)
from keras_attention.ops.discrete_normalizers import hard_weights as hard_weights
from keras_attention.ops.discrete_normalizers import log_probability as log_probability
from keras_attention.ops.grids import grid_places as grid_places
from keras_attention.ops.grids import resample_grid as resample_grid
from keras_attention.ops.kernel_features import log_elu_features as log_elu_features
from keras_attention.ops.kernel_features import log_softmax_features as log_softmax_features
from keras_attention.ops.kernel_features import orthogonal_projection as orthogonal_projection
from keras_attention.ops.linear_attention import linear_attention as linear_attention
from keras_attention.ops.linear_attention import log_kernel as log_kernel
from keras_attention.ops.masks import causal_mask as causal_mask
from keras_attention.ops.masks import chunk_mask as chunk_mask
from keras_attention.ops.masks import combine_masks as combine_masks
from keras_attention.ops.masks import length_mask as length_mask
from keras_attention.ops.masks import padding_mask as padding_mask
from keras_attention.ops.masks import segment_mask as segment_mask
from keras_attention.ops.masks import window_mask as window_mask
from keras_attention.ops.monotonic_normalizer import monotonic_weights as monotonic_weights
from keras_attention.ops.normalizers import sigmoid_weights as sigmoid_weights
from keras_attention.ops.normalizers import softmax_weights as softmax_weights
from keras_attention.ops.normalizers import top_k_weights as top_k_weights
from keras_attention.ops.patches import image_patches as image_patches
from keras_attention.ops.patches import pad_images as pad_images
from keras_attention.ops.patches import shifted_images as shifted_images
from keras_attention.ops.position_bias import alibi_bias as alibi_bias
from keras_attention.ops.position_bias import distances_between as distances_between
from keras_attention.ops.position_bias import relative_position_buckets as relative_position_buckets
from keras_attention.ops.positions import resample_positions as resample_positions
from keras_attention.ops.positions import sinusoidal_positions as sinusoidal_positions
from keras_attention.ops.positions import sinusoidal_positions_2d as sinusoidal_positions_2d
from keras_attention.ops.rotary import rotary as rotary
from keras_attention.ops.sparse_normalizers import entmax_weights as entmax_weights
from keras_attention.ops.sparse_normalizers import sparsemax_weights as sparsemax_weights
