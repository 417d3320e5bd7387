"""What the classifiers on PyTorch share: the last layers, timed training and predictions.

Options: `threads`; `compile`, whether by `torch.compile`, in predictions with the weights compiled
in.
"""

import numpy as np
import torch
from torch import nn
from torch._inductor import config as inductor

from benchmarks.classifiers.workload import (
    LEARNING_RATE,
    PADDING_ID,
    STEPS,
    Case,
    Workload,
    proof,
)
from benchmarks.measuring import Work


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


def work_of(model: Classifier, case: Case, workload: Workload, options: dict) -> Work:
    torch.compiler.reset()  # what was compiled for the case before must not serve this one
    parameters = sum(weight.numel() for weight in model.parameters())
    work = _fit_work if case.trains else _predict_work
    return work(model, case, workload, options["compile"], parameters)


def _fit_work(model, case, workload, compiled, parameters) -> Work:
    model.train()
    token_ids, labels = (torch.from_numpy(array).long() for array in workload.batch(case))
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=True)

    def loss_of(token_ids, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=case.dtype == "bfloat16"):
            logits = model(token_ids)
        return nn.functional.cross_entropy(logits.float(), labels)

    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False)

    def fit(steps: int) -> float:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(token_ids, labels)
            loss.backward()
            optimizer.step()
        return loss.item()

    return Work(lambda: proof([fit(1)], parameters), lambda: fit(STEPS), STEPS * case.batch)


def _predict_work(model, case, workload, compiled, parameters) -> Work:
    model.eval()
    if case.dtype == "bfloat16":
        model.to(torch.bfloat16)
    if compiled:
        inductor.freezing = True  # the weights are compiled in, in the best order for products
        model = torch.compile(model, dynamic=False)
    ids, _ = workload.batch(case)

    @torch.inference_mode()
    def predict() -> np.ndarray:
        return model(torch.from_numpy(ids)).float().numpy()

    return Work(lambda: proof(predict().ravel(), parameters), predict, case.batch)
