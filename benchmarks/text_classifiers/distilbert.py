"""DistilBERT of Hugging Face transformers on PyTorch, the shared weights loaded into it.

As all others it has no normalization behind the embeddings, and a mean and one dense layer behind
the encoder. Options: `threads`; `compile`, whether by `torch.compile`.
"""

import numpy as np
import torch
from torch import nn
from transformers import DistilBertConfig, DistilBertModel
from transformers.utils import logging

from benchmarks.classification.torch_model import work_of
from benchmarks.measuring import Work
from benchmarks.text_classifiers.torch_head import Classifier
from benchmarks.text_classifiers.workload import EPSILON, PADDING_ID, Case, Workload

logging.set_verbosity_error()

_NAMES = {
    "self_attn.out_proj": "attention.out_lin",
    "linear1": "ffn.lin1",
    "linear2": "ffn.lin2",
    "norm1": "sa_layer_norm",
    "norm2": "output_layer_norm",
}


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    torch.set_num_threads(options["threads"])
    torch.manual_seed(workload.seed)
    model = Classifier(Encoder(workload), workload)
    return work_of(model, case, workload, options)


class Encoder(nn.Module):
    """DistilBERT's own module, called with ids and the mask of real tokens."""

    def __init__(self, workload: Workload):
        super().__init__()
        sizes = workload.sizes
        self.model = DistilBertModel(
            DistilBertConfig(
                vocab_size=sizes.vocabulary_size,
                max_position_embeddings=sizes.max_length,
                n_layers=sizes.num_layers,
                n_heads=sizes.num_heads,
                dim=sizes.d_model,
                hidden_dim=sizes.dff,
                dropout=sizes.dropout,
                attention_dropout=sizes.attention_dropout,
                activation="relu",
                pad_token_id=PADDING_ID,
            )
        )
        self.model.embeddings.LayerNorm = nn.Identity()
        for module in self.model.modules():
            if isinstance(module, nn.LayerNorm):
                module.eps = EPSILON
        weights = _weights(workload)
        self.model.load_state_dict({name: torch.from_numpy(x) for name, x in weights.items()})

    def forward(self, token_ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        return self.model(input_ids=token_ids, attention_mask=real).last_hidden_state


def _weights(workload: Workload) -> dict[str, np.ndarray]:
    """The shared weights by the names of DistilBERT."""
    tokens, positions = workload.embeddings()
    found = {
        "embeddings.word_embeddings.weight": tokens,
        "embeddings.position_embeddings.weight": positions,
    }
    for index, weights in enumerate(workload.layers()):
        layer = f"transformer.layer.{index}"
        for part in ("weight", "bias"):
            thirds = np.split(weights[f"self_attn.in_proj_{part}"], 3)
            for letter, third in zip("qkv", thirds, strict=True):
                found[f"{layer}.attention.{letter}_lin.{part}"] = third
            for name, theirs in _NAMES.items():
                found[f"{layer}.{theirs}.{part}"] = weights[f"{name}.{part}"]
    return found
