"""`Wav2Vec2ConformerForCTC` of Hugging Face transformers on PyTorch.

It reads waveforms, too: its convolutions, as wide as the model, make as many frames as our features
and convolutions do.

Options: `threads`; `compile`, whether by `torch.compile`.
"""

import numpy as np
import torch
from transformers import Wav2Vec2ConformerConfig, Wav2Vec2ConformerForCTC
from transformers.utils import logging

from benchmarks.measuring import Work
from benchmarks.speech_recognizers import proof
from benchmarks.speech_recognizers.workload import LEARNING_RATE, STEPS, Case, Sizes, Workload

logging.set_verbosity_error()

_STRIDES = (5, 4, 4, 4, 2)  # 640 samples from frame to frame
_KERNELS = (10, 8, 8, 8, 4)


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    torch.set_num_threads(options["threads"])
    torch.manual_seed(workload.seed)
    torch.compiler.reset()  # what was compiled for the case before must not serve this one
    model = build(workload.sizes)
    audio = torch.from_numpy(workload.waveforms(case))
    work = _train_work if case.trains else _decode_work
    return work(model, audio, case, workload, options["compile"])


def build(sizes: Sizes) -> Wav2Vec2ConformerForCTC:
    nothing = dict.fromkeys(
        (
            "activation_dropout",
            "attention_dropout",
            "conformer_conv_dropout",
            "feat_proj_dropout",
            "final_dropout",
            "hidden_dropout",
            "layerdrop",
        ),
        0.0,
    )
    config = Wav2Vec2ConformerConfig(
        vocab_size=sizes.vocabulary_size,
        hidden_size=sizes.d_model,
        num_hidden_layers=sizes.num_layers,
        num_attention_heads=sizes.num_heads,
        intermediate_size=sizes.dff,
        hidden_act="swish",
        conv_depthwise_kernel_size=sizes.kernel_size,
        conv_dim=(sizes.d_model,) * len(_STRIDES),
        conv_stride=_STRIDES,
        conv_kernel=_KERNELS,
        position_embeddings_type="relative",
        apply_spec_augment=False,
        ctc_loss_reduction="mean",
        pad_token_id=0,
        **nothing,
    )
    return Wav2Vec2ConformerForCTC(config)


def _train_work(model, audio, case: Case, workload: Workload, compiled: bool) -> Work:
    model.train()
    labels = torch.from_numpy(workload.labels(case)).long()
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=True)

    def loss_of(audio, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=case.dtype == "bfloat16"):
            return model(audio, labels=labels).loss

    if compiled:
        loss_of = torch.compile(loss_of, dynamic=False)

    def fit(steps: int) -> None:
        for _ in range(steps):
            optimizer.zero_grad()
            loss_of(audio, labels).backward()
            optimizer.step()

    def first() -> dict:
        fit(1)
        return proof.of_weights(_count(model))

    return Work(first, lambda: fit(STEPS), STEPS * case.units)


def _decode_work(model, audio, case: Case, workload: Workload, compiled: bool) -> Work:  # noqa: ARG001
    model.eval()
    logits_of = torch.compile(model, dynamic=False) if compiled else model

    @torch.inference_mode()
    def decode() -> np.ndarray:
        return logits_of(audio).logits.argmax(dim=-1).numpy()

    def first() -> dict:
        decode()
        return proof.of_weights(_count(model))

    return Work(first, decode, case.units)


def _count(model) -> int:
    return sum(weight.numel() for weight in model.parameters())
