"""What the layers have in common that other layers are given as arguments."""

import re

import keras


class Part(keras.layers.Layer):
    """A layer that becomes a part of another one.

    Its name is that of its class, without a number: so the paths of its weights are the same in
    every model of a process, and files of weights fit.
    """

    def __init__(self, *, name=None, **kwargs):
        words = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", type(self).__name__)
        super().__init__(name=name or words.lower(), **kwargs)

    def get_config(self):
        return super().get_config()  # Keras' automatic one takes no dtype policy for an argument
