"""Before it learns to classify, an encoder may learn the language, by filling in hidden words."""

import logging
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import keras
import numpy as np
import tensorflow as tf

from keras_attention.layers.text_encoder import TextEncoder
from keras_attention.models.masked_language_model import MaskedLanguageModel
from keras_attention.training.checkpoint_file import Checkpoint, read_checkpoint, write_checkpoint
from keras_attention.training.losses import MaskedCrossEntropy
from keras_attention.training.metrics import MaskedAccuracy, Perplexity
from keras_attention.training.weight_files import load_weights, named_weights, to_array
from tasks.common.by_length import plan_epoch
from tasks.common.ragged import Ragged
from tasks.common.run_folder import RunFolder
from tasks.common.scores import Score
from tasks.common.special_ids import END_ID, START_ID
from tasks.common.training import (
    OptimizationConfig,
    make_callbacks,
    make_checkpoints,
    make_optimizer,
)
from tasks.common.untuned import untuned
from tasks.text_classification.masking import Masker, Masking
from tasks.text_classification.text import ClassifierText

logger = logging.getLogger(__name__)
_PORTION = 2048  # texts that are cut into words at once
_VALIDATION = 20  # one of so many texts measures how well the language is learned


@dataclass(frozen=True)
class PretrainingConfig(OptimizationConfig):
    """Filling in hidden words before classification is learned; none by default."""

    epochs: int = 0
    """Passes over the text; 0 is no pre-training."""
    text: Path | None = None
    """More text without labels, one text per line, beside that of the training split."""
    hide: Masking = "words"
    """What is hidden together: single tokens, whole words, or spans of words."""
    hidden_share: float = 0.15
    """Share of the tokens, words or spans that are hidden."""
    batch_size: int = 32
    """Number of texts of a batch; longer ones are cut into several."""
    schedule: Literal["inverse_square_root", "cosine", "linear"] = "cosine"
    """How the learning rate falls after the warm-up."""
    label_smoothing: float = 0.0
    """Share of each token's probability that is spread over the vocabulary."""


def pretrain(
    encoder: TextEncoder,
    text: ClassifierText,
    texts: Sequence[str],
    config: PretrainingConfig,
    folder: RunFolder,
    seed: int,
    writes: bool,
) -> list[Score]:
    """Teach an encoder the language of `texts`; resume if that has been begun.

    Args:
        encoder: what learns; its weights are changed.
        text: how texts are read.
        texts: what to learn from. Nothing of the test split may be among it.
        config: all settings.
        folder: of the run; checkpoints and logs go to its folder `pretraining`.
        seed: of the order of batches.
        writes: whether this process writes; of several workers one does.

    Returns:
        How well hidden tokens are filled in where the text was held out.
    """
    inner = RunFolder(folder.path / "pretraining")
    chunks = cut(texts, text)
    validation = chunks.take(np.arange(0, len(chunks.lengths), _VALIDATION))
    training = chunks.take(np.flatnonzero(np.arange(len(chunks.lengths)) % _VALIDATION))
    model = MaskedLanguageModel(encoder, dtype=encoder.dtype_policy, name="masked_language_model")
    masker = Masker(text, config.hide, config.hidden_share)
    checkpoints = make_checkpoints(config, inner)
    first_epoch = checkpoints.epochs_done()
    batches = make_dataset(training, masker, config.batch_size, (seed, first_epoch))
    model.compile(
        optimizer=make_optimizer(config, steps_per_epoch=int(batches.cardinality())),
        loss=MaskedCrossEntropy(config.label_smoothing),
        metrics=[MaskedAccuracy(), Perplexity()],
    )
    checkpoints.restore(model)
    logger.info(
        "Pre-training on %d pieces of text of %d tokens, %d epochs done.",
        len(training.lengths),
        training.lengths.sum(),
        first_epoch,
    )
    held_out = make_dataset(validation, masker, config.batch_size, None)
    model.fit(
        batches,
        validation_data=held_out,
        initial_epoch=first_epoch,
        epochs=config.epochs,
        callbacks=make_callbacks(config, inner, keras.callbacks.Callback(), checkpoints, writes),
        shuffle=False,
        verbose=1 if sys.stdout.isatty() else 2,
    )
    if writes:
        write_checkpoint(folder.weights("encoder"), encoder_checkpoint(encoder))
    reached = model.evaluate(held_out, verbose=0, return_dict=True)
    return [
        Score("accuracy of hidden tokens", 100 * reached["accuracy"]),
        Score("perplexity of hidden tokens", reached["perplexity"], ""),
    ]


def cut(texts: Sequence[str], text: ClassifierText) -> Ragged:
    """All texts as ids between start and end, long ones in several parts, so that none is lost."""
    most = text.max_length - 2
    parts = []
    for start in range(0, len(texts), _PORTION):
        ids = text.plain_ids(texts[start : start + _PORTION])
        for row in np.split(ids.values.numpy(), ids.row_splits.numpy()[1:-1]):
            parts += [
                np.concatenate([[START_ID], row[first : first + most], [END_ID]])
                for first in range(0, len(row), most)
            ]
    return Ragged.from_lists(parts)


def make_dataset(
    chunks: Ragged, masker: Masker, batch_size: int, epoch: tuple[int, int] | None
) -> tf.data.Dataset:
    """Batches of masked texts of similar lengths, hidden otherwise at each pass.

    Args:
        chunks: texts as ids.
        masker: hides some of them.
        batch_size: texts of a batch.
        epoch: seed and number of the first epoch; None for batches in the order of their lengths.
    """
    numbers = iter(range(epoch[1] if epoch else 0, 2**31))

    def batches():
        seed = (epoch[0], next(numbers)) if epoch else None
        for members in plan_epoch(chunks.lengths, batch_size, seed):
            yield chunks.dense(members, len(members), int(chunks.lengths[members].max()))

    dataset = tf.data.Dataset.from_generator(
        batches, output_signature=tf.TensorSpec([None, None], tf.int32)
    )
    count = -(-len(chunks.lengths) // batch_size)
    dataset = dataset.apply(tf.data.experimental.assert_cardinality(count))
    dataset = dataset.map(lambda ids: masker(tf.RaggedTensor.from_tensor(ids, padding=0)))
    return untuned(dataset.prefetch(4))


def encoder_checkpoint(encoder: TextEncoder) -> Checkpoint:
    """The weights of an encoder alone."""
    return Checkpoint({name: to_array(v) for name, v in named_weights(encoder).items()})


def load_encoder(encoder: TextEncoder, folder: RunFolder) -> None:
    """Give `encoder` the weights of another run's: pre-trained ones, or else those it ended with.

    Raises:
        FileNotFoundError: if the run has neither.
        ValueError: if they do not fit.
    """
    path = folder.weights("encoder")
    if path.exists():
        weights = read_checkpoint(path).weights
    else:
        prefix = f"{encoder.name}/"
        whole = read_checkpoint(folder.weights("final")).weights
        weights = {n.removeprefix(prefix): v for n, v in whole.items() if n.startswith(prefix)}
    # What this encoder has and that one may lack: adapters change nothing yet, and a segment's
    # embedding is learnt anew.
    new = {
        name: value
        for name, value in encoder_checkpoint(encoder).weights.items()
        if "adapter" in name or "segment_embedding" in name
    }
    load_weights(encoder, {**new, **weights})
