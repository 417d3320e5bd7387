"""The model of a configuration, and the writer that it becomes with a vocabulary."""

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import keras
import numpy as np
from keras import ops

from keras_attention.decoding.bucketed_decoder import BucketedDecoder
from keras_attention.decoding.decode import decode
from keras_attention.decoding.greedy import Greedy
from keras_attention.decoding.sample import Sample
from keras_attention.models.language_model import LanguageModel
from keras_attention.training.weight_files import load_weights
from tasks.common.mechanisms import make_mechanism, make_position_scheme
from tasks.common.run_folder import RunFolder
from tasks.common.special_ids import PAD_ID, START_ID, UNKNOWN_ID
from tasks.common.transformer_config import TransformerConfig
from tasks.language_model.config import LanguageModelConfig
from tasks.language_model.data import RunningText

_NEVER_WRITTEN = (PAD_ID, UNKNOWN_ID, START_ID)
_NO_END = -1  # nothing that is written ends a text


@dataclass(frozen=True)
class WritingConfig:
    """How the next unit is chosen."""

    temperature: float = 0.8
    """Below 1, probable units are written more often, above 1 less; at 0 always the most probable
    one."""
    top_k: int | None = None
    """Choose among so many most probable units."""
    top_p: float | None = None
    """Choose among the fewest most probable units whose probabilities sum to at least this."""
    seed: int = 0
    """Of all that is drawn."""

    def strategy(self) -> Greedy | Sample:
        """The search. Raises ValueError if a setting is out of range."""
        if self.temperature == 0:
            return Greedy()
        generator = keras.random.SeedGenerator(self.seed)
        return Sample(self.temperature, self.top_k, self.top_p, seed=generator)


def build_model(
    config: TransformerConfig, vocabulary_size: int, precision: str = "float32"
) -> LanguageModel:
    """The model that a configuration describes, with new weights."""
    return LanguageModel(
        vocabulary_size,
        **config.layer_arguments(),
        position_scheme=make_position_scheme(config.position_scheme, "model.position_scheme"),
        attention=make_mechanism(config.attention, "model.attention"),
        dtype=precision,
        name="language_model",
    )


class Writer:
    """Continues texts: a trained model, its vocabulary, and a compiled search.

    The model sees as many units as a training window has. A text that grows beyond is continued
    from its last half window, so it may be of any length.

    Args:
        model: what `build_model` made, trained.
        text: the reader of its vocabulary.
        length: number of units of a window.
        config: how the next unit is chosen.
        batch_size: most texts that are written at once.
        jit_compile: whether XLA compiles the search, which takes seconds and makes it ten times as
            fast: for thousands of units.

    Example:

    >>> writer = Writer.load("runs/language_model-shakespeare")  # doctest: +SKIP
    >>> writer(["ROMEO:"], length=100)  # doctest: +SKIP
    """

    def __init__(
        self,
        model: LanguageModel,
        text: RunningText,
        length: int,
        config: WritingConfig,
        batch_size: int = 1,
        jit_compile: bool = False,
    ):
        self.model = model
        self.text = text
        self.length = length
        self._strategy = config.strategy()
        never = np.zeros(text.vocabulary.size, "float32")
        never[list(_NEVER_WRITTEN)] = -math.inf
        self._never = never
        self._search = BucketedDecoder(
            self._continued, lengths=(length,), batch_sizes=(batch_size,), jit_compile=jit_compile
        )

    @classmethod
    def load(
        cls,
        folder: str | os.PathLike,
        config: WritingConfig | None = None,
        batch_size: int = 1,
        weights: str = "final",
        jit_compile: bool = False,
    ) -> "Writer":
        """The writer of a run.

        Args:
            folder: the run folder.
            config, batch_size, jit_compile: see above.
            weights: `"final"`, those that a finished run has chosen, or `"best"`, or `"last"`.

        Raises:
            FileNotFoundError: if there is no run, or none with such weights.
            ValueError: if a file of the run is damaged or does not belong to the others.
        """
        run = RunFolder(Path(folder))
        settings = run.load_config(LanguageModelConfig)
        text = RunningText.load(run, settings.text)
        model = build_model(settings.model, text.vocabulary.size)
        load_weights(model, run.weights(weights))
        config = config or WritingConfig()
        return cls(model, text, settings.windowing.length, config, batch_size, jit_compile)

    def __call__(self, prompts: Sequence[str], length: int) -> list[str]:
        """Each prompt and `length` further units.

        Args:
            prompts: beginnings of texts; an empty one begins anywhere.
            length: number of units to write.

        Raises:
            ValueError: if `length` is not positive, or the model knows a character of a prompt not.
        """
        if length < 1:
            raise ValueError(f"`length` must be at least 1. Received: length={length}.")
        self.text.check(prompts)
        given = [self.text.encode(prompt) for prompt in prompts]
        written = self.write(given, length)
        return [
            prompt + self.text.decode(ids) for prompt, ids in zip(prompts, written, strict=True)
        ]

    def write(self, given: Sequence[np.ndarray], length: int) -> list[np.ndarray]:
        """The `length` ids that follow each of the rows of ids `given`."""
        rows = [np.asarray(ids, np.int32) for ids in given]
        missing = np.full(len(rows), length)
        while missing.any():
            seen = [self._seen(ids) for ids in rows]
            sizes = np.array([len(ids) for ids in seen])
            added = np.minimum(missing, self.length - sizes)
            found = self._search(seen, np.where(added > 0, sizes + added, 0)).token_ids[:, 0]
            rows = [
                np.concatenate([ids, new[size : size + count]])
                for ids, new, size, count in zip(rows, found, sizes, added, strict=True)
            ]
            missing -= added
        return [ids[len(ids) - length :] for ids in rows]

    def _seen(self, ids: np.ndarray) -> np.ndarray:
        """What the model goes on from: all, or if that leaves no room half a window."""
        return ids if len(ids) < self.length else ids[len(ids) - self.length // 2 :]

    def _continued(self, prompts, limits):
        """The search as one function, for prompts that are padded to a window."""
        batch_size, length = prompts.shape
        beams = self._strategy.beams

        def step(token_ids, cache, lineage):
            logits, cache = self.model.step(token_ids, cache, lineage)
            return ops.cast(logits, "float32") + self._never, cache

        return decode(
            step,
            self.model.make_cache(batch_size, length, beams),
            self._strategy,
            batch_size=batch_size,
            max_length=length,
            end_id=_NO_END,
            limits=limits,
            prompts=prompts,
        )
