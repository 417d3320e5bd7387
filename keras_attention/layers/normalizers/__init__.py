"""Normalisers: from the scores of a query's keys to their weights."""

from keras_attention.layers.normalizers.continuous import Entmax as Entmax
from keras_attention.layers.normalizers.continuous import Sigmoid as Sigmoid
from keras_attention.layers.normalizers.continuous import Softmax as Softmax
from keras_attention.layers.normalizers.continuous import Sparsemax as Sparsemax
from keras_attention.layers.normalizers.continuous import TopK as TopK
from keras_attention.layers.normalizers.discrete import GumbelSoftmax as GumbelSoftmax
from keras_attention.layers.normalizers.discrete import Hard as Hard
from keras_attention.layers.normalizers.monotonic import Monotonic as Monotonic
from keras_attention.layers.normalizers.normalizer import Normalizer as Normalizer
from keras_attention.layers.normalizers.talking_heads import TalkingHeads as TalkingHeads
