"""Callbacks for `fit`."""

from keras_attention.training.checkpoints import Checkpoints as Checkpoints
from keras_attention.training.throughput import Throughput as Throughput
