"""A loop over a sequence on TensorFlow, whatever is known of its length."""

import tensorflow as tf
from keras import tree


def scan(step, carry, sequence, dtypes):
    """See `ops.scan`."""
    inputs = [tf.convert_to_tensor(x) for x in tree.flatten(sequence)]
    length = inputs[0].shape[0]
    if length is None:
        length = tf.shape(inputs[0])[0]
    inputs = [tf.TensorArray(x.dtype, length, element_shape=x.shape[1:]).unstack(x) for x in inputs]
    outputs = [tf.TensorArray(dtype, length) for dtype in tree.flatten(dtypes)]

    def body(i, carry, outputs):
        here = tree.pack_sequence_as(sequence, [x.read(i) for x in inputs])
        carry, new = step(carry, here)
        outputs = [x.write(i, y) for x, y in zip(outputs, tree.flatten(new), strict=True)]
        return i + 1, carry, outputs

    _, carry, outputs = tf.while_loop(
        lambda i, *_: i < length,
        body,
        (0, tree.map_structure(tf.convert_to_tensor, carry), outputs),
        maximum_iterations=length,  # without which XLA refuses the gradient
    )
    return carry, tree.pack_sequence_as(dtypes, [x.stack() for x in outputs])
