"""The steps of `fit` and `evaluate` on TensorFlow: the replicas compute, then one update for all.

A training step (`train_step`) is this:

1. every replica computes the gradient of its share of the global loss, perhaps compiled by XLA;
2. the gradients are summed over the replicas;
3. the optimizer is applied to the sum once, outside the replicas;
4. the metrics, which the replicas update by themselves, are read once per execution.

Keras 3.15 instead applies the optimizer inside every replica, before the sum. So it clips each
replica alone, cannot accumulate gradients or compile under `MirroredStrategy`, averages unequal
replicas as if they were equal, and fails under `MultiWorkerMirroredStrategy`.
"""

import inspect

import keras

from keras_attention.training.loss_weight import default_loss_weight, is_summed

if keras.backend.backend() == "tensorflow":
    import tensorflow as tf

_STEPS_OF_ONE_SEED = 2**24  # the low bits of a random state count steps, the high bits replicas


class DistributedSteps:
    """What `Model` puts before `keras.Model` on TensorFlow. See `Model` for what it promises."""

    objective = None

    def __init__(self, *args, **kwargs):
        if args or {"inputs", "outputs"} & kwargs.keys():
            raise ValueError(
                "`training.Model` is for subclasses. Make a graph of layers with "
                "`keras.Model(inputs, outputs)` and call it in the subclass's `call`."
            )
        super().__init__(**kwargs)

    @property
    def labels_seen(self):
        """How many labels (real tokens, for a masked loss) training has seen, in all replicas."""
        return int(self._labels_seen.numpy()) if hasattr(self, "_labels_seen") else 0

    def loss_weight(self, x, y, sample_weight):
        """How much one replica's batch counts in the mean loss over all replicas.

        Args:
            x, y, sample_weight: One replica's batch; the last two may be `None`.

        Returns:
            Scalar, what the replica's mean loss was divided by.
        """
        return default_loss_weight(self.loss, x, y, sample_weight)

    # -- one step on the global batch, outside the replicas

    def train_step(self, data):
        """Updates the model by one global batch.

        Args:
            data: `x`, `(x, y)` or `(x, y, sample_weight)`, distributed over the replicas.
        """
        gradients, labels = self._run_on_replicas(self._replica_train_step, data)
        with _default_context():
            self.optimizer.apply(gradients, self.trainable_variables)
            self._labels_seen.assign_add(tf.cast(labels, self._labels_seen.dtype))

    def test_step(self, data):
        """Measures the model on one global batch.

        Args:
            data: As for `train_step`.
        """
        self._run_on_replicas(self._replica_test_step, data)

    def _run_on_replicas(self, step, data):
        """Runs `step` on every replica and returns what the first one returned."""
        strategy = self.distribute_strategy
        outputs = strategy.run(step, args=(data,))
        return tf.nest.map_structure(lambda v: strategy.experimental_local_results(v)[0], outputs)

    # -- what one replica does with its part of the batch

    def _replica_train_step(self, data):
        batch = keras.utils.unpack_x_y_sample_weight(data)
        share, labels = self._share_of_loss(*batch)
        gradients = self._compiled_train(*batch, share, labels)
        present = [gradient for gradient in gradients if gradient is not None]
        summed = iter(tf.distribute.get_replica_context().all_reduce("SUM", present))
        return [None if gradient is None else next(summed) for gradient in gradients], labels

    def _replica_test_step(self, data):
        batch = keras.utils.unpack_x_y_sample_weight(data)
        self._compiled_test(*batch, *self._share_of_loss(*batch))

    def _share_of_loss(self, x, y, sample_weight):
        """The factor of this replica's loss, and the number of labels in all replicas."""
        context = tf.distribute.get_replica_context()
        replicas = context.num_replicas_in_sync
        weight = tf.cast(self.loss_weight(x, y, sample_weight), tf.float32)
        total = context.all_reduce("SUM", weight)
        if replicas == 1 or is_summed(self.loss):
            return tf.ones(()), total
        # Keras' loss is a replica's mean divided by the number of replicas. That number cancels.
        return tf.where(total > 0, replicas * tf.math.divide_no_nan(weight, total), 1.0), total

    def _gradients(self, x, y, sample_weight, share, labels):
        with tf.GradientTape() as tape:
            y_pred, loss = self._forward(x, y, sample_weight, share, training=True)
            if not self.optimizer.built:  # before its scale of the loss is needed
                self.optimizer.build(self.trainable_variables)
            scaled_loss = self.optimizer.scale_loss(loss)
        gradients = tape.gradient(scaled_loss, self.trainable_variables)
        self._measure(x, y, y_pred, sample_weight, loss, labels)
        # An embedding's sparse gradient; optimizers, clipping and accumulation want it dense.
        return [
            None if gradient is None else tf.convert_to_tensor(gradient) for gradient in gradients
        ]

    def _evaluate(self, x, y, sample_weight, share, labels):
        y_pred, loss = self._forward(x, y, sample_weight, share, training=False)
        self._measure(x, y, y_pred, sample_weight, loss, labels)

    def _forward(self, x, y, sample_weight, share, training):
        """The predictions, and the loss whose sum over the replicas is the global loss."""

        def loss_of(y_pred):
            return self.compute_loss(x, y, y_pred, sample_weight, training=training)

        if training and self.objective is not None:
            y_pred, loss = self.objective(self, x, loss_of)
        else:
            takes_training = "training" in inspect.signature(self.call).parameters
            y_pred = self(x, training=training) if takes_training else self(x)
            loss = loss_of(y_pred)
        # A replica without a label must not spoil the others with the mean of nothing.
        return y_pred, tf.where(share > 0, loss * share, 0.0)

    def _measure(self, x, y, y_pred, sample_weight, loss, labels):
        replicas = tf.distribute.get_replica_context().num_replicas_in_sync
        tracker = next(metric for metric in self.metrics if metric.name == "loss")
        # The replicas' states are added up when they are read: labels * loss, and labels.
        tracker.update_state(loss * replicas, sample_weight=labels / replicas)
        self.compute_metrics(x, y, y_pred, sample_weight)

    # -- what Keras calls

    def make_train_function(self, force=False):
        self._separate_random_states()
        if self.train_function is not None and not force:
            return
        if not hasattr(self, "_labels_seen"):
            with self.distribute_strategy.scope():
                self._labels_seen = tf.Variable(0, dtype="int64", trainable=False)
        self._compiled_train = self._compiled(self._gradients)
        self.train_function = self._make_loop(self.train_step)

    def make_test_function(self, force=False):
        if self.test_function is not None and not force:
            return
        self._compiled_test = self._compiled(self._evaluate)
        self.test_function = self._make_loop(self.test_step)

    def _compiled(self, function):
        if not self.jit_compile or self.run_eagerly:
            return function
        return tf.function(function, jit_compile=True, reduce_retracing=True, autograph=False)

    def _make_loop(self, step):
        """A function that makes up to `steps_per_execution` steps and returns the metrics."""

        def one_step(data):
            # Keras' data adapters pass a missing part as an `Optional`.
            missing = tf.experimental.Optional
            step(keras.tree.map_structure(lambda v: None if isinstance(v, missing) else v, data))

        def steps(iterator):
            one_step(next(iterator))  # not a `tf.function`: TensorFlow cannot call one in `tf.cond`

            def another_step(_):
                data = iterator.get_next_as_optional()
                more = data.has_value()
                tf.cond(more, lambda: (one_step(data.get_value()), True)[1], lambda: False)
                return [more]

            if self.steps_per_execution > 1:
                tf.while_loop(
                    lambda more: more,
                    another_step,
                    [tf.constant(True)],
                    maximum_iterations=self.steps_per_execution - 1,
                )
            return self.get_metrics_result()

        def one_and_logs(data):  # `train_on_batch` and `test_on_batch`
            one_step(data)
            return self.get_metrics_result()

        if not self.run_eagerly:
            steps = tf.function(steps, reduce_retracing=True, autograph=False)
            one_and_logs = tf.function(one_and_logs, reduce_retracing=True, autograph=False)

        def function(iterator):
            if isinstance(iterator, (tf.data.Iterator, tf.distribute.DistributedIterator)):
                return steps(iterator)
            return one_and_logs(next(iterator))

        return function

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Makes all variables before a step is traced, for a step that makes some is traced twice.

        What the model computes is traced once for that, from shapes and types alone: no batch of
        the data is taken. Data of unknown rank, ragged or sparse tensors leave it to the step.
        """
        if iterator is not None:
            data_batch = _one_replica_of(iterator._distributed_dataset.element_spec)
            parts = [part for part in keras.tree.flatten(data_batch) if part is not None]
            if not all(
                isinstance(part, tf.TensorSpec) and part.shape.rank is not None for part in parts
            ):
                return
        with self.distribute_strategy.scope():
            self._symbolic_build(data_batch=data_batch)

    def _separate_random_states(self):
        """Gives each replica dropout of its own; mirrored random states start equal."""
        if self.distribute_strategy.num_replicas_in_sync == 1:
            return
        states = [v.value for v in self.variables if v.name == "seed_generator_state"]
        run = self.distribute_strategy.run

        def separate():
            replica = tf.distribute.get_replica_context().replica_id_in_sync_group
            first = tf.cast(replica * _STEPS_OF_ONE_SEED, states[0].dtype)
            for state in states:
                state.assign(tf.stack([state[0], first + state[1] % _STEPS_OF_ONE_SEED]))

        if states:
            tf.function(lambda: run(separate), autograph=False)()


def _one_replica_of(spec):
    """The shapes and types of what one replica gets; `None` is what the data do not have."""

    def of_one(part):
        if isinstance(part, tf.OptionalSpec):  # how Keras' data adapters pass what is missing
            return None
        return getattr(part, "_value_specs", [part])[0]

    return keras.tree.map_structure(of_one, spec)


def _default_context():
    """Leaves every strategy's scope, as where no strategy was ever entered.

    There an optimizer may be applied to mirrored variables with conditions inside (accumulation,
    loss scaling), and does not sum gradients again.
    """
    with tf.Graph().as_default():
        return tf.distribute.get_replica_context()
