"""The model of a configuration, and the translator that it becomes with a vocabulary."""

import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
import tensorflow as tf
from keras import ops

from keras_attention.decoding.beam import Beam
from keras_attention.decoding.bucketed_decoder import BucketedDecoder
from keras_attention.decoding.decode import decode
from keras_attention.decoding.greedy import Greedy
from keras_attention.models.recurrent_encoder_decoder import RecurrentEncoderDecoder
from keras_attention.models.transformer import Transformer
from keras_attention.training.weight_files import load_weights
from tasks.common.mechanisms import make_mechanism, make_position_scheme
from tasks.common.run_folder import RunFolder
from tasks.translation.config import (
    DecodeConfig,
    DecodeOptions,
    ModelConfig,
    RecurrentConfig,
    TranslationConfig,
)
from tasks.translation.text import TranslationText

logger = logging.getLogger(__name__)

# Padded lengths and batch sizes: at most eight compilations, whatever is translated.
_LENGTHS = (16, 32, 64)
_BATCH_SIZES = (1, 32)


class Alignment(NamedTuple):
    """What each piece of a translation attended to.

    Args:
        source: pieces of the source sentence, the end piece included.
        target: pieces of the translation, the end piece included.
        weights: float array `[layers, heads, target, source]`.
    """

    source: list[str]
    target: list[str]
    weights: np.ndarray


class Candidate(NamedTuple):
    """One of the n best translations of a sentence.

    Args:
        text: the translation.
        score: log-probability, divided by the length penalty.
    """

    text: str
    score: float


Model = Transformer | RecurrentEncoderDecoder


def build_model(
    config: ModelConfig | RecurrentConfig, vocabulary_size: int, precision: str = "float32"
) -> Model:
    """The model that a configuration describes, with new weights."""
    if isinstance(config, RecurrentConfig):
        return RecurrentEncoderDecoder(
            vocabulary_size,
            num_layers=config.num_layers,
            d_model=config.d_model,
            cell=config.cell,
            dropout=config.dropout,
            scheduled_sampling=config.scheduled_sampling,
            dtype=precision,
            name="recurrent_encoder_decoder",
            **make_mechanism(config.attention, "model.attention").parts(),
        )
    return Transformer(
        vocabulary_size,
        **config.layer_arguments(),
        position_scheme=make_position_scheme(config.position_scheme, "model.position_scheme"),
        attention=make_mechanism(config.attention, "model.attention"),
        cross_attention=make_mechanism(config.cross_attention, "model.cross_attention"),
        dtype=precision,
        name="transformer",
    )


def make_search(model: Model, config: DecodeConfig, n_best: int = 1):
    """The whole search as one function `(source_ids, limits) -> Hypotheses`, for any batch size."""
    strategy: Greedy | Beam = Greedy()
    if config.beams > 1:
        strategy = Beam(config.beams, config.length_penalty, n_best, config.coverage_penalty)
    coverage = isinstance(strategy, Beam) and config.coverage_penalty > 0

    def search(source_ids, limits):
        length = source_ids.shape[1]
        longest = config.max_length if length is None else translation_limit(length, config)
        cache = model.make_cache(source_ids, longest, strategy.beams, coverage)
        return decode(
            model.step,
            cache,
            strategy,
            batch_size=ops.shape(source_ids)[0],
            max_length=longest,
            limits=limits,
        )

    return search


def translation_limit(source_length, config: DecodeConfig):
    """Most tokens of a translation: generous for any two languages, yet an end to repetition."""
    limit = 2 * source_length + 10
    if isinstance(limit, int):
        return min(limit, config.max_length)
    return tf.minimum(limit, config.max_length)


class Translator:
    """Strings to strings: a trained model, its vocabulary, and a compiled search.

    Args:
        model: what `build_model` made, trained.
        text: the processing of both sides that it was trained with.
        config: how to search.
        n_best: how many candidates `candidates` finds for each sentence.
        frozen: whether the weights will never change again, which makes the search faster.

    Raises:
        ValueError: if `n_best` is more than the search has beams.

    Example:

    >>> translator = Translator.load("runs/translation-tiny")  # doctest: +SKIP
    >>> translator(["There is a white school near the river."])  # doctest: +SKIP
    ['Hay una escuela blanca cerca del río.']
    """

    def __init__(
        self,
        model: Model,
        text: TranslationText,
        config: DecodeConfig,
        n_best: int = 1,
        frozen: bool = False,
    ):
        if not 1 <= n_best <= config.beams:
            raise ValueError(
                "At most as many translations can be found as there are beams. Received: "
                f"n_best={n_best}, beams={config.beams}. Raise `--decode.beams`."
            )
        self.model = model
        self.text = text
        self.config = config
        self.too_long = 0  # sentences cut off so far
        self._search = BucketedDecoder(
            make_search(model, config, n_best),
            lengths=[*(n for n in _LENGTHS if n < config.max_length), config.max_length],
            batch_sizes=_BATCH_SIZES,
            constants=model.weights if frozen else (),
        )

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike,
        decode: DecodeOptions | None = None,
        n_best: int = 1,
        weights: str = "final",
    ) -> "Translator":
        """The translator of a run.

        Args:
            folder: the run folder.
            decode: how to search, where it shall differ from the run's configuration.
            n_best: see above.
            weights: `"final"`, those that a finished run has chosen, or `"best"`, or `"last"`.

        Raises:
            FileNotFoundError: if there is no run, or none with such weights.
            ValueError: if a file of the run is damaged or does not belong to the others.
        """
        run = RunFolder(Path(folder))
        config = run.load_config(TranslationConfig)
        vocabulary = run.load_vocabulary()
        text = TranslationText(vocabulary, config.vocabulary.lowercase_source)
        model = build_model(config.model, vocabulary.size)
        load_weights(model, run.weights(weights))
        search = decode.over(config.decode) if decode else config.decode
        return cls(model, text, search, n_best, frozen=True)

    @property
    def compilations(self) -> int:
        """For how many shapes the search has been compiled."""
        return self._search.compilations

    def __call__(self, sentences: Sequence[str]) -> list[str]:
        """The best translation of each sentence; of an empty one an empty one."""
        return [found[0].text for found in self.candidates(sentences)]

    def candidates(self, sentences: Sequence[str]) -> list[list[Candidate]]:
        """The `n_best` best translations of each sentence, the best first."""
        found = [[Candidate("", 0.0)] for _ in sentences]
        places = [i for i, sentence in enumerate(sentences) if sentence.strip()]
        if not places:
            return found
        source_ids = self._encode([sentences[i] for i in places])
        limits = [translation_limit(len(ids), self.config) for ids in source_ids]
        hypotheses = self._search(source_ids, limits)
        texts = self.text.decode(hypotheses.token_ids).numpy()  # [sentences, n_best]
        for place, row, scores in zip(places, texts, hypotheses.scores, strict=True):
            found[place] = [
                Candidate(text.decode(), float(score))
                for text, score in zip(row, scores, strict=True)
                if np.isfinite(score)
            ]
        return found

    def alignments(self, sentences: Sequence[str], translations: Sequence[str]) -> list[Alignment]:
        """What the model attends to while it writes each translation."""
        if not sentences:
            return []
        longest = self.config.max_length
        source_ids = self.text.encode_source(sentences, longest)
        target_ids = self.text.encode_target(translations, longest)
        weights = self.model.cross_attention(
            {"source_ids": source_ids.to_tensor(), "target_ids": target_ids.to_tensor()[:, :-1]}
        )
        pieces = self.text.vocabulary.pieces
        found = []
        rows = zip(source_ids.to_list(), target_ids.to_list(), np.asarray(weights), strict=True)
        for source, target, one in rows:
            labels = target[1:]  # what is written at each position, after the start
            maps = one[:, :, : len(labels), : len(source)]
            found.append(Alignment(pieces(source), pieces(labels), maps))
        return found

    def _encode(self, sentences: list[str]) -> list[np.ndarray]:
        longest = self.config.max_length
        ids = self.text.encode_source(sentences)
        too_long = int(tf.math.count_nonzero(ids.row_lengths() > longest))
        if too_long:
            self.too_long += too_long
            logger.warning(
                "%d of %d sentences are longer than %d tokens and are cut off "
                "(`--decode.max-length`).",
                too_long,
                len(sentences),
                longest,
            )
            ids = self.text.encode_source(sentences, longest)
        return np.split(ids.values.numpy(), ids.row_splits.numpy()[1:-1])
