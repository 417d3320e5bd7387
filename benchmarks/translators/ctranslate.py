"""CTranslate2: the fastest translator on a CPU. It only decodes, and in float32 or int8 only.

Options: `threads` of OpenMP per translation, `parallel` translations (a batch is split over them).
"""

import tempfile

import ctranslate2
import numpy as np
from ctranslate2.specs import TransformerSpec
from ctranslate2.specs.common_spec import Activation

from benchmarks.measuring import Work
from benchmarks.translators.workload import Case, Workload

SPECIAL_TOKENS = ("<blank>", "<unk>", "<s>", "</s>")


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    with tempfile.TemporaryDirectory() as folder:
        _convert(workload).save(folder)
        translator = ctranslate2.Translator(
            folder,
            compute_type=case.dtype,
            intra_threads=options["threads"],
            inter_threads=options["parallel"],
        )
    sources = [[_token(index) for index in ids] for ids in workload.sources(case.batch)]
    length = workload.sizes.new_tokens

    def translate() -> np.ndarray:
        results = translator.translate_batch(
            sources,
            beam_size=case.beams,
            max_decoding_length=length,
            max_batch_size=-(-case.batch // options["parallel"]),
        )
        return np.array([[_index(token) for token in one.hypotheses[0]] for one in results])

    return Work(translate, translate, workload.decoded_tokens(case))


def _convert(workload: Workload) -> TransformerSpec:
    """The shared weights in CTranslate2's own structure."""
    sizes, weights = workload.sizes, workload.weights()
    spec = TransformerSpec.from_config(
        (sizes.num_layers, sizes.num_layers),
        sizes.num_heads,
        pre_norm=False,
        activation=Activation.RELU,
    )

    def dense(target, *names):
        """Several matrices of one input become one."""
        target.weight = np.concatenate([weights[f"{name}.weight"] for name in names])
        target.bias = np.concatenate([weights[f"{name}.bias"] for name in names])

    def normalization(target, name):
        target.gamma, target.beta = weights[f"{name}.weight"], weights[f"{name}.bias"]

    def attention(target, name, groups):
        for linear, group in zip(target.linear, groups, strict=True):
            dense(linear, *(f"{name}.{projection}_proj" for projection in group))
        normalization(target.layer_norm, f"{name}_layer_norm")

    for name, stack in (("encoder", spec.encoder), ("decoder", spec.decoder)):
        stack.scale_embeddings = float(sizes.d_model**0.5)
        stack.position_encodings.encodings = workload.positions()
        for index, layer in enumerate(stack.layer):
            path = f"model.{name}.layers.{index}"
            attention(layer.self_attention, f"{path}.self_attn", ("qkv", ("out",)))
            if name == "decoder":
                attention(layer.attention, f"{path}.encoder_attn", ("q", "kv", ("out",)))
            dense(layer.ffn.linear_0, f"{path}.fc1")
            dense(layer.ffn.linear_1, f"{path}.fc2")
            normalization(layer.ffn.layer_norm, f"{path}.final_layer_norm")
    spec.encoder.embeddings[0].weight = weights["model.shared.weight"]
    spec.decoder.embeddings.weight = weights["model.shared.weight"]
    spec.decoder.projection.weight = weights["model.shared.weight"]
    vocabulary = [_token(index) for index in range(sizes.vocabulary_size)]
    spec.register_source_vocabulary(vocabulary)
    spec.register_target_vocabulary(vocabulary)
    spec.validate()
    spec.optimize()
    return spec


def _token(index: int) -> str:
    return SPECIAL_TOKENS[index] if index < len(SPECIAL_TOKENS) else f"t{index}"


def _index(token: str) -> int:
    return SPECIAL_TOKENS.index(token) if token in SPECIAL_TOKENS else int(token[1:])
