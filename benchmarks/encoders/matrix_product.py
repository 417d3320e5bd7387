"""No encoder but the peak: one large matrix product, as a TensorFlow graph in the case's dtype.

Its tokens are those that an encoder would process in this time, were it as fast at its products.
"""

import tensorflow as tf

from benchmarks.encoders.workload import Case, Workload
from benchmarks.measuring import Work

ROWS, INNER, COLUMNS = 4096, 1024, 256


def prepare(case: Case, workload: Workload, options: dict) -> Work:  # noqa: ARG001 - as encoders
    random = tf.random.Generator.from_seed(workload.seed)
    left, right = (
        tf.cast(random.normal(shape), case.dtype) for shape in ((ROWS, INNER), (INNER, COLUMNS))
    )
    multiply = tf.function(tf.matmul)
    share_of_step = 2 * ROWS * INNER * COLUMNS / case.operations(workload.sizes)

    def work() -> None:
        multiply(left, right)

    return Work(work, work, case.tokens * share_of_step)
