"""Connectionist temporal classification by TensorFlow's own kernel for CPUs."""

import tensorflow as tf


def ctc_losses(labels, logits):
    """The loss of each example, float32 `[batch]`, see `training.CTCLoss`.

    `tf.nn.ctc_loss` of dense labels is a loop of small operations, here and on GPUs the only
    choice; of sparse ones it is one kernel, many times as fast.
    """
    batch, length = tf.unstack(tf.shape(logits)[:2])
    places = tf.where(labels != 0)
    sparse = tf.SparseTensor(places, tf.gather_nd(labels, places), tf.shape(labels, tf.int64))
    return tf.nn.ctc_loss(
        sparse,
        logits,
        label_length=None,
        logit_length=tf.fill([batch], length),
        logits_time_major=False,
        blank_index=0,
    )
