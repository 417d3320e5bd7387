"""The model base of the library: Keras' `fit`, made exact under every distribution strategy."""

import keras

from keras_attention.training.distributed_steps import DistributedSteps

_ON_TENSORFLOW = keras.backend.backend() == "tensorflow"


@keras.saving.register_keras_serializable(package="keras_attention")
class Model(*([DistributedSteps] if _ON_TENSORFLOW else []), keras.Model):
    """A `keras.Model` whose `fit` and `evaluate` give the same numbers on any number of devices.

    Subclass it as `keras.Model`; compile, fit, evaluate and predict as usual, on one device or
    under `MirroredStrategy` and `MultiWorkerMirroredStrategy`, with or without `jit_compile=True`.
    On the JAX and PyTorch backends it is a plain `keras.Model`.

    Under a strategy with several replicas:

    - The loss is the mean over the *global* batch. With the mean loss `L_r` of replica `r` over
      `n_r` labels, what is minimised and reported is

          L = sum(n_r * L_r) / sum(n_r) + regularisation

      so replicas may get unequal numbers of labels, a smaller last batch, or no example at all.
      `n_r` is the number of real tokens for `MaskedCrossEntropy`, and what the loss divides by for
      Keras' own losses; a loss with `reduction="sum"` is summed. A loss with a method
      `total_weight(y_true, sample_weight)` defines its own `n_r`; a model that overrides
      `loss_weight` does so for all. (With several outputs, replicas count by examples.)
    - Clipping, loss scaling, weight decay, averaging and gradient accumulation see the gradient of
      the global batch. With `gradient_accumulation_steps=k`, Keras' optimizers average the
      gradients of `k` such batches, each normalised by its own number of labels.
    - Each replica draws its own dropout.

    With `jit_compile=True`, XLA compiles forward, loss, gradients and metrics; the sum over
    replicas and the optimizer run outside. A layer that updates variables across replicas while it
    trains (`BatchNormalization`) cannot be compiled so under several replicas.

    An `Objective` that is assigned to `objective` before `fit`, such as `RDrop()`, decides what a
    training step computes from the loss; nothing else changes.

    Override `compute_loss` or `compute_metrics` to change what is learnt or measured. `train_step`
    takes a distributed batch here and is called once for all replicas.

    Args:
        *args, **kwargs: As for `keras.Model`.

    Call arguments:
        inputs: What the subclass defines.

    Returns:
        What the subclass defines.

    Example:

    >>> class Classifier(keras_attention.Model):
    ...     def __init__(self):
    ...         super().__init__()
    ...         self.logits = keras.layers.Dense(3)
    ...
    ...     def call(self, inputs):
    ...         return self.logits(inputs)
    >>> with keras_attention.make_strategy("mirrored").scope():
    ...     model = Classifier()
    ...     model.compile("adam", keras_attention.MaskedCrossEntropy(padding_id=None))
    >>> history = model.fit(np.ones((5, 7)), np.array([0, 1, 2, 0, 1]), verbose=0)
    >>> sorted(history.history)
    ['loss']
    """
