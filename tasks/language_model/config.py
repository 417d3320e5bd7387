"""Every setting of a run of a language model; the command line is made from these."""

from dataclasses import dataclass, field
from typing import Literal

from tasks.common.training import CommonTrainConfig, check
from tasks.common.transformer_config import TransformerConfig
from tasks.language_model.data import Builtin, Corpus, TextConfig, Windowing


@dataclass(frozen=True)
class TrainConfig(CommonTrainConfig):
    """Optimisation, and what a run does besides."""

    monitor: Literal["val_loss", "val_accuracy"] = "val_loss"
    """What decides which epoch is the best."""
    label_smoothing: float = 0.0
    """Share of each label's probability that is spread over all units."""
    jit: bool = False
    """Compile the training step by XLA."""
    sample_length: int = 300
    """Units of the text that is written for TensorBoard after each epoch; 0 for none."""
    sample_temperature: float = 0.8
    """Of that text, see `generate`."""


@dataclass(frozen=True)
class LanguageModelConfig:
    """A whole run."""

    name: str
    """Of the preset; names the default run folder."""
    data: Corpus = field(default_factory=Builtin)
    """Where the text comes from."""
    text: TextConfig = field(default_factory=TextConfig)
    windowing: Windowing = field(default_factory=Windowing)
    model: TransformerConfig = field(default_factory=TransformerConfig)
    train: TrainConfig = field(default_factory=TrainConfig)

    def __post_init__(self):
        check(self.train, pad_to_multiple_of=self.windowing.length)
