"""`ViTModel` of Hugging Face transformers on PyTorch, the shared weights loaded into it.

Options: `threads`; `compile`, whether by `torch.compile`.
"""

import numpy as np
import torch
from torch import nn
from transformers import ViTConfig, ViTModel
from transformers.utils import logging

from benchmarks.classification.torch_model import work_of
from benchmarks.image_classifiers.workload import CHANNELS, EPSILON, Case, Workload
from benchmarks.measuring import Work

logging.set_verbosity_error()

_NAMES = {
    "self_attn.out_proj": "attention.o_proj",
    "linear1": "mlp.fc1",
    "linear2": "mlp.fc2",
    "norm1": "layernorm_before",
    "norm2": "layernorm_after",
}


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    torch.set_num_threads(options["threads"])
    torch.manual_seed(workload.seed)
    return work_of(Classifier(case, workload), case, workload, options)


class Classifier(nn.Module):
    """Hugging Face's own module, called with pictures whose channels come last, and a dense layer
    for the class token."""

    def __init__(self, case: Case, workload: Workload):
        super().__init__()
        sizes = workload.sizes
        config = ViTConfig(
            hidden_size=sizes.d_model,
            num_hidden_layers=sizes.num_layers,
            num_attention_heads=sizes.num_heads,
            intermediate_size=sizes.dff,
            hidden_act="gelu",
            hidden_dropout_prob=0.0,
            attention_probs_dropout_prob=0.0,
            layer_norm_eps=EPSILON,
            image_size=case.image_size,
            patch_size=case.patch_size,
            num_channels=CHANNELS,
        )
        self.encode = ViTModel(config, add_pooling_layer=False)
        weights = _weights(case, workload)
        self.encode.load_state_dict({name: torch.from_numpy(x) for name, x in weights.items()})
        kernel, bias = map(torch.from_numpy, workload.head())
        self.head = nn.Linear(*kernel.shape)
        self.head.load_state_dict({"weight": kernel.T, "bias": bias})

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        x = self.encode(images.permute(0, 3, 1, 2)).last_hidden_state
        return self.head(x[:, 0])


def _weights(case: Case, workload: Workload) -> dict[str, np.ndarray]:
    """The shared weights by the names of `ViTModel`."""
    kernel, bias = workload.projection(case)
    source = workload.encoder()
    last = source.weights()
    found = {
        "embeddings.cls_token": workload.class_token()[None, None],
        "embeddings.position_embeddings": workload.positions_of_all(case)[None],
        "embeddings.patch_embeddings.projection.weight": kernel.transpose(3, 2, 0, 1),
        "embeddings.patch_embeddings.projection.bias": bias,
        "layernorm.weight": last["norm.weight"],
        "layernorm.bias": last["norm.bias"],
    }
    for index in range(workload.sizes.num_layers):
        weights, layer = source.layer_weights(index), f"layers.{index}"
        for part in ("weight", "bias"):
            thirds = np.split(weights[f"self_attn.in_proj_{part}"], 3)
            for letter, third in zip("qkv", thirds, strict=True):
                found[f"{layer}.attention.{letter}_proj.{part}"] = third
            for name, theirs in _NAMES.items():
                found[f"{layer}.{theirs}.{part}"] = weights[f"{name}.{part}"]
    return found
