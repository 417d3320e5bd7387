"""The project's `Encoder`, the shared weights loaded into it. Option: `jit_compile`."""

from benchmarks.encoders import tensorflow_step
from benchmarks.encoders.workload import EPSILON, Case, Workload
from benchmarks.measuring import Work
from keras_attention.interop import load_torch_weights
from keras_attention.layers import Encoder


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_step.set_policy(case)
    return tensorflow_step.step_work(build(workload), case, workload, options)


def build(workload: Workload) -> Encoder:
    sizes = workload.sizes
    encoder = Encoder(
        sizes.num_layers,
        sizes.d_model,
        sizes.num_heads,
        sizes.dff,
        dropout=0.0,
        normalization="pre",
        epsilon=EPSILON,
    )
    encoder.build((None, None, sizes.d_model))
    for index, layer in enumerate(encoder.layers):
        load_torch_weights(layer, workload.layer_weights(index))
    weights = workload.weights()
    encoder.final_normalization.set_weights([weights["norm.weight"], weights["norm.bias"]])
    return encoder
