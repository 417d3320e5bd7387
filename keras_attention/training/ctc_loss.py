"""Connectionist temporal classification: labels without times, logits of each frame."""

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="keras_attention")
class CTCLoss(keras.losses.Loss):
    r"""Minus the log-probability of the labels, summed over all of their alignments.

    $$ L = -\log \sum_{a \,\in\, \mathrm{alignments}(y)} \prod_t p_t(a_t) $$

    Id 0 is the blank among the logits and padding among the labels. All frames count; those that
    are padding must say the blank with certainty, as `SpeechRecognizer`'s do, and then change
    nothing. It is `keras.losses.CTC`, on TensorFlow by the kernel for CPUs, which is one operation
    instead of a loop of small ones and cannot be compiled by XLA.

    Leave out examples without labels, and those whose labels have no alignment as there are too few
    frames: each label takes one, and one more stands between two that are the same.

    Args:
        name: Name of the loss.

    Call arguments:
        y_true: Integer labels `[batch, labels]`, padded with 0.
        y_pred: Float logits `[batch, frames, vocabulary]`.

    Returns:
        The mean over the examples, a scalar, in nats.

    Example:

    >>> labels, logits = np.array([[1, 0]]), np.log([[[0.4, 0.6], [0.4, 0.6]]])
    >>> loss = keras_attention.CTCLoss()(labels, logits.astype("float32"))
    >>> round(float(np.exp(-loss)), 2)  # one of three alignments of a label to two frames
    0.84

    References:
        [Graves et al., 2006](https://doi.org/10.1145/1143844.1143891)
    """

    def __init__(self, *, name="ctc_loss"):
        super().__init__(name=name, reduction="sum_over_batch_size")

    def call(self, y_true, y_pred):
        labels, logits = ops.cast(y_true, "int32"), ops.cast(y_pred, "float32")
        if keras.backend.backend() == "tensorflow":
            from keras_attention.ops.backend.tensorflow_ctc import ctc_losses

            return ctc_losses(labels, logits)
        counts = ops.sum(ops.cast(labels != 0, "int32"), axis=-1)
        frames = ops.full_like(counts, ops.shape(logits)[1])
        return ops.ctc_loss(labels, logits, counts, frames, mask_index=0)

    def get_config(self):
        return {"name": self.name}
