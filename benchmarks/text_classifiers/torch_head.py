"""The last layers of the classifiers on PyTorch."""

import torch
from torch import nn

from benchmarks.text_classifiers.workload import PADDING_ID, Workload


class Classifier(nn.Module):
    """The mean of what an encoder makes of the real tokens, and a dense layer.

    Args:
        encode: a module that maps ids and the mask of real tokens to `[batch, length, d_model]`.
        workload: has the weights of the dense layer.
    """

    def __init__(self, encode: nn.Module, workload: Workload):
        super().__init__()
        self.encode = encode
        kernel, bias = map(torch.from_numpy, workload.head())
        self.head = nn.Linear(*kernel.shape)
        self.head.load_state_dict({"weight": kernel.T, "bias": bias})

    def forward(self, token_ids: torch.Tensor) -> torch.Tensor:
        real = token_ids != PADDING_ID
        x = self.encode(token_ids, real)
        weights = real.to(x.dtype)[:, :, None]
        return self.head((x * weights).sum(1) / weights.sum(1))
