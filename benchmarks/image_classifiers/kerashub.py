"""KerasHub's `ViTBackbone`, with the weights of ours. Option: `jit_compile`."""

import keras
import keras_hub

from benchmarks.classification import tensorflow_model
from benchmarks.image_classifiers import ours
from benchmarks.image_classifiers.workload import CHANNELS, EPSILON, Case, Workload
from benchmarks.measuring import Work


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    tensorflow_model.set_policy(case)
    keras.utils.set_random_seed(workload.seed)
    return tensorflow_model.stock_work(build(case, workload), case, workload, options)


def build(case: Case, workload: Workload) -> keras.Model:
    sizes, source = workload.sizes, ours.build(case, workload).encoder.encoder
    backbone = keras_hub.models.ViTBackbone(
        image_shape=(case.image_size, case.image_size, CHANNELS),
        patch_size=case.patch_size,
        num_layers=sizes.num_layers,
        num_heads=sizes.num_heads,
        hidden_dim=sizes.d_model,
        mlp_dim=sizes.dff,
        layer_norm_epsilon=EPSILON,
    )
    head = keras.layers.Dense(sizes.num_classes)
    model = keras.Model(backbone.input, head(backbone.output[:, 0]))
    embedding = backbone.get_layer("vit_patching_and_embedding")
    embedding.patch_embedding.set_weights(workload.projection(case))
    embedding.position_embedding.set_weights([workload.positions_of_all(case)])
    embedding.class_token.assign(workload.class_token()[None, None])
    encoder = backbone.get_layer("vit_encoder")
    for block, layer in zip(encoder.encoder_layers, source.layers, strict=True):
        for theirs, counterpart in (
            (block.layer_norm_1, layer.self_attention_residual.layer_normalization),
            (block.mha, layer.self_attention),
            (block.layer_norm_2, layer.feed_forward_residual.layer_normalization),
            (block.mlp.dense_1, layer.feed_forward.intermediate_dense),
            (block.mlp.dense_2, layer.feed_forward.output_dense),
        ):
            theirs.set_weights(counterpart.get_weights())
    encoder.layer_norm.set_weights(source.final_normalization.get_weights())
    head.set_weights(workload.head())
    return model
