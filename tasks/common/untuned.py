"""A `tf.data` pipeline whose iterators end at once."""

import tensorflow as tf


def untuned(dataset: tf.data.Dataset) -> tf.data.Dataset:
    """The dataset without autotuning, for a pipeline that has nothing to tune.

    With it, an iterator may only end when its tuner wakes up, after a sleep that doubles from 10 ms
    on to a minute: the end of an epoch may wait as long as the epoch took.
    """
    options = tf.data.Options()
    options.autotune.enabled = False
    return dataset.with_options(options)
