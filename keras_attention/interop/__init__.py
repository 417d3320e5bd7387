"""Other people's weights: their layers as ours, ours as theirs, in one call each."""

from keras_attention.interop.keras import from_keras as from_keras
from keras_attention.interop.keras import to_keras as to_keras
from keras_attention.interop.tf_addons import from_tf_addons as from_tf_addons
from keras_attention.interop.torch import from_torch as from_torch
from keras_attention.interop.torch import load_torch_weights as load_torch_weights
from keras_attention.interop.torch import to_torch as to_torch
from keras_attention.interop.torch import torch_weights as torch_weights
