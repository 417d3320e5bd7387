"""Task models, assembled from the layers."""

from keras_attention.models.transformer import Transformer as Transformer
