"""The project's `VisionTransformer`, the shared weights loaded into it. Option: `jit_compile`."""

import keras

from benchmarks.classification import tensorflow_model
from benchmarks.classification.work import LEARNING_RATE
from benchmarks.image_classifiers.workload import CHANNELS, EPSILON, Case, Workload
from benchmarks.measuring import Work
from keras_attention.interop import load_torch_weights
from keras_attention.layers import FirstTokenPooling, ImageEncoder, Patches, SequenceHead
from keras_attention.models import VisionTransformer
from keras_attention.training import Adam, MaskedCrossEntropy


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_model.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    model = build(case, workload)
    if not case.trains:
        return tensorflow_model.predict_work(model, case, workload, options)
    model.compile(
        optimizer=Adam(LEARNING_RATE),
        loss=MaskedCrossEntropy(padding_id=None),
        jit_compile=options["jit_compile"],
    )
    return tensorflow_model.fit_work(model, case, workload)


def build(case: Case, workload: Workload) -> VisionTransformer:
    sizes = workload.sizes
    encoder = ImageEncoder(
        Patches(sizes.d_model, case.patch_size),
        (case.image_size, case.image_size, CHANNELS),
        sizes.num_layers,
        sizes.num_heads,
        sizes.dff,
        normalization="pre",
        epsilon=EPSILON,
    )
    model = VisionTransformer(encoder, SequenceHead(sizes.num_classes, FirstTokenPooling()))
    embedding = encoder.patch_embedding
    embedding.tokenizer.projection.set_weights(workload.projection(case))
    embedding.position_scheme.set_weights([workload.positions(case)])
    embedding.prefix.assign(workload.class_token()[None, None])
    weights = workload.encoder()
    for index, layer in enumerate(encoder.encoder.layers):
        load_torch_weights(layer, weights.layer_weights(index))
    last = weights.weights()
    encoder.encoder.final_normalization.set_weights([last["norm.weight"], last["norm.bias"]])
    model.head.output_dense.set_weights(workload.head())
    return model
