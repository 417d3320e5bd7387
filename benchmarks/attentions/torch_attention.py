"""PyTorch's fused attention. Option: `threads`."""

import torch
from torch.nn.functional import scaled_dot_product_attention

from benchmarks.attentions.workload import SHORT_LENGTH


def prepare(case, arrays, options):
    torch.set_num_threads(options["threads"])
    long = [torch.from_numpy(x).to(getattr(torch, case.dtype)) for x in arrays]
    short = [x[:, :, :SHORT_LENGTH].contiguous() for x in long]

    def work(query, key, value, upstream):
        if case.direction == "forward":
            with torch.no_grad():
                return [scaled_dot_product_attention(query, key, value)]
        inputs = [x.detach().requires_grad_() for x in (query, key, value)]
        return torch.autograd.grad(scaled_dot_product_attention(*inputs), inputs, upstream)

    def probe(results):
        return [float(x) for x in results[0][0, :, -1, 0]]

    return lambda: work(*long), lambda: work(*short), probe
