"""PyTorch's `nn.TransformerEncoder`, the shared weights loaded into it; bfloat16 is autocast in
training.

Options: `threads`; `compile`, whether by `torch.compile`; `fast_path`, whether predictions may run
a layer as one fused kernel, on the real tokens alone.
"""

import warnings

import torch
from torch import nn

from benchmarks.classification.torch_model import work_of
from benchmarks.measuring import Work
from benchmarks.text_classifiers.torch_head import Classifier
from benchmarks.text_classifiers.workload import EPSILON, Case, Workload

warnings.filterwarnings("ignore", "The PyTorch API of nested tensors", UserWarning)


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    torch.set_num_threads(options["threads"])
    torch.manual_seed(workload.seed)
    torch.backends.mha.set_fastpath_enabled(options["fast_path"])
    model = Classifier(Encoder(workload), workload)
    return work_of(model, case, workload, options)


class Encoder(nn.Module):
    """Embeddings and layers."""

    def __init__(self, workload: Workload):
        super().__init__()
        sizes = workload.sizes
        tokens, positions = map(torch.from_numpy, workload.embeddings())
        self.tokens = nn.Embedding.from_pretrained(tokens, freeze=False)
        self.positions = nn.Parameter(positions)
        self.dropout = nn.Dropout(sizes.dropout)
        layer = nn.TransformerEncoderLayer(
            sizes.d_model,
            sizes.num_heads,
            sizes.dff,
            sizes.dropout,
            layer_norm_eps=EPSILON,
            batch_first=True,
        )
        layer.self_attn.dropout = sizes.attention_dropout
        layer.dropout.p = 0.0  # of the inner activations: nobody else drops them
        self.encoder = nn.TransformerEncoder(layer, sizes.num_layers)
        for layer, weights in zip(self.encoder.layers, workload.layers(), strict=True):
            layer.load_state_dict({name: torch.from_numpy(x) for name, x in weights.items()})

    def forward(self, token_ids: torch.Tensor, real: torch.Tensor) -> torch.Tensor:
        x = self.tokens(token_ids) + self.positions[: token_ids.shape[1]]
        return self.encoder(self.dropout(x), src_key_padding_mask=~real)
