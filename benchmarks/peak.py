"""No contestant but the peak: one large matrix product, as a TensorFlow graph in the case's dtype.

Its speed is that which a contestant would have, were it as fast at all of its products, and were
they all that takes time.
"""

import tensorflow as tf

from benchmarks.measuring import Work

ROWS, INNER, COLUMNS = 4096, 1024, 256


def prepare(case, workload, options) -> Work:  # noqa: ARG001 - as contestants
    random = tf.random.Generator.from_seed(workload.seed)
    left, right = (
        tf.cast(random.normal(shape), case.dtype) for shape in ((ROWS, INNER), (INNER, COLUMNS))
    )
    multiply = tf.function(tf.matmul)
    share_of_step = 2 * ROWS * INNER * COLUMNS / case.operations(workload.sizes)

    def work() -> None:
        multiply(left, right)

    return Work(work, work, case.units * share_of_step)
