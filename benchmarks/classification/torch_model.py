"""What the classifiers on PyTorch share: timed training and predictions.

Options: `threads`; `compile`, whether by `torch.compile`, in predictions with the weights compiled
in.
"""

from typing import Any

import numpy as np
import torch
from torch import nn
from torch._inductor import config as inductor

from benchmarks.classification.work import LEARNING_RATE, STEPS, Case, proof
from benchmarks.measuring import Work


def work_of(model: nn.Module, case: Case, workload: Any, options: dict) -> Work:
    torch.compiler.reset()  # what was compiled for the case before must not serve this one
    parameters = sum(weight.numel() for weight in model.parameters())
    work = _fit_work if case.trains else _predict_work
    return work(model, case, workload, options["compile"], parameters)


def _fit_work(model, case, workload, compiled, parameters) -> Work:
    model.train()
    inputs, labels = workload.batch(case)
    inputs, labels = _tensor_of(inputs), torch.from_numpy(labels).long()
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=True)

    def loss_of(inputs, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=case.dtype == "bfloat16"):
            logits = model(inputs)
        return nn.functional.cross_entropy(logits.float(), labels)

    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False)

    def fit(steps: int) -> float:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(inputs, labels)
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
    inputs, _ = workload.batch(case)

    @torch.inference_mode()
    def predict() -> np.ndarray:
        return model(_tensor_of(inputs)).float().numpy()

    return Work(lambda: proof(predict().ravel(), parameters), predict, case.batch)


def _tensor_of(inputs: np.ndarray | dict[str, np.ndarray]) -> torch.Tensor:
    """The only input."""
    (array,) = inputs.values() if isinstance(inputs, dict) else (inputs,)
    return torch.from_numpy(array)
