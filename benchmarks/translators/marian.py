"""Marian of Hugging Face transformers on PyTorch, the shared weights loaded into it.

Options: `threads`; `compile`, whether training goes through `torch.compile`.
"""

import numpy as np
import torch
from transformers import GenerationConfig, MarianConfig, MarianMTModel
from transformers.utils import logging

from benchmarks.measuring import Work
from benchmarks.translators.workload import (
    END_ID,
    LABEL_SMOOTHING,
    LEARNING_RATE,
    PADDING_ID,
    START_ID,
    STEPS,
    Case,
    Workload,
)

logging.set_verbosity_error()


def prepare(case: Case, workload: Workload, options: dict) -> Work:
    torch.set_num_threads(options["threads"])
    torch.manual_seed(workload.seed)
    model = _load(workload)
    if case.task == "train":
        return _train(model, case, workload, options)
    return _decode(model, case, workload)


def _load(workload: Workload) -> MarianMTModel:
    sizes = workload.sizes
    config = MarianConfig(
        vocab_size=sizes.vocabulary_size,
        max_position_embeddings=len(workload.positions()),
        encoder_layers=sizes.num_layers,
        decoder_layers=sizes.num_layers,
        encoder_attention_heads=sizes.num_heads,
        decoder_attention_heads=sizes.num_heads,
        encoder_ffn_dim=sizes.dff,
        decoder_ffn_dim=sizes.dff,
        d_model=sizes.d_model,
        activation_function="relu",
        dropout=sizes.dropout,
        attention_dropout=sizes.attention_dropout,
        scale_embedding=True,
        pad_token_id=PADDING_ID,
        eos_token_id=END_ID,
        forced_eos_token_id=None,
        decoder_start_token_id=START_ID,
    )
    model = MarianMTModel(config)
    weights = {name: torch.from_numpy(value) for name, value in workload.weights().items()}
    missing, unexpected = model.load_state_dict(weights, strict=False)
    # The positions are computed, the other embeddings are the shared one.
    missing = [name for name in missing if "embed_" not in name and name != "lm_head.weight"]
    if missing or unexpected:
        raise ValueError(f"Marian has other weights. Missing: {missing}, unknown: {unexpected}.")
    return model


def _train(model: MarianMTModel, case: Case, workload: Workload, options: dict) -> Work:
    sources, targets, labels = (torch.from_numpy(ids).long() for ids in workload.training_batch())
    mask = (sources != PADDING_ID).long()
    model.train()
    optimizer = torch.optim.Adam(model.parameters(), LEARNING_RATE, fused=True)

    def loss_of(sources, mask, targets, labels):
        with torch.autocast("cpu", torch.bfloat16, enabled=case.dtype == "bfloat16"):
            logits = model(
                input_ids=sources,
                attention_mask=mask,
                decoder_input_ids=targets,
                use_cache=False,
            ).logits
        return torch.nn.functional.cross_entropy(
            logits.flatten(0, 1).float(),
            labels.flatten(),
            ignore_index=PADDING_ID,
            label_smoothing=LABEL_SMOOTHING,
        )

    if options["compile"]:
        loss_of = torch.compile(loss_of)

    def fit(steps: int) -> float:
        for _ in range(steps):
            optimizer.zero_grad()
            loss = loss_of(sources, mask, targets, labels)
            loss.backward()
            optimizer.step()
        return loss.item()

    return Work(lambda: fit(1), lambda: fit(STEPS), STEPS * workload.training_tokens)


def _decode(model: MarianMTModel, case: Case, workload: Workload) -> Work:
    sources = torch.from_numpy(workload.sources(case.batch)).long()
    mask = (sources != PADDING_ID).long()
    model.eval()
    if case.dtype == "bfloat16":
        model.to(torch.bfloat16)
    config = GenerationConfig(
        num_beams=case.beams,
        max_new_tokens=workload.sizes.new_tokens,
        pad_token_id=PADDING_ID,
        eos_token_id=END_ID,
        decoder_start_token_id=START_ID,
    )

    @torch.inference_mode()
    def translate() -> np.ndarray:
        ids = model.generate(sources, attention_mask=mask, generation_config=config)
        return ids[:, 1:].numpy()

    return Work(translate, translate, workload.decoded_tokens(case))
