"""PyTorch's `nn.TransformerEncoder`, the shared weights loaded into it; bfloat16 is autocast.

Options: `threads`; `compile`, whether by `torch.compile`; `fast_path`, whether a layer may run as
one fused kernel, which it can in float32 without gradients.
"""

import torch
from torch import nn

from benchmarks.encoders.workload import EPSILON, Case, Workload, proof
from benchmarks.measuring import Work


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    torch.set_num_threads(options["threads"])
    torch.backends.mha.set_fastpath_enabled(options["fast_path"])
    encoder = build(workload).train(case.backward)
    parameters = list(encoder.parameters())
    x, upstream = (torch.from_numpy(array) for array in workload.arrays(case))
    if options["compile"]:
        encoder = torch.compile(encoder)

    def encode(x):
        with torch.autocast("cpu", torch.bfloat16, enabled=case.dtype == "bfloat16"):
            return encoder(x)

    def step():
        if not case.backward:
            with torch.no_grad():
                return encode(x), []
        inputs = x.detach().requires_grad_()
        output = encode(inputs)
        wanted = [inputs, *parameters]
        return output, torch.autograd.grad(output, wanted, upstream.to(output.dtype))

    def first() -> dict[str, list[float]]:
        output, gradients = step()
        return proof(_array(output), map(_array, gradients))

    return Work(first, step, case.units)


def build(workload: Workload) -> nn.TransformerEncoder:
    sizes = workload.sizes
    layer = nn.TransformerEncoderLayer(
        sizes.d_model,
        sizes.num_heads,
        sizes.dff,
        dropout=0.0,
        layer_norm_eps=EPSILON,
        batch_first=True,
        norm_first=True,
    )
    last = nn.LayerNorm(sizes.d_model, eps=EPSILON)
    encoder = nn.TransformerEncoder(layer, sizes.num_layers, last, enable_nested_tensor=False)
    weights = {name: torch.from_numpy(array) for name, array in workload.weights().items()}
    encoder.load_state_dict(weights)
    return encoder


def _array(tensor):
    return tensor.detach().float().numpy()
